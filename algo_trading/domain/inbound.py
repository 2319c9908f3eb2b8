"""Mails that come in, and what became of them."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class InboundOutcome(StrEnum):
    """What became of a mail. All but the first are kept and not answered."""

    ANSWERED = "answered"
    AUTOMATIC = "automatic"  # a program sent it: an answering machine, a bounce, a list, ourselves
    SPOOFED = "spoofed"  # the receiving server does not confirm that the sender is who it says
    UNKNOWN = "unknown"  # a true sender whom nobody here knows
    LIMITED = "limited"  # one too many of this sender
    TOO_LARGE = "too large"
    UNREADABLE = "unreadable"
    REPEATED = "repeated"  # the same mail under another number


@dataclass(frozen=True, slots=True)
class MailKey:
    """The place of a mail: a folder of a mailbox, and the two numbers that IMAP names it by."""

    mailbox: str
    uid_validity: int
    uid: int

    def __str__(self) -> str:
        return f"{self.mailbox} {self.uid_validity} {self.uid}"


@dataclass(frozen=True, slots=True)
class RawMail:
    """A mail as it came: its first bytes, and how many it has in all."""

    key: MailKey
    content: bytes
    size: int
    arrived_at: datetime


@dataclass(frozen=True, slots=True)
class InboundMail:
    """A mail that was handled: of whom, what became of it, and why."""

    key: MailKey
    digest: str
    sender: str
    subject: str
    outcome: InboundOutcome
    reason: str
    handled_at: datetime
