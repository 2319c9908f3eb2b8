"""Who gets notices of which signals."""

from dataclasses import dataclass
from datetime import datetime

EVERY = "*"


@dataclass(frozen=True, slots=True)
class Subscription:
    """An address that gets a notice of each buy or sell of a strategy on a symbol of a venue (EVERY: of all of them).

    It begins at the moment `start`: bars that close after it count, and posts that could be known at or after it.
    `channel` is a channel's name, "" the configured one. Signals of less confidence than `min_confidence` are left out.
    """

    address: str
    symbol: str
    strategy: str
    venue: str
    start: datetime
    channel: str = ""
    min_confidence: float = 0.0
