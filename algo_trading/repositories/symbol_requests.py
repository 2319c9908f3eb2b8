"""Symbols that people ask for."""

from datetime import datetime
from typing import Protocol

from algo_trading.domain.notice import Content
from algo_trading.domain.symbol_request import SymbolRequest


class SymbolRequests(Protocol):
    """Requests; a user has one open request for an instrument at most."""

    def add(self, request: SymbolRequest) -> bool:
        """Add one; False where the user has an open one for the instrument."""
        ...

    def count(self, user: str, since: datetime) -> int:
        """How many a user made at a moment or after it."""
        ...

    def open(self) -> list[SymbolRequest]:
        """Those that are not finished, the oldest first."""
        ...

    def finish(self, request: SymbolRequest, outcome: str, at: datetime, content: Content) -> bool:
        """In one transaction finish it and put the notice to its address into the outbox.

        False, and nothing is done, where somebody finished it before.
        """
        ...
