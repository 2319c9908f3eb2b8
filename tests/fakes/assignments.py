"""Assignments in memory."""

from collections.abc import Iterable

from algo_trading.domain.instrument import Instrument, Series
from algo_trading.domain.time import Interval
from algo_trading.domain.watchlist import Assignment
from algo_trading.strategies.base import Strategy
from algo_trading.strategies.registry import Strategies


class FakeAssignments:
    """Implements AssignmentRepository; the list may be changed in between."""

    def __init__(self, assignments: Iterable[Assignment] = ()) -> None:
        self.rows = list(assignments)

    def all(self) -> list[Assignment]:
        return list(self.rows)


def assigned(
    *pairs: tuple[Strategy, Instrument], interval: Interval = Interval.DAY, account: str = "paper"
) -> list[Assignment]:
    """Strategies on series of the watchlist `stocks`."""
    return [
        Assignment(strategy.id, Series(instrument, interval), "stocks", account, "owner", strategy.limits)
        for strategy, instrument in pairs
    ]


def strategies_among(*pairs: tuple[Strategy, Instrument]) -> Strategies:
    """Builds the strategies of these pairs, registered or not."""
    return {strategy.id: strategy for strategy, _ in pairs}.__getitem__
