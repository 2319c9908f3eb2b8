"""Who wants to hear of which signals, and the mails that wait to be sent."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

EVERY = "*"


class OutboxStatus(StrEnum):
    """Where a mail stands: pending until accepted; failed when trying again cannot help."""

    PENDING = "pending"
    SENT = "sent"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Subscription:
    """An address that gets a mail for each buy or sell of a strategy on a symbol (EVERY stands for all of them).

    Like an account it has a start and a cursor: sessions before the start or behind the cursor are never mailed.
    """

    address: str
    symbol: str
    strategy: str
    venue: str
    start: date
    cursor: date | None = None


@dataclass(frozen=True, slots=True)
class OutboxItem:
    """A mail to be sent about the signal with `signal_key`; `dedupe_key` names it everywhere, once."""

    dedupe_key: str
    address: str
    signal_key: str
    session: date
    status: OutboxStatus = OutboxStatus.PENDING
    attempts: int = 0
    last_error: str = ""
    sent_at: datetime | None = None
