"""Subscriptions in memory."""

from datetime import datetime

from algo_trading.domain.subscription import Subscription

Key = tuple[str, str, str, str, str]


class FakeSubscriptions:
    """Implements SubscriptionRepository."""

    def __init__(self) -> None:
        self._stored: dict[Key, Subscription] = {}

    def add(self, subscription: Subscription) -> bool:
        s = subscription
        key = (s.address, s.symbol, s.strategy, s.venue, s.channel)
        new = key not in self._stored
        self._stored.setdefault(key, subscription)
        return new

    def remove(self, address: str, symbol: str | None = None, strategy: str | None = None) -> int:
        gone = [
            key for key in self._stored if key[0] == address and symbol in {None, key[1]} and strategy in {None, key[2]}
        ]
        for key in gone:
            del self._stored[key]
        return len(gone)

    def all(self) -> list[Subscription]:
        return [subscription for _, subscription in sorted(self._stored.items())]

    def earliest(self) -> datetime | None:
        return min((subscription.start for subscription in self._stored.values()), default=None)
