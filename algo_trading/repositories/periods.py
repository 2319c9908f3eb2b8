"""The log of processed periods."""

from datetime import datetime
from enum import StrEnum
from typing import Protocol

from algo_trading.domain.time import Interval


class Stage(StrEnum):
    """Steps that a watchlist's period passes; each is recorded when all of it is stored."""

    ACCEPTED = "accepted"
    DECIDED = "decided"


class PeriodLog(Protocol):
    """Which periods of which watchlists have been through which stage."""

    def mark(self, watchlist: str, interval: Interval, opened_at: datetime, stage: Stage) -> None:
        """Record the stage; once recorded it stays."""
        ...

    def reached(self, watchlist: str, interval: Interval, opened_at: datetime, stage: Stage) -> bool:
        """Whether the period has been through the stage."""
        ...

    def newest(self, watchlist: str, interval: Interval, stage: Stage) -> datetime | None:
        """When the newest period opened that has been through the stage."""
        ...
