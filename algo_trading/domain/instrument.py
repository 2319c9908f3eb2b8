"""What is traded, and when its exchange is open."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum


class Interval(StrEnum):
    """Length of a bar."""

    DAY = "1d"


@dataclass(frozen=True, slots=True, order=True)
class Instrument:
    """A tradable symbol and the code of the calendar its sessions follow (exchange_calendars, e.g. XNYS)."""

    symbol: str
    venue: str = "XNYS"

    def __str__(self) -> str:
        return self.symbol


@dataclass(frozen=True, slots=True, order=True)
class Session:
    """One trading day of a venue, with its true open and close in UTC."""

    venue: str
    date: date
    opens_at: datetime
    closes_at: datetime
