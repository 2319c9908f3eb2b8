"""Scores of pairs as they were at the moments they were taken."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from algo_trading.domain.instrument import Instrument
from algo_trading.domain.scores import PairScore, TunedThresholds
from algo_trading.domain.time import Interval


@dataclass(frozen=True, slots=True)
class ScorePoint:
    """Both scores of a pair at a moment, of `maximum` each."""

    at: datetime
    price: float
    bull: int
    bear: int
    maximum: int


class ScoreRepository(Protocol):
    """One point for each pair and moment, and of each timeframe the ranks of the newest one."""

    def store(self, scores: Sequence[PairScore]) -> None:
        """Add points, in place of those of the same pairs and moments.

        The ranks of a pair are those of the given score unless a newer one is stored.
        """
        ...

    def newest(self) -> list[PairScore]:
        """The newest score of each pair with its ranks, sorted by venue and symbol."""
        ...

    def history(self, instrument: Instrument, first: datetime, last: datetime) -> list[ScorePoint]:
        """The points of a pair in first..last, ascending."""
        ...

    def remove(self, instrument: Instrument, timeframes: Collection[Interval] | None = None) -> None:
        """Remove the ranks of some timeframes of a pair; without `timeframes`, or if none is left, all of the pair.

        The newest point is then that of the timeframes that are left; earlier ones stay as they were.
        """
        ...


class ThresholdRepository(Protocol):
    """Tuned thresholds of pairs on choices of timeframes, as they were from hour to hour."""

    def store(self, tuned: TunedThresholds) -> None:
        """Store it, in place of one that is of the same pair and timeframes and usable from the same hour on."""
        ...

    def newest(self, at: datetime) -> list[TunedThresholds]:
        """Those that count at a moment, of a pair and timeframes one at most; sorted by pair and timeframes."""
        ...

    def history(self, instrument: Instrument, timeframes: Sequence[Interval], until: datetime) -> list[TunedThresholds]:
        """Those of a pair that counted at any moment up to `until`, in the order in which they did."""
        ...

    def remove(self, instrument: Instrument) -> None:
        """Remove all of a pair."""
        ...
