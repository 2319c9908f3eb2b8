"""Updates and digests that people asked for, and how they like to be reached."""

from datetime import datetime
from typing import Protocol

from algo_trading.domain.notice import Content
from algo_trading.domain.regular_mail import MailKind, Recipient, RegularMail


class RegularMailRepository(Protocol):
    """Regular mails; the key is address and kind."""

    def put(self, mail: RegularMail) -> bool:
        """Add it, or put it in the place of the one that is there; returns whether it was added."""
        ...

    def remove(self, address: str, kind: MailKind | None = None) -> int:
        """Remove those of an address (of a kind), and return how many there were."""
        ...

    def all(self) -> list[RegularMail]:
        """Every one, sorted by address and kind."""
        ...

    def find(self, address: str, kind: MailKind) -> RegularMail | None:
        """The one of an address and kind."""
        ...

    def queue(self, mail: RegularMail, due: datetime, content: Content) -> bool:
        """In one transaction put the notice into the outbox and remember the moment at which it was due.

        False, and nothing is done, if that moment or a later one was queued already, or nobody wants it any more.
        """
        ...


class RecipientRepository(Protocol):
    """Zones and quiet hours by address."""

    def put(self, recipient: Recipient) -> None:
        """Store it, in place of what was there."""
        ...

    def get(self, address: str) -> Recipient:
        """That of an address; where nothing is stored UTC without quiet hours."""
        ...

    def all(self) -> list[Recipient]:
        """Every one that is stored, sorted by address."""
        ...
