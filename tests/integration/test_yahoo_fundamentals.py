"""The real yfinance client asks a local Yahoo for figures."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime

import pytest
import yfinance.data

from algo_trading.adapters.yahoo.fundamentals import YahooFundamentals
from algo_trading.domain.fundamentals import Fundamentals
from algo_trading.domain.instrument import Instrument
from algo_trading.errors import RateLimitedError, SourceError, UnknownSymbolError
from algo_trading.gateways.fundamentals import FundamentalsPayload
from servers.yahoo import Reply, Scripted, YahooServer, unknown
from servers.yahoo_session import LocalChartSession

pytestmark = pytest.mark.integration

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
GOOD = Reply(
    200,
    json.dumps(
        {"quoteSummary": {"result": [{"summaryDetail": {"trailingPE": 21.5, "marketCap": 2e11}}], "error": None}}
    ).encode(),
)
NOT_FOUND = Reply(
    404,
    b'{"quoteSummary":{"result":null,"error":{"code":"Not Found","description":"Quote not found for symbol: NOPE"}}}',
)
UNAUTHORIZED = Reply(401, b'{"finance":{"result":null,"error":{"code":"Unauthorized","description":"Invalid Crumb"}}}')
THROTTLED = Reply(429, b"Too Many Requests")
CUT = Reply(200, GOOD.body, cut=20)
ATTEMPTS = 3


class Yahoo:
    """A source on a local server, and the pauses that it made."""

    def __init__(self, server: YahooServer) -> None:
        self.server = server
        self.pauses: list[float] = []
        self.source = YahooFundamentals(
            pause_seconds=0.5,
            attempts=ATTEMPTS,
            new_session=lambda: LocalChartSession(server.port),
            sleep=self.pauses.append,
        )

    def fetch(self, *symbols: str) -> Sequence[FundamentalsPayload]:
        return self.source.fetch([Instrument(symbol) for symbol in symbols])


Serve = Callable[[Mapping[str, Sequence[Reply]]], Yahoo]


@pytest.fixture(autouse=True)
def fresh_client(monkeypatch: pytest.MonkeyPatch) -> None:
    """Yfinance keeps cookies and crumb in one object for the whole process."""
    monkeypatch.setattr(yfinance.data.SingletonMeta, "_instances", {})


@pytest.fixture
def serve() -> Iterator[Serve]:
    with ExitStack() as servers:

        def start(replies: Mapping[str, Sequence[Reply]]) -> Yahoo:
            server = YahooServer(unknown, summaries=Scripted(replies))
            return Yahoo(servers.enter_context(server.running()))

        yield start


def test_a_reply_is_handed_on_as_it_came_and_read(serve: Serve) -> None:
    yahoo = serve({"BRK-B": [GOOD], "^X/Y": [GOOD]})
    payloads = yahoo.fetch("BRK-B", "^X/Y")
    assert [payload.content for payload in payloads] == [GOOD.body] * 2
    assert yahoo.source.parse(payloads[0], NOON) == Fundamentals(Instrument("BRK-B"), NOON, 21.5, 2e11)
    assert [request.symbol for request in yahoo.server.summary_requests] == ["BRK-B", "^X/Y"]
    assert {request.query["modules"] for request in yahoo.server.summary_requests} == {"summaryDetail"}
    assert yahoo.pauses == [0.5]


def test_a_symbol_without_figures_is_its_own_error_and_not_asked_for_again(serve: Serve) -> None:
    yahoo = serve({"IBM": [GOOD], "NOPE": [NOT_FOUND], "MSFT": [GOOD]})
    payloads = yahoo.fetch("IBM", "NOPE", "MSFT", "")
    assert [payload.error is None for payload in payloads] == [True, False, True, False]
    assert isinstance(payloads[1].error, UnknownSymbolError)
    assert "Quote not found for symbol: NOPE" in str(payloads[1].error)
    assert yahoo.pauses == [0.5] * 3


@pytest.mark.parametrize("reply", [CUT, Reply(500, b"oops"), UNAUTHORIZED, Reply(200, b"<html>")])
def test_a_spoiled_reply_is_asked_for_again(serve: Serve, reply: Reply) -> None:
    # yfinance asks a second time at once where the status is an error.
    yahoo = serve({"IBM": [*[reply] * (2 if reply.status >= 400 else 1), GOOD], "BAD": [reply]})
    good, bad = yahoo.fetch("IBM", "BAD")
    assert good.content == GOOD.body
    assert type(bad.error) is SourceError
    assert "\n" not in str(bad.error)
    assert yahoo.pauses == [1, 0.5, 1, 2]


def test_who_keeps_asking_to_slow_down_is_obeyed(serve: Serve) -> None:
    yahoo = serve({"IBM": [THROTTLED]})
    with pytest.raises(RateLimitedError, match="Yahoo asks to slow down"):
        yahoo.fetch("IBM", "MSFT")
    assert {request.symbol for request in yahoo.server.summary_requests} == {"IBM"}


def test_no_network_is_the_error_of_the_source(serve: Serve) -> None:
    yahoo = serve({})
    yahoo.server.shutdown()
    yahoo.server.server_close()
    with pytest.raises(SourceError, match=r"Yahoo cannot be reached .*: check the network"):
        yahoo.fetch("IBM", "MSFT")
