"""Mailboxes that people write to."""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Protocol

from algo_trading.domain.inbound import RawMail


class MailboxSession(Protocol):
    """A conversation with the server of a mailbox. Nothing in the mailbox is changed by it.

    Every method raises ServiceUnavailableError where the server does not answer, or refuses us.
    """

    @property
    def uid_validity(self) -> int:
        """As long as it stays, numbers of mails name the same mails."""
        ...

    def after(self, uid: int, since: datetime, most_bytes: int, count: int) -> Iterator[RawMail]:
        """The mails with higher numbers that arrived on the day of `since` or later, lowest number first.

        At most `count` of them; of each not more than `most_bytes` and one.
        """
        ...

    def wait(self, seconds: float) -> None:
        """Return when something has come, or after so many seconds; that ends the conversation."""
        ...


class Mailbox(Protocol):
    """A folder to which people write; `address` is where they do, empty where nobody knows."""

    name: str
    address: str

    def session(self) -> AbstractContextManager[MailboxSession]:
        """Begin a conversation, which is ended afterwards."""
        ...
