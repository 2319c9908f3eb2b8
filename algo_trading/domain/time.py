"""Lengths of bars, the periods they cover, and moments as Python and as arrays hold them."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum

import numpy as np

DAY = timedelta(days=1)


class Interval(StrEnum):
    """Length of a bar, in this order; the text is case-sensitive (1m is a minute, 1M a month)."""

    MINUTE_1 = "1m"
    MINUTE_3 = "3m"
    MINUTE_5 = "5m"
    MINUTE_15 = "15m"
    MINUTE_30 = "30m"
    HOUR_1 = "1h"
    HOUR_2 = "2h"
    HOUR_4 = "4h"
    HOUR_6 = "6h"
    HOUR_8 = "8h"
    HOUR_12 = "12h"
    DAY = "1d"
    DAY_3 = "3d"
    WEEK = "1w"
    MONTH = "1M"

    @classmethod
    def parse(cls, text: str) -> "Interval":
        """The interval written as `text`; ValueError names the known ones."""
        try:
            return cls(text)
        except ValueError as error:
            known = ", ".join(cls)
            raise ValueError(f"{text!r} is not an interval; known are {known} (1m is a minute, 1M a month)") from error

    @property
    def order(self) -> int:
        """Its place among the intervals, from short to long."""
        return _ORDER[self]

    @property
    def intraday(self) -> bool:
        """Whether several bars fit into a day."""
        return self.order < Interval.DAY.order

    @property
    def length(self) -> timedelta:
        """How long a bar takes where trading never stops; a month counts as 30 days."""
        count, unit = int(self[:-1]), {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": DAY}.get(self[-1])
        return count * (unit or (7 * DAY if self is Interval.WEEK else 30 * DAY))


_ORDER = {interval: place for place, interval in enumerate(Interval)}


@dataclass(frozen=True, slots=True)
class Period:
    """One bar's place in time.

    `opened_at` identifies it and is what bars are stored under: of an intraday bar the UTC time when it opened, of a
    daily or longer one 00:00 UTC of its first date, a label. Trading begins at `starts_at` and ends at `closed_at`,
    both true moments in UTC.
    """

    interval: Interval
    opened_at: datetime
    starts_at: datetime
    closed_at: datetime

    @property
    def key(self) -> str:
        """Its canonical text, which is also the partition key: `2026-11-20`, of an intraday bar `2026-11-20T14:30Z`."""
        return period_key(self.interval, self.opened_at)

    @property
    def date(self) -> date:
        """The (first) date of its label."""
        return self.opened_at.date()

    def __str__(self) -> str:
        return self.key


def period_key(interval: Interval, opened_at: datetime) -> str:
    """The text of `Period.key` for the bar that opened at a moment."""
    moment = opened_at.astimezone(UTC)
    return f"{moment.date()}T{moment:%H:%M}Z" if interval.intraday else str(moment.date())


def parse_period_key(interval: Interval, text: str) -> datetime:
    """The `opened_at` that a canonical key names; whether there is such a period only a calendar knows.

    Raises:
        ValueError: it is written in another way; the right one is shown.
    """
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is not None:
        moment = moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(UTC)
        if period_key(interval, moment) == text:
            return moment
    example = period_key(interval, moment or datetime(2026, 11, 20, 14, 30, tzinfo=UTC))
    raise ValueError(f"{text!r} is not the key of a {interval} period; it is written like {example}")


def midnight(day: date) -> datetime:
    """00:00 UTC of a date: the label of its daily bar."""
    return datetime.combine(day, time(), UTC)


def array_time(moment: datetime) -> np.datetime64:
    """An aware moment as arrays hold it (datetime64[us], UTC)."""
    return np.datetime64(moment.astimezone(UTC).replace(tzinfo=None), "us")


def moment_of(time: np.datetime64) -> datetime:
    """A time of an array as an aware moment in UTC."""
    moment = time.astype("datetime64[us]").item()
    assert isinstance(moment, datetime)
    return moment.replace(tzinfo=UTC)
