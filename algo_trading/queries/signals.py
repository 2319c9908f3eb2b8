"""The newest signals."""

from typing import Protocol

from algo_trading.domain.signal import Signal
from algo_trading.queries.selection import Selection


class SignalList(Protocol):
    """Buys and sells, newest first."""

    def listed(self, selection: Selection, limit: int) -> list[Signal]:
        """At most `limit` signals; an account in the selection counts those of its assignments."""
        ...
