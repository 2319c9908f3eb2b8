"""The command `backtest`."""

from back_testing.cli.main import main

__all__ = ["main"]
