"""Sentiment, kind of event and impact of a text."""
