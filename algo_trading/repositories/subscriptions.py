"""Subscriptions, the outbox and the channels that deliver it."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import date, datetime
from email.message import EmailMessage
from typing import Protocol

from algo_trading.domain.subscription import OutboxItem, Subscription
from algo_trading.errors import ServiceUnavailableError


class LockedSubscription(Protocol):
    """A subscription nobody else can advance meanwhile."""

    @property
    def subscription(self) -> Subscription:
        """Its state."""
        ...

    def queue(self, items: Sequence[OutboxItem]) -> int:
        """Put `items` into the outbox and return how many are new."""
        ...

    def advance(self, session: date) -> None:
        """Move the cursor to `session`, in the transaction that holds what was queued."""
        ...


class SubscriptionRepository(Protocol):
    """Subscriptions; the key is address, symbol, strategy and venue."""

    def add(self, subscription: Subscription) -> bool:
        """Add it unless it exists; returns whether it was added."""
        ...

    def remove(self, address: str, symbol: str | None = None, strategy: str | None = None) -> int:
        """Remove matching subscriptions (None matches all) and return how many there were."""
        ...

    def all(self) -> list[Subscription]:
        """Every subscription, sorted by its key."""
        ...

    def locked(self, subscription: Subscription) -> AbstractContextManager[LockedSubscription]:
        """Lock it: waits for other holders; commits at the end, rolls back on an error. KeyError if it is gone."""
        ...


class ClaimedItem(Protocol):
    """An outbox item that no other sender can take meanwhile."""

    @property
    def item(self) -> OutboxItem:
        """The item."""
        ...

    def sent(self, at: datetime) -> None:
        """It was accepted."""
        ...

    def retry(self, error: str, not_before: datetime) -> None:
        """It was not accepted; try again later."""
        ...

    def failed(self, error: str) -> None:
        """It will never be accepted."""
        ...


class OutboxRepository(Protocol):
    """Mails waiting to be sent."""

    def claim(self, now: datetime) -> AbstractContextManager[ClaimedItem | None]:
        """Take the oldest pending item that is due and that nobody else holds; None if there is none.

        The result is committed at the end of the block; a crash inside leaves the item pending.
        """
        ...

    def counts(self) -> Mapping[str, int]:
        """Items by status: sent, pending and failed are always there."""
        ...

    def items(self, limit: int | None = None) -> list[OutboxItem]:
        """Items, newest session first."""
        ...


class Channel(Protocol):
    """Delivers mails."""

    name: str

    def deliver(self, message: EmailMessage, key: str) -> None:
        """Hand over a message; `key` is unique to it and safe as a file name. The same key is the same mail.

        Raises:
            UndeliverableError: this mail will never be accepted.
            DeferredError: the channel works, but does not take this mail now.
            ServiceUnavailableError: the channel does not work now; try later.
        """
        ...

    def location(self) -> str:
        """Where the mails go, for a person to read."""
        ...


class UndeliverableError(Exception):
    """The channel refuses this mail for good (an address that does not exist)."""


class DeferredError(ServiceUnavailableError):
    """This mail is not accepted now, others may be (greylisting, a full mailbox); try it again later."""
