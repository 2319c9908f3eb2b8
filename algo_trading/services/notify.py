"""Signals become notices in the outbox, for everyone who subscribed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from algo_trading.calendars import Calendars, TradingCalendar
from algo_trading.domain.limits import NO_LIMITS
from algo_trading.domain.notice import Content, NoticeKind
from algo_trading.domain.post import Levels
from algo_trading.domain.signal import Side, Signal
from algo_trading.domain.time import Interval
from algo_trading.domain.watchlist import Assignment
from algo_trading.errors import AlgoTradingError
from algo_trading.notification.signal import AssignedLimits, limits_by_decision
from algo_trading.repositories.notices import Announcement, NoticeQueue
from algo_trading.repositories.signals import SignalRepository
from algo_trading.repositories.subscriptions import SubscriptionRepository
from algo_trading.repositories.watchlists import AssignmentRepository
from algo_trading.services.freshness import IsStale, never_stale

END_OF_TIME = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True)
class QueueNotices:
    """Queue notices of the buys and sells of every decided period, once, in the order of the periods.

    The notices of a period and the record that they are queued are written in one transaction. A period that is decided
    after later ones is queued when it is; none waits for another. A signal on a post is queued as soon as there is one,
    unless the notices of a period of its watchlist that closed after the post are queued already. Who subscribes later
    gets nothing from before. Of a period whose decisions are `stale` nothing is queued.
    """

    subscriptions: SubscriptionRepository
    queue: NoticeQueue
    signals: SignalRepository
    assignments: AssignmentRepository
    levels: Levels
    calendars: Calendars
    outbox_limit: int
    stale: IsStale = never_stale

    def __call__(self) -> int:
        """Queue what is due and return how many notices are new.

        Raises:
            AlgoTradingError: the outbox is full; what was not queued is queued once it has been emptied.
        """
        assignments, earliest = self.assignments.all(), self.subscriptions.earliest()
        limits = limits_by_decision(assignments)
        queued = self._on_posts(assignments, earliest, limits) if earliest else 0
        venues = {assignment.watchlist: assignment.series.venue for assignment in assignments}
        for watchlist, interval in self.queue.waiting():
            if earliest is None or watchlist not in venues:
                self.queue.pass_over(watchlist, interval, None)
                continue
            calendar = self.calendars(venues[watchlist])
            if closed := _newest_closed(calendar, interval, earliest):
                self.queue.pass_over(watchlist, interval, closed)
            for opened_at in self.queue.due(watchlist, interval):
                queued += self._period(watchlist, calendar, interval, opened_at, limits)
        return queued

    def _period(
        self, watchlist: str, calendar: TradingCalendar, interval: Interval, opened_at: datetime, limits: AssignedLimits
    ) -> int:
        period = calendar.period(interval, opened_at)
        stale = self.stale(watchlist, period)
        signals = [] if stale else self.signals.of_period(calendar.venue, interval, opened_at)
        closed_at = period.closed_at
        with self.queue.step() as step:
            if not step.take(watchlist, interval, opened_at):
                return 0
            announced = [_announcement(signal, closed_at) for signal in self._mailed(signals, limits)]
            return self._with_room(step.queue(announced))

    def _on_posts(self, assignments: Sequence[Assignment], earliest: datetime, limits: AssignedLimits) -> int:
        queued = 0
        watched = {(one.watchlist, one.series.venue, one.series.interval) for one in assignments}
        for watchlist, venue, interval in sorted(watched):
            newest = self.queue.newest(watchlist, interval)
            passed = self.calendars(venue).period(interval, newest).closed_at if newest else earliest
            signals = self.signals.on_posts(venue, interval, max(passed, earliest), END_OF_TIME)
            own = {(one.strategy, one.series) for one in assignments if one.watchlist == watchlist}
            mailed = self._mailed([one for one in signals if (one.strategy, one.series) in own], limits)
            announced = [
                _announcement(signal, signal.available_at + timedelta.resolution)
                for signal in mailed
                if signal.available_at is not None
            ]
            with self.queue.step() as step:
                queued += self._with_room(step.queue(announced))
        return queued

    def _mailed(self, signals: Sequence[Signal], limits: AssignedLimits) -> list[Signal]:
        """The buys and sells that reach the level from which one of the accounts that they are for is notified."""
        return [
            signal
            for signal in signals
            if signal.side is not Side.HOLD
            and any(
                self.levels.of(signal.confidence).reaches(one.mail_from)
                for one in limits.get((signal.strategy, signal.series), [NO_LIMITS])
            )
        ]

    def _with_room(self, new: int) -> int:
        """`new`, unless the outbox has no room for them: the error takes the step back."""
        waiting = self.queue.pending() if new else 0
        if new and waiting + new > self.outbox_limit:
            raise AlgoTradingError(
                f"the outbox is full: {waiting} mails wait (mail.outbox_limit is {self.outbox_limit}); "
                "repair the channel and run `algo-trading deliver`, or raise the limit"
            )
        return new


def _announcement(signal: Signal, begun_before: datetime) -> Announcement:
    content = Content(NoticeKind.SIGNAL, signal.key, signal.opened_at)
    return Announcement(
        content, signal.series.venue, signal.series.symbol, signal.strategy.name, begun_before, signal.confidence
    )


def _newest_closed(calendar: TradingCalendar, interval: Interval, moment: datetime) -> datetime | None:
    """When the newest period opened that had closed at a moment; None where the calendar begins later."""
    try:
        return calendar.newest_closed(interval, moment).opened_at
    except AlgoTradingError:
        return None
