"""Backtests: the strategies that run live, over history. `docs/backtesting.md` lists every assumption."""
