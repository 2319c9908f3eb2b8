"""Signals."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from algo_trading.domain.instrument import Series
from algo_trading.domain.signal import Signal
from algo_trading.domain.time import Interval


class SignalRepository(Protocol):
    """Decisions, written once."""

    def add(self, signals: Sequence[Signal]) -> int:
        """Store signals whose key is new and return how many were; a stored one is never rewritten."""
        ...

    def of_period(self, venue: str, interval: Interval, opened_at: datetime) -> list[Signal]:
        """Signals decided at the close of a period, sorted by strategy and symbol."""
        ...

    def on_posts(self, venue: str, interval: Interval, after: datetime, before: datetime) -> list[Signal]:
        """Signals of such series on posts with `after` <= available_at < `before`.

        They are sorted by that time, then post, strategy and symbol.
        """
        ...

    def series(self) -> list[Series]:
        """Series that there are signals about, sorted."""
        ...

    def of_series(self, series: Series) -> list[Signal]:
        """Every signal about a series, sorted by period, strategy and post."""
        ...

    def find(self, key: str) -> Signal | None:
        """The signal with this natural key (`Signal.key`)."""
        ...

    def newest(self, limit: int) -> list[Signal]:
        """The newest buys and sells, newest first."""
        ...

    def count(self) -> int:
        """Stored signals."""
        ...
