"""Symbols that people ask for, in memory."""

from dataclasses import replace
from datetime import datetime

from algo_trading.domain.notice import Content
from algo_trading.domain.symbol_request import SymbolRequest
from fakes.notices import FakeNotices


class FakeSymbolRequests:
    """Implements SymbolRequests."""

    def __init__(self, notices: FakeNotices | None = None) -> None:
        self._notices = notices or FakeNotices()
        self.requests: list[SymbolRequest] = []

    def add(self, request: SymbolRequest) -> bool:
        if self._place(request) is not None:
            return False
        self.requests.append(request)
        return True

    def count(self, user: str, since: datetime) -> int:
        return sum(one.user == user and one.asked_at >= since for one in self.requests)

    def open(self) -> list[SymbolRequest]:
        return [one for one in self.requests if one.finished_at is None]

    def finish(self, request: SymbolRequest, outcome: str, at: datetime, content: Content) -> bool:
        place = self._place(request)
        if place is None:
            return False
        self.requests[place] = replace(request, outcome=outcome, finished_at=at)
        self._notices.tell(content, [request.address] if request.address else [])
        return True

    def _place(self, request: SymbolRequest) -> int | None:
        same = (request.instrument, request.user)
        found = (n for n, one in enumerate(self.requests) if (one.instrument, one.user) == same and not one.finished_at)
        return next(found, None)
