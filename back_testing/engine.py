"""Run a strategy over bars."""

from collections.abc import Sequence
from datetime import date

from algo_trading.domain.bars import Bars
from algo_trading.strategies.base import Decisions, Strategy
from back_testing.result import BacktestResult
from back_testing.rules import TradingRules


def run(strategy: Strategy, bars: Bars, rules: TradingRules, first: date | None = None) -> BacktestResult:
    """Trade one instrument.

    Bars before the session `first` only warm the strategy up, as history does live; None trades from the first bar on.

    Raises:
        ConfigError: there are no bars, fewer than the strategy needs, or bars that are none (NaN, a price of 0, a high
            below the low).
    """
    raise NotImplementedError


def run_portfolio(
    strategy: Strategy, series: Sequence[Bars], rules: TradingRules, first: date | None = None
) -> BacktestResult:
    """Trade several instruments with one capital.

    Raises:
        ConfigError: as `run`, or an instrument is there twice.
    """
    raise NotImplementedError


def run_decisions(
    strategy: Strategy, bars: Bars, decisions: Decisions, rules: TradingRules, first: date | None = None
) -> BacktestResult:
    """As `run`, with decisions that were made elsewhere (the look-ahead check asks what cut decisions lead to)."""
    raise NotImplementedError
