"""The queue of notices and the outbox in memory."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from threading import RLock

from algo_trading.domain.notice import Content, Notice, NoticeKind, NoticeStatus, dedupe_key
from algo_trading.domain.subscription import EVERY, Subscription
from algo_trading.domain.time import Interval
from algo_trading.repositories.notices import Announcement, Outcome
from algo_trading.repositories.periods import Stage
from fakes.periods import FakePeriodLog
from fakes.subscriptions import FakeSubscriptions

LONG_AGO = datetime.min.replace(tzinfo=UTC)
PeriodKey = tuple[str, Interval, datetime]


class FakeNotices:
    """Implements NoticeQueue and Outbox. `stored` are the notices by dedupe key, in the order in which they came."""

    def __init__(self, subscriptions: FakeSubscriptions | None = None, periods: FakePeriodLog | None = None) -> None:
        self.stored: dict[str, Notice] = {}
        self.not_before: dict[str, datetime] = {}
        self.subscriptions = subscriptions or FakeSubscriptions()
        self.queued: set[PeriodKey] = set()
        self.leases: dict[str, tuple[FakeSender, datetime]] = {}
        self.lock = RLock()
        self._periods = periods or FakePeriodLog()

    # The queue

    def waiting(self) -> list[tuple[str, Interval]]:
        return sorted({key[:2] for key in self._due()}, key=lambda pair: (pair[0], pair[1].order))

    def due(self, watchlist: str, interval: Interval) -> list[datetime]:
        return sorted(key[2] for key in self._due() if key[:2] == (watchlist, interval))

    def newest(self, watchlist: str, interval: Interval) -> datetime | None:
        return max((key[2] for key in self.queued if key[:2] == (watchlist, interval)), default=None)

    def pass_over(self, watchlist: str, interval: Interval, last: datetime | None) -> None:
        self.queued |= {
            key for key in self._due() if key[:2] == (watchlist, interval) and (last is None or key[2] <= last)
        }

    def pending(self) -> int:
        return self.counts()[NoticeStatus.PENDING]

    def keys(self, kind: NoticeKind) -> list[str]:
        return list(dict.fromkeys(one.content.key for one in self.stored.values() if one.content.kind is kind))

    def tell(self, content: Content, recipients: Sequence[str], channel: str = "") -> int:
        if content.key in self.keys(content.kind):
            return 0
        for recipient in recipients:
            key = dedupe_key(recipient, content.key)
            self.stored[key] = Notice(key, content, recipient, channel)
        return len(recipients)

    @contextmanager
    def step(self) -> "Iterator[FakeQueueStep]":
        with self.lock:
            step = FakeQueueStep(self)
            yield step
            self.queued |= step.taken  # reached only without an error: that is the commit
            self.stored.update(step.new)

    def _due(self) -> set[PeriodKey]:
        return {mark[:3] for mark in self._periods.marks if mark[3] is Stage.DECIDED} - self.queued

    # The outbox

    @contextmanager
    def sender(self) -> "Iterator[FakeSender]":
        sender = FakeSender(self)
        try:
            yield sender
        finally:
            sender.alive = False

    def counts(self) -> Mapping[str, int]:
        return {str(status): sum(one.status is status for one in self.stored.values()) for status in NoticeStatus}

    def notices(self, limit: int | None = None) -> list[Notice]:
        return sorted(self.stored.values(), key=lambda one: one.content.at)[::-1][:limit]

    def errors(self, limit: int) -> Mapping[str, int]:
        found = [one.last_error for one in self.stored.values() if one.status is NoticeStatus.FAILED]
        counted = {error: found.count(error) for error in sorted(found)}
        return dict(sorted(counted.items(), key=lambda pair: -pair[1])[:limit])


@dataclass
class FakeQueueStep:
    """Implements QueueStep."""

    notices: FakeNotices
    taken: set[PeriodKey] = field(default_factory=set)
    new: dict[str, Notice] = field(default_factory=dict)

    def take(self, watchlist: str, interval: Interval, opened_at: datetime) -> bool:
        key = (watchlist, interval, opened_at)
        free = opened_at in self.notices.due(watchlist, interval) and key not in self.taken
        self.taken |= {key} if free else set()
        return free

    def queue(self, announcements: Sequence[Announcement]) -> int:
        before = len(self.new)
        known = {one.content for one in (*self.notices.stored.values(), *self.new.values())}
        for announcement in announcements:
            if announcement.content not in known:
                for subscription in self.notices.subscriptions.all():
                    if _concerns(announcement, subscription):
                        key = dedupe_key(subscription.address, announcement.content.key)
                        notice = Notice(key, announcement.content, subscription.address, subscription.channel)
                        if key not in self.notices.stored:
                            self.new.setdefault(key, notice)
        return len(self.new) - before


def _concerns(announcement: Announcement, subscription: Subscription) -> bool:
    return (
        subscription.symbol in {EVERY, announcement.symbol}
        and subscription.strategy in {EVERY, announcement.strategy}
        and subscription.venue in {EVERY, announcement.venue}
        and subscription.start < announcement.begun_before
        and subscription.min_confidence <= announcement.confidence
    )


@dataclass(eq=False)
class FakeSender:
    """Implements Sender."""

    notices: FakeNotices
    alive: bool = True

    def claim(
        self, due: datetime, until: datetime, limit: int, without: Collection[str] = (), resting: Collection[str] = ()
    ) -> list[Notice]:
        with self.notices.lock:
            free = [
                notice
                for key, notice in self.notices.stored.items()
                if notice.status is NoticeStatus.PENDING
                and notice.channel not in without
                and notice.recipient not in resting
                and self.notices.not_before.get(key, LONG_AGO) <= due
                and self._may_take(key, due)
            ]
            claimed = sorted(free, key=lambda one: one.content.at)[:limit]
            self.notices.leases |= {one.dedupe_key: (self, until) for one in claimed}
            return claimed

    def _may_take(self, key: str, due: datetime) -> bool:
        holder, until = self.notices.leases.get(key, (None, LONG_AGO))
        return holder is None or not holder.alive or until <= due

    def extend(self, notices: Sequence[Notice], until: datetime) -> None:
        for notice in notices:
            if self.notices.leases.get(notice.dedupe_key, (None,))[0] is self:
                self.notices.leases[notice.dedupe_key] = (self, until)

    def settle(self, outcomes: Sequence[Outcome]) -> None:
        with self.notices.lock:
            for outcome in outcomes:
                key, sent = outcome.dedupe_key, outcome.status is NoticeStatus.SENT
                stored = self.notices.stored[key]
                if stored.status is NoticeStatus.PENDING:
                    self.notices.stored[key] = replace(
                        stored,
                        status=outcome.status,
                        attempts=stored.attempts + 1,
                        last_error=outcome.error,
                        sent_at=outcome.at if sent else None,
                    )
                    self.notices.not_before[key] = outcome.at
                    self.notices.leases.pop(key, None)
