"""Strategies: frozen parameters and one `decide`, the same object live and in backtests."""
