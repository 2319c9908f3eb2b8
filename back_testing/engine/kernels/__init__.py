"""The compiled loops of the backtester."""
