"""Strategies that decide about several instruments together, such as the best of them."""

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from algo_trading.domain.bars import Bars
from algo_trading.strategies.base import Decisions, Strategy
from algo_trading.strategies.decide import decide, no_writing, read_only


@dataclass(frozen=True)
class CrossSection(Strategy):
    """Weighs instruments against each other: what it says of one depends on the bars of all.

    Of bars at different times only those at or before a time may count for what is said at it. Asked about a single
    instrument, it weighs that against nothing.
    """

    @property
    @abstractmethod
    def most_held(self) -> int:
        """How many instruments it wants to hold at most: `all` of the equity is shared among so many."""

    @abstractmethod
    def decide_together(self, series: Sequence[Bars]) -> list[Decisions]:
        """Decisions at the close of each bar of each of `series`, in their order."""

    @abstractmethod
    def explain_together(self, series: Sequence[Bars], which: int, index: int) -> str:
        """As `explain`, of the bar at `index` of one of `series`."""

    def decide(self, bars: Bars) -> Decisions:
        """Decisions about one instrument by itself."""
        return self.decide_together([bars])[0]

    def explain(self, bars: Bars, index: int) -> str:
        """The reason for what was decided about one instrument by itself."""
        return self.explain_together([bars], 0, index)


def decide_all(strategy: Strategy, series: Sequence[Bars]) -> list[Decisions]:
    """What a strategy decides about each of `series`, whose arrays it sees read-only.

    Raises:
        ConfigError: the strategy writes into the bars.
    """
    if not isinstance(strategy, CrossSection):
        return [decide(strategy, bars) for bars in series]
    seen = [read_only(bars) for bars in series]
    with no_writing(strategy):
        return strategy.decide_together(seen)


def decide_one(strategy: Strategy, series: Sequence[Bars], which: int, bars: Bars | None = None) -> Decisions:
    """What a strategy decides about one of `series`, with other `bars` in its place where they are given."""
    one = series[which] if bars is None else bars
    if not isinstance(strategy, CrossSection):
        return decide(strategy, one)
    return decide_all(strategy, [one if k == which else other for k, other in enumerate(series)])[which]


def explain_one(strategy: Strategy, series: Sequence[Bars], which: int, index: int) -> str:
    """Why a strategy decided as it did at the bar at `index` of one of `series`."""
    if not isinstance(strategy, CrossSection):
        return strategy.explain(series[which], index)
    return strategy.explain_together(series, which, index)


def known_at(series: Sequence[Bars], which: int, count: int) -> list[Bars]:
    """All that had closed when the bar number `count` of one of `series` had: bars of the others up to its time."""
    last = series[which].opened_at[count - 1]
    return [
        bars[:count] if k == which else bars[: int(np.searchsorted(bars.opened_at, last, side="right"))]
        for k, bars in enumerate(series)
    ]
