"""Notices: how they are queued for subscribers, and the outbox from which they are delivered."""

from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from algo_trading.domain.notice import Content, Notice, NoticeKind, NoticeStatus
from algo_trading.domain.time import Interval


@dataclass(frozen=True, slots=True)
class Announcement:
    """A content for subscribers of a strategy on a symbol who began before a moment and ask for no more confidence."""

    content: Content
    venue: str
    symbol: str
    strategy: str
    begun_before: datetime
    confidence: float = 1.0


class QueueStep(Protocol):
    """One transaction."""

    def take(self, watchlist: str, interval: Interval, opened_at: datetime) -> bool:
        """Record that a decided period's notices are queued; False if they are. Waits for others who are at it."""
        ...

    def queue(self, announcements: Sequence[Announcement]) -> int:
        """Put a notice for each subscriber into the outbox and return how many there are.

        Contents that are there are passed over: who subscribes later does not get them. A recipient with several
        matching subscriptions gets one notice.
        """
        ...


class NoticeQueue(Protocol):
    """Which decided periods have had their notices queued."""

    def waiting(self) -> list[tuple[str, Interval]]:
        """Watchlists and intervals that have decided periods whose notices are not queued, sorted."""
        ...

    def due(self, watchlist: str, interval: Interval) -> list[datetime]:
        """When those periods opened, ascending."""
        ...

    def newest(self, watchlist: str, interval: Interval) -> datetime | None:
        """When the newest period opened whose notices are queued."""
        ...

    def pass_over(self, watchlist: str, interval: Interval, last: datetime | None) -> None:
        """Queue nothing for decided periods that opened up to `last` (None: all there are)."""
        ...

    def pending(self) -> int:
        """Notices that wait to be delivered, without those of steps that are not committed."""
        ...

    def keys(self, kind: NoticeKind) -> list[str]:
        """The keys of all contents of a kind."""
        ...

    def tell(self, content: Content, recipients: Sequence[str], channel: str = "") -> int:
        """Put a notice for each of these addresses into the outbox, unless the content is there; returns how many.

        `channel` is a channel's name, "" the configured one.
        """
        ...

    def step(self) -> AbstractContextManager[QueueStep]:
        """A transaction: committed at the end, taken back on an error."""
        ...


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of an attempt: sent `at`, pending and not to be tried again before `at`, or failed."""

    dedupe_key: str
    status: NoticeStatus
    at: datetime
    error: str = ""


class Sender(Protocol):
    """Somebody who delivers notices."""

    def claim(
        self, due: datetime, until: datetime, limit: int, without: Collection[str] = (), resting: Collection[str] = ()
    ) -> list[Notice]:
        """Take up to `limit` pending notices that are due and that nobody else has, in the order of delivery.

        They are this sender's until the moment `until` (which others compare with their `due`), at most until it ends,
        whether it says so or crashes. Channels in `without` and recipients who are `resting` are left out.
        """
        ...

    def extend(self, notices: Sequence[Notice], until: datetime) -> None:
        """Keep claimed notices longer."""
        ...

    def settle(self, outcomes: Sequence[Outcome]) -> None:
        """Record outcomes of claimed notices; each of them was an attempt."""
        ...


class Outbox(Protocol):
    """Notices on their way."""

    def sender(self) -> AbstractContextManager[Sender]:
        """Begin to deliver; what is claimed and not settled at the end is free for others."""
        ...

    def counts(self) -> Mapping[str, int]:
        """Notices by status: sent, pending and failed are always there."""
        ...

    def notices(self, limit: int | None = None) -> list[Notice]:
        """Notices, those that are delivered last first."""
        ...

    def errors(self, limit: int) -> Mapping[str, int]:
        """The most frequent errors of failed notices, with how often they occurred."""
        ...
