"""Strategies side by side on the same bars."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

from algo_trading.domain.bars import Bars
from algo_trading.errors import ConfigError
from algo_trading.strategies.base import Strategy
from back_testing.engine import backtest
from back_testing.engine.rules import TradingRules
from back_testing.engine.statistics import Statistics


@dataclass(frozen=True, slots=True)
class Comparison:
    """One strategy on one instrument: its statistics, or None and the reason why there are none.

    `notes` tell what the strategy needed and never knew.
    """

    strategy: Strategy
    symbol: str
    statistics: Statistics | None
    trouble: str = ""
    notes: tuple[str, ...] = ()


def compare(
    strategies: Sequence[Strategy],
    series: Sequence[Bars],
    rules: TradingRules,
    first: date | None = None,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> list[Comparison]:
    """Each strategy alone on each instrument with the whole capital, strategy by strategy; `progress` gets the count.

    Raises:
        ConfigError: not a single pair could be tested.
    """
    found: list[Comparison] = []
    total = len(strategies) * len(series)
    for strategy in strategies:
        for bars in series:
            try:
                result = backtest.run(strategy, bars, rules, first)
                found.append(Comparison(strategy, bars.instrument.symbol, result.statistics, notes=result.notes))
            except ConfigError as error:
                found.append(Comparison(strategy, bars.instrument.symbol, None, str(error)))
            progress(len(found), total)
    if all(row.statistics is None for row in found):
        raise ConfigError(found[0].trouble if found else "name at least one strategy and one symbol")
    return found
