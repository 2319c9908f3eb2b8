"""The log of processed periods."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from algo_trading.domain.time import Interval


class Stage(StrEnum):
    """Steps that a watchlist's period passes; each is recorded when all of it is stored."""

    ACCEPTED = "accepted"
    DECIDED = "decided"


@dataclass(frozen=True, slots=True)
class FlowRun:
    """A run of a scheduler's flow, by the names that the scheduler has for it."""

    dag: str
    run: str


class PeriodLog(Protocol):
    """Which periods of which watchlists have been through which stage, and which run works on them."""

    def mark(self, watchlist: str, interval: Interval, opened_at: datetime, stage: Stage) -> None:
        """Record the stage; once recorded it stays."""
        ...

    def reached(self, watchlist: str, interval: Interval, opened_at: datetime, stage: Stage) -> bool:
        """Whether the period has been through the stage."""
        ...

    def newest(self, watchlist: str, interval: Interval, stage: Stage) -> datetime | None:
        """When the newest period opened that has been through the stage."""
        ...

    def worked_on(self, watchlist: str, interval: Interval, opened_at: datetime, run: FlowRun) -> None:
        """Record the run that works on the period now, in the place of one before it."""
        ...

    def newest_run(self, watchlist: str, interval: Interval, after: datetime) -> FlowRun | None:
        """The run that worked on the newest period that opened after a moment; None where none began."""
        ...
