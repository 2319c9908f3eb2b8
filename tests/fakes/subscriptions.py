"""Subscriptions in memory."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from threading import Lock

from algo_trading.domain.subscription import OutboxItem, Subscription
from fakes.outbox import FakeOutbox

Key = tuple[str, str, str, str]


def _key(subscription: Subscription) -> Key:
    return subscription.address, subscription.symbol, subscription.strategy, subscription.venue


class FakeSubscriptions:
    """Implements SubscriptionRepository; the mails go into `outbox`."""

    def __init__(self, outbox: FakeOutbox | None = None) -> None:
        self.outbox = outbox or FakeOutbox()
        self._stored: dict[Key, Subscription] = {}
        self._locks: dict[Key, Lock] = {}

    def add(self, subscription: Subscription) -> bool:
        key = _key(subscription)
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

    @contextmanager
    def locked(self, subscription: Subscription) -> "Iterator[FakeLockedSubscription]":
        key = _key(subscription)
        with self._locks.setdefault(key, Lock()):
            locked = FakeLockedSubscription(self._stored[key], self.outbox)
            yield locked
            self._stored[key] = locked.subscription  # reached only without an error: that is the commit
            self.outbox.stored.update(locked.new)


class FakeLockedSubscription:
    """Implements LockedSubscription."""

    def __init__(self, subscription: Subscription, outbox: FakeOutbox) -> None:
        self.subscription = subscription
        self.new: dict[str, OutboxItem] = {}
        self._outbox = outbox

    def advance(self, session: date) -> None:
        self.subscription = replace(self.subscription, cursor=session)

    def queue(self, items: Sequence[OutboxItem]) -> int:
        before = len(self.new)
        for item in items:
            if item.dedupe_key not in self._outbox.stored:
                self.new.setdefault(item.dedupe_key, item)
        return len(self.new) - before
