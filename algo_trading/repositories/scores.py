"""Scores of pairs as they were at the moments they were taken."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from algo_trading.domain.instrument import Instrument
from algo_trading.domain.scores import PairScore, TunedThresholds


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


class ThresholdRepository(Protocol):
    """Tuned thresholds, one for each pair and choice of timeframes."""

    def store(self, tuned: TunedThresholds) -> None:
        """Store it in place of an earlier one of the same pair and timeframes."""
        ...

    def all(self) -> list[TunedThresholds]:
        """Every one, sorted by venue, symbol and timeframes."""
        ...
