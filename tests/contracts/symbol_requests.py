"""What every repository of requested symbols does."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from algo_trading.domain.instrument import Instrument
from algo_trading.domain.notice import Content, NoticeKind
from algo_trading.domain.symbol_request import SymbolRequest
from algo_trading.repositories.notices import NoticeQueue
from algo_trading.repositories.symbol_requests import SymbolRequests

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
DAY = timedelta(days=1)
ASKED = SymbolRequest(Instrument("PLTR"), "us_stocks", "ann", "ann@example.com", NOW)
TOLD = Content(NoticeKind.LETTER, "requested PLTR", NOW, "{}")


@dataclass
class Desk:
    """The requests, and the queue that their outcomes go to; the user ann is there."""

    requests: SymbolRequests
    queue: NoticeQueue


class SymbolRequestContract:
    """Subclasses give the fixture `desk`, with nothing in it."""

    def test_one_open_request_for_each_instrument_and_user(self, desk: Desk) -> None:
        assert desk.requests.add(ASKED)
        assert not desk.requests.add(replace(ASKED, asked_at=NOW + DAY))
        assert desk.requests.open() == [ASKED]
        assert [desk.requests.count("ann", NOW + days * DAY) for days in (-1, 0, 1)] == [1, 1, 0]
        assert desk.requests.count("bob", NOW) == 0

    def test_one_is_finished_and_told_once(self, desk: Desk) -> None:
        desk.requests.add(ASKED)
        assert desk.requests.finish(ASKED, "done", NOW + DAY, TOLD)
        assert not desk.requests.finish(ASKED, "done again", NOW + DAY, replace(TOLD, key="again"))
        assert desk.requests.open() == []
        assert desk.queue.pending() == 1
        assert desk.requests.add(replace(ASKED, asked_at=NOW + DAY))
