"""Signals and the log of processed sessions."""

from collections.abc import Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import Protocol

from algo_trading.domain.instrument import Instrument
from algo_trading.domain.signal import Signal


class SignalRepository(Protocol):
    """Decisions, written once."""

    def add(self, signals: Sequence[Signal]) -> int:
        """Store signals whose key is new and return how many were; a stored one is never rewritten."""
        ...

    def of_session(self, venue: str, session: date) -> list[Signal]:
        """Signals decided at the close of a session, sorted by strategy and symbol."""
        ...

    def on_posts(self, venue: str, after: datetime, before: datetime) -> list[Signal]:
        """Signals on posts with `after` <= available_at < `before`, by that time, then post, strategy and symbol."""
        ...

    def instruments(self) -> list[Instrument]:
        """Instruments that there are signals about, sorted by venue and symbol."""
        ...

    def of_instrument(self, instrument: Instrument) -> list[Signal]:
        """Every signal about an instrument, sorted by session, strategy and post."""
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


class Stage(StrEnum):
    """Steps a session passes; each is recorded when all of it is stored."""

    INGESTED = "ingested"
    DECIDED = "decided"


class SessionLog(Protocol):
    """Which sessions have been through which stage."""

    def mark(self, venue: str, session: date, stage: Stage) -> None:
        """Record the stage; once recorded it stays."""
        ...

    def reached(self, venue: str, session: date, stage: Stage) -> bool:
        """Whether the session has been through the stage."""
        ...

    def newest(self, stage: Stage) -> date | None:
        """The newest session of any venue that has been through the stage."""
        ...
