"""People who want to become users."""

from datetime import datetime
from typing import Protocol

from algo_trading.domain.join_request import JoinRequest


class JoinRequests(Protocol):
    """Requests by address."""

    def ask(self, address: str, at: datetime, unless_since: datetime) -> bool:
        """Remember that somebody asks; False if they did at `unless_since` or after it, and nothing changes then."""
        ...

    def find(self, address: str) -> JoinRequest | None:
        """The request of an address."""
        ...

    def confirm(self, address: str, at: datetime) -> bool:
        """Remember that the address is theirs; returns whether that is news."""
        ...

    def all(self) -> list[JoinRequest]:
        """Every one, the oldest first."""
        ...

    def remove(self, address: str) -> bool:
        """Forget one; returns whether there was one."""
        ...
