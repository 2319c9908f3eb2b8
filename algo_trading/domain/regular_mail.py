"""Mails that come regularly: when they are due, and when their readers want none."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

HOURS = re.compile(r"([1-9]\d{0,3})h")
QUIET = re.compile(r"([01]?\d|2[0-3])-([01]?\d|2[0-3])")
DAILY, WEEKLY = "daily", "weekly"
MORNING = 8  # o'clock: when daily and weekly mails come unless another hour is named
LONGEST = 14 * 24  # hours


class MailKind(StrEnum):
    """What comes: scores of one's pairs, or all there is about one's instruments."""

    UPDATE = "update"
    DIGEST = "digest"


@dataclass(frozen=True, slots=True)
class Recipient:
    """Where a reader's clock stands, and the hours in which they want nothing: from `quiet_from` until `quiet_to`.

    Hours are those of `zone`, an IANA name; None: there are no quiet hours.
    """

    address: str
    zone: str = "UTC"
    quiet_from: int | None = None
    quiet_to: int | None = None

    @classmethod
    def parse_quiet(cls, text: str) -> tuple[int, int]:
        """Hours written as `22-7`.

        Raises:
            ValueError: they are written in another way, or are none.
        """
        match = QUIET.fullmatch(text.replace(" ", ""))
        if not match or int(match[1]) == int(match[2]):
            raise ValueError(f"{text!r} are not quiet hours; write them like 22-7")
        return int(match[1]), int(match[2])

    @property
    def quiet(self) -> str:
        """The quiet hours as they are written; empty without."""
        return "" if self.quiet_from is None else f"{self.quiet_from}-{self.quiet_to}"

    @property
    def clock(self) -> ZoneInfo:
        """The rules of the zone."""
        return ZoneInfo(self.zone)

    def rests(self, now: datetime) -> bool:
        """Whether a moment lies in the quiet hours."""
        if self.quiet_from is None or self.quiet_to is None:
            return False
        hour = now.astimezone(self.clock).hour
        if self.quiet_from < self.quiet_to:
            return self.quiet_from <= hour < self.quiet_to
        return hour >= self.quiet_from or hour < self.quiet_to


@dataclass(frozen=True, slots=True)
class RegularMail:
    """An update or a digest for an address, every some hours (`4h`), `daily` or `weekly`.

    Daily and weekly ones (on Mondays) come at `hour` of the reader's zone, those of hours count from `start`, when they
    were asked for. `sent` is the newest due moment that was queued. `channel` is a channel's name, "" the configured
    one.
    """

    address: str
    kind: MailKind
    every: str
    start: datetime
    hour: int = MORNING
    channel: str = ""
    sent: datetime | None = None

    @classmethod
    def parse_every(cls, text: str) -> str:
        """How often, as `every` has it.

        Raises:
            ValueError: it is not a number of hours up to two weeks, `daily` or `weekly`.
        """
        every = text.strip().lower()
        match = HOURS.fullmatch(every)
        if every in {DAILY, WEEKLY} or (match and int(match[1]) <= LONGEST):
            return every
        raise ValueError(f"{text!r} is not how often a mail can come: 1h to {LONGEST}h, {DAILY} or {WEEKLY}")

    @property
    def span(self) -> timedelta:
        """The time that a mail covers."""
        match = HOURS.fullmatch(self.every)
        if match:
            return timedelta(hours=int(match[1]))
        return timedelta(days=1 if self.every == DAILY else 7)

    def due(self, recipient: Recipient, now: datetime) -> datetime | None:
        """The newest moment up to `now` at which it was due and that was not queued; None: nothing is due.

        In the quiet hours nothing is. What was missed is one mail, not many. The first one of hours is due at once.
        """
        if now < self.start or recipient.rests(now):
            return None
        newest = self._newest(recipient, now)
        return newest if newest >= self.start and (self.sent is None or newest > self.sent) else None

    def next(self, recipient: Recipient, after: datetime) -> datetime:
        """When it is due again after a moment; quiet hours may put it off."""
        if HOURS.fullmatch(self.every):
            return self._newest(recipient, after) + self.span
        day = after.astimezone(recipient.clock).date()
        days = (self._moment(recipient, day + timedelta(days=number)) for number in range(9))
        return next(one for one in days if one > after and self._fits(one.astimezone(recipient.clock).date()))

    def _newest(self, recipient: Recipient, now: datetime) -> datetime:
        if HOURS.fullmatch(self.every):
            return self.start + (now - self.start) // self.span * self.span
        day = now.astimezone(recipient.clock).date()
        days = (self._moment(recipient, day - timedelta(days=number)) for number in range(9))
        return next(one for one in days if one <= now and self._fits(one.astimezone(recipient.clock).date()))

    def _fits(self, day: date) -> bool:
        return self.every == DAILY or day.weekday() == 0

    def _moment(self, recipient: Recipient, day: date) -> datetime:
        return datetime.combine(day, time(self.hour), recipient.clock).astimezone(UTC)
