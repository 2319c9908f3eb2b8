"""Subscribing to signals."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from algo_trading.calendars import Calendars
from algo_trading.domain.subscription import EVERY, Subscription
from algo_trading.domain.time import Interval, midnight
from algo_trading.domain.watchlist import Assignment
from algo_trading.errors import ConfigError, UnknownNameError
from algo_trading.gateways.clock import Clock
from algo_trading.notification.addresses import email_address
from algo_trading.repositories.names import NameRepository
from algo_trading.repositories.periods import PeriodLog, Stage
from algo_trading.repositories.subscriptions import SubscriptionRepository
from algo_trading.repositories.watchlists import AssignmentRepository
from algo_trading.services.names_of_now import symbol_of_now


@dataclass(frozen=True)
class Subscribe:
    """Send an address the buys and sells of assigned strategies."""

    subscriptions: SubscriptionRepository
    periods: PeriodLog
    assignments: AssignmentRepository
    names: NameRepository
    calendars: Calendars
    clock: Clock

    def __call__(
        self,
        address: str,
        symbol: str = EVERY,
        strategy: str = EVERY,
        venue: str = EVERY,
        channel: str = "",
        *,
        min_confidence: float = 0.0,
    ) -> tuple[Subscription, bool]:
        """Subscribe from the next period on; returns the subscription and whether it is new.

        A former name of an instrument stands for the one that it has now.

        Raises:
            ConfigError: that is not a valid email address, or the confidence not one from 0 to 1.
            UnknownNameError: no strategy is assigned to that; what is assigned is listed.
        """
        try:
            email_address(address)
        except ValueError as error:
            raise ConfigError(str(error)) from error
        if not 0 <= min_confidence <= 1:
            raise ConfigError(f"a confidence lies between 0 and 1, not at {min_confidence:g}")
        assignments, symbol = self.assignments.all(), symbol_of_now(self.names, symbol, venue)
        matching = [
            one
            for one in assignments
            if symbol in {EVERY, one.series.symbol}
            and strategy in {EVERY, one.strategy.name}
            and venue in {EVERY, one.series.venue}
        ]
        if not matching:
            watched = ", ".join(sorted({f"{one.strategy.name} on {one.series}" for one in assignments}))
            raise UnknownNameError(f"no active strategy {strategy} watches {symbol}; active are: {watched}")
        subscription = Subscription(address, symbol, strategy, venue, self._start(matching), channel, min_confidence)
        return subscription, self.subscriptions.add(subscription)

    def _start(self, matching: Sequence[Assignment]) -> datetime:
        """When the newest period closed that is decided already, else the newest that has closed by now."""
        watched = {(one.watchlist, one.series.venue, one.series.interval) for one in matching}
        decided = [
            self.calendars(venue).period(interval, newest).closed_at
            for watchlist, venue, interval in watched
            if (newest := self.periods.newest(watchlist, interval, Stage.DECIDED)) is not None
        ]
        now = self.clock.now()
        return max(
            decided or [self.calendars(venue).newest_closed(interval, now).closed_at for _, venue, interval in watched]
        )


@dataclass(frozen=True)
class SubscriptionPlan:
    """A subscription as configured; without `start`, a date, it begins when it is opened."""

    address: str
    symbol: str
    strategy: str
    start: date | None
    venue: str = EVERY
    channel: str = ""
    min_confidence: float = 0.0


@dataclass(frozen=True)
class OpenSubscriptions:
    """Open the subscriptions of the configuration that are not open yet; what is open stays as it is."""

    subscriptions: SubscriptionRepository
    plans: Sequence[SubscriptionPlan]
    assignments: AssignmentRepository
    calendars: Calendars
    clock: Clock

    def __call__(self, start: datetime | None = None) -> None:
        """Begin on the configured date, else at the moment `start`, else with the newest closed period.

        The last of these keeps a backfill of old periods from mailing today.
        """
        watched = {(one.series.venue, one.series.interval) for one in self.assignments.all()}
        for plan in self.plans:
            begin = self._on(watched, plan.start) if plan.start else start or self._newest(watched)
            self.subscriptions.add(
                Subscription(
                    plan.address, plan.symbol, plan.strategy, plan.venue, begin, plan.channel, plan.min_confidence
                )
            )

    def _on(self, watched: Collection[tuple[str, Interval]], day: date) -> datetime:
        """The close before the first session from `day` on, of the venue where that is earliest."""
        before = [self.calendars(venue).previous(Interval.DAY, midnight(day)).closed_at for venue, _ in watched]
        return min(before, default=midnight(day))

    def _newest(self, watched: Collection[tuple[str, Interval]]) -> datetime:
        now, before = self.clock.now(), []
        for venue, interval in watched:
            calendar = self.calendars(venue)
            before.append(calendar.previous(interval, calendar.newest_closed(interval, now).opened_at).closed_at)
        return min(before, default=now)
