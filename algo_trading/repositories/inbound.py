"""Mails that came in."""

from contextlib import AbstractContextManager
from datetime import datetime
from typing import Protocol

from algo_trading.domain.inbound import InboundMail, MailKey


class InboundMails(Protocol):
    """Mails that were handled, by their key."""

    def take(self, key: MailKey) -> bool:
        """Whether the mail is not handled yet.

        Within a transaction others who take a mail of this mailbox wait until it ends.
        """
        ...

    def knows(self, mailbox: str, digest: str) -> bool:
        """Whether a mail of this content was handled, under whatever number."""
        ...

    def record(self, mail: InboundMail) -> None:
        """Keep what became of a mail."""
        ...

    def newest(self, mailbox: str, uid_validity: int) -> int:
        """The highest number of a handled mail; 0 before the first one."""
        ...

    def answered_since(self, sender: str, since: datetime) -> int:
        """How many mails of a sender were answered at a moment or after it."""
        ...

    def recent(self, limit: int) -> list[InboundMail]:
        """Those that were handled last first."""
        ...

    def attempt(self) -> AbstractContextManager[None]:
        """A part of the transaction that is taken back on an error, which is raised."""
        ...
