"""Subscriptions."""

from datetime import datetime
from typing import Protocol

from algo_trading.domain.subscription import Subscription


class SubscriptionRepository(Protocol):
    """Subscriptions; the key is address, channel, symbol, strategy and venue."""

    def add(self, subscription: Subscription) -> bool:
        """Add it unless it exists; returns whether it was added."""
        ...

    def remove(self, address: str, symbol: str | None = None, strategy: str | None = None) -> int:
        """Remove matching subscriptions (None matches all) and return how many there were."""
        ...

    def all(self) -> list[Subscription]:
        """Every subscription, sorted by address, symbol, strategy, venue and channel."""
        ...

    def earliest(self) -> datetime | None:
        """The earliest start; None without subscriptions."""
        ...
