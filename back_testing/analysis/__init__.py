"""What a backtest is worth: comparison, look-ahead, overfitting, recommendation, agreement with live."""
