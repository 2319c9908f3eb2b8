"""People who want to become users, in memory."""

from dataclasses import replace
from datetime import datetime

from algo_trading.domain.join_request import JoinRequest


class FakeJoinRequests:
    """Implements JoinRequests."""

    def __init__(self) -> None:
        self._requests: dict[str, JoinRequest] = {}

    def ask(self, address: str, at: datetime, unless_since: datetime) -> bool:
        known = self._requests.get(address)
        if known is not None and known.asked_at >= unless_since:
            return False
        self._requests[address] = replace(known, asked_at=at) if known else JoinRequest(address, at)
        return True

    def find(self, address: str) -> JoinRequest | None:
        return self._requests.get(address)

    def confirm(self, address: str, at: datetime) -> bool:
        known = self._requests.get(address)
        if known is None or known.confirmed_at is not None:
            return False
        self._requests[address] = replace(known, confirmed_at=at)
        return True

    def all(self) -> list[JoinRequest]:
        return sorted(self._requests.values(), key=lambda one: (one.asked_at, one.address))

    def remove(self, address: str) -> bool:
        return self._requests.pop(address, None) is not None
