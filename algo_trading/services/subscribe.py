"""Subscribing to signals by mail."""

from collections.abc import Sequence
from dataclasses import dataclass

from algo_trading.calendars import market_calendar
from algo_trading.domain.subscription import EVERY, Subscription
from algo_trading.errors import ConfigError, UnknownNameError
from algo_trading.notification.addresses import check_address
from algo_trading.repositories.clock import Clock
from algo_trading.repositories.signals import SessionLog, Stage
from algo_trading.repositories.subscriptions import SubscriptionRepository
from algo_trading.strategies.active import ActivePair


@dataclass(frozen=True)
class Subscribe:
    """Let an address hear of the buys and sells of active pairs."""

    subscriptions: SubscriptionRepository
    sessions: SessionLog
    pairs: Sequence[ActivePair]
    clock: Clock

    def __call__(self, address: str, symbol: str = EVERY, strategy: str = EVERY) -> tuple[Subscription, bool]:
        """Subscribe from the next session on; returns the subscription and whether it is new.

        Raises:
            ConfigError: that is not a valid email address.
            UnknownNameError: no active strategy watches that; what is watched is listed.
        """
        try:
            check_address(address)
        except ValueError as error:
            raise ConfigError(f"{error} Write it as name@host.") from None
        matching = [
            pair
            for pair in self.pairs
            if symbol in {EVERY, pair.instrument.symbol} and strategy in {EVERY, pair.strategy.name}
        ]
        if not matching:
            watched = ", ".join(sorted({f"{pair.strategy.name} on {pair.instrument}" for pair in self.pairs}))
            raise UnknownNameError(f"no active strategy {strategy} watches {symbol}; active are: {watched}")
        venue = matching[0].instrument.venue
        calendar = market_calendar(venue)
        newest = self.sessions.newest(Stage.DECIDED) or calendar.newest_closed(self.clock.now()).date
        subscription = Subscription(address, symbol, strategy, venue, calendar.next(newest).date)
        return subscription, self.subscriptions.add(subscription)
