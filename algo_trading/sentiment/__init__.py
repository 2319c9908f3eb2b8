"""What texts say: which instruments they mention, with which sentiment, about which kind of event."""
