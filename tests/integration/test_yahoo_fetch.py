"""The real yfinance client against a local Yahoo."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from datetime import UTC, date, datetime, timedelta
from email.utils import format_datetime

import pytest
import yfinance.data

from algo_trading.adapters.yahoo import YahooMarketData
from algo_trading.domain.instrument import Instrument
from algo_trading.errors import RateLimitedError, SourceError, UnknownSymbolError
from algo_trading.gateways.market_data import Fetched
from servers.yahoo import Market, Reply, Scripted, YahooServer
from servers.yahoo_replies import chart, ok, recorded, replayed
from servers.yahoo_session import LocalChartSession
from support.bar_requests import daily_request
from support.shared_data import needs_shared_data

pytestmark = pytest.mark.integration
FIRST, LAST = date(2020, 1, 2), date(2020, 1, 6)
GOOD = ok(
    chart(
        {
            1577975400: (10.0, 12.0, 9.0, 11.0, 100),
            1578061800: (None, None, None, None, None),
            1578321000: (11.0, 13.0, 10.0, 12.0, 200),
        }
    )
)
THROTTLED = Reply(429, b"Too Many Requests")
CUT = Reply(GOOD.status, GOOD.body, cut=len(GOOD.body) // 2)
ATTEMPTS = 4


class Yahoo:
    """A source on a local server, and the pauses that it made."""

    def __init__(self, server: YahooServer) -> None:
        self.server = server
        self.pauses: list[float] = []
        self.source = YahooMarketData(
            pause_seconds=0.5,
            attempts=ATTEMPTS,
            new_session=lambda: LocalChartSession(server.port),
            sleep=self.pauses.append,
        )

    def fetch(self, *symbols: str, first: date | None = FIRST) -> Sequence[Fetched]:
        return self.source.fetch([daily_request(Instrument(symbol), first, LAST) for symbol in symbols])


Serve = Callable[[Market | Mapping[str, Sequence[Reply]]], Yahoo]


@pytest.fixture(autouse=True)
def fresh_client(monkeypatch: pytest.MonkeyPatch) -> None:
    """Yfinance keeps cookies and crumb in one object for the whole process."""
    monkeypatch.setattr(yfinance.data.SingletonMeta, "_instances", {})


@pytest.fixture
def serve() -> Iterator[Serve]:
    with ExitStack() as servers:

        def start(market: Market | Mapping[str, Sequence[Reply]]) -> Yahoo:
            market = market if callable(market) else Scripted(market)
            return Yahoo(servers.enter_context(YahooServer(market).running()))

        yield start


@needs_shared_data
def test_recorded_replies_are_archived_as_they_came(serve: Serve) -> None:
    names = {
        "AAPL": "chart-AAPL-2020-08-31-to-2020-11-07",
        "OCDO.L": "chart-OCDO.L-2020-01-01-to-2020-01-03",
        "BTC-USD": "chart-BTC-USD-2020-01-01-to-2020-01-03",
        "GC=F": "chart-GC=F-2020-01-01-to-2020-01-03",
        "MSFT": "historical-via-chart-MSFT-dividends-2021-02-01-to-2022-01-31.csv",
        "0P000071W8.TO": "chart-0P000071W8.TO-2020-01-01-to-2020-01-03",
    }
    yahoo = serve({symbol: [replayed(name)] for symbol, name in names.items()})
    answers = yahoo.fetch(*names)
    for answer, name in zip(answers, names.values(), strict=True):
        assert answer.error is None
        assert answer.payload is not None
        assert answer.payload.content == replayed(name).body
        assert json.loads(answer.payload.content) == recorded(name)
        assert (answer.payload.media_type, answer.payload.suffix) == ("application/json", ".json")
    assert yahoo.pauses == [0.5] * (len(names) - 1)


def test_an_increment_is_asked_for_once_and_up_to_now(serve: Serve) -> None:
    yahoo = serve({"IBM": [GOOD]})
    before = datetime.now(UTC)
    yahoo.fetch("IBM")
    (request,) = yahoo.server.requests
    period1, period2 = (datetime.fromtimestamp(int(request.query[name]), UTC) for name in ("period1", "period2"))
    assert period1 == datetime(2020, 1, 1, tzinfo=UTC)  # a day early: Sydney opens before midnight UTC
    assert before - timedelta(seconds=2) <= period2 <= datetime.now(UTC) + timedelta(seconds=10)
    assert request.query["interval"] == "1d"
    assert {"div", "splits"} <= set(request.query["events"].split(","))


def test_symbols_asked_for_one_by_one_have_pauses_between_them(serve: Serve) -> None:
    yahoo = serve({"IBM": [GOOD], "MSFT": [GOOD]})
    yahoo.fetch("IBM")
    yahoo.fetch("MSFT")
    assert yahoo.pauses == [0.5]


def test_a_new_symbol_is_asked_for_from_its_beginning(serve: Serve) -> None:
    yahoo = serve({"IBM": [GOOD]})
    yahoo.fetch("IBM", first=None)
    (request,) = yahoo.server.requests
    assert int(request.query["period1"]) < 0
    assert int(request.query["period2"]) > datetime(2026, 1, 1, tzinfo=UTC).timestamp()


@pytest.mark.parametrize("symbol", ["^GSPC", "GC=F", "BRK-B", "0700.HK", "M&M.NS", "EURUSD=X", "A/B?C#D%E F", "ÅÄ"])
def test_a_symbol_arrives_whole(serve: Serve, symbol: str) -> None:
    yahoo = serve({symbol: [GOOD]})
    (answer,) = yahoo.fetch(symbol)
    assert answer.error is None
    assert [request.symbol for request in yahoo.server.requests] == [symbol]
    assert yahoo.server.paths[0].isascii()


def test_null_bars_become_rows_for_the_gate(serve: Serve) -> None:
    yahoo = serve({"IBM": [GOOD]})
    (answer,) = yahoo.fetch("IBM")
    assert answer.payload is not None
    rows = yahoo.source.parse(answer.payload).rows
    assert rows["close"].to_pylist() == ["11.0", "", "12.0"]


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        (Reply(404, b""), "HTTP 404"),
        (Reply(404, b"<html>Not found</html>"), "HTTP 404"),
        (ok({"chart": {"result": [], "error": None}}), "an empty result"),
        (ok(chart({})), "no bar in the time asked for"),
        (
            Reply(400, b'{"chart":{"error":{"code":"Bad Request","description":"Data doesn\'t exist"}}}'),
            "doesn't exist",
        ),
        (Reply(422, b"{}"), "HTTP 422"),
    ],
)
def test_an_unknown_symbol_is_its_own_error_and_not_asked_for_again(serve: Serve, reply: Reply, said: str) -> None:
    yahoo = serve({"IBM": [GOOD], "NOPE": [reply], "MSFT": [GOOD]})
    answers = yahoo.fetch("IBM", "NOPE", "MSFT")
    assert [answer.error is None for answer in answers] == [True, False, True]
    assert isinstance(answers[1].error, UnknownSymbolError)
    assert said in str(answers[1].error)
    assert yahoo.pauses == [0.5, 0.5]


@pytest.mark.parametrize("symbol", ["", " ", "US0378331005"])
def test_what_is_no_symbol_is_not_asked_for(serve: Serve, symbol: str) -> None:
    yahoo = serve({})
    (answer,) = yahoo.fetch(symbol)
    assert isinstance(answer.error, UnknownSymbolError)
    assert yahoo.server.requests == []


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        (CUT, "broke off"),
        (Reply(200, GOOD.body[:100]), "cut short or not JSON"),
        (Reply(200, b"<html>Will be right back</html>"), "cut short or not JSON"),
        (Reply(200, b"\x1f\x8b\x08\x00broken", {"Content-Encoding": "gzip"}), "cut short or not JSON"),
        (Reply(500, b"oops"), "HTTP 500"),
        (Reply(503, b""), "HTTP 503"),
        (Reply(401, b'{"finance":{"error":{"code":"Unauthorized","description":"Invalid Crumb"}}}'), "HTTP 401"),
        (Reply(200, GOOD.body, {"Content-Type": "text/html"}, cut=0), "broke off"),
    ],
)
def test_a_spoiled_reply_is_asked_for_again_and_then_that_symbols_error(serve: Serve, reply: Reply, said: str) -> None:
    yahoo = serve({"IBM": [GOOD], "BAD": [reply], "MSFT": [GOOD]})
    answers = yahoo.fetch("IBM", "BAD", "MSFT")
    assert [answer.error is None for answer in answers] == [True, False, True]
    assert type(answers[1].error) is SourceError
    assert said in str(answers[1].error)
    assert "\n" not in str(answers[1].error)
    assert yahoo.pauses == [0.5, 1, 2, 4, 0.5]


# yfinance asks a second time at once, with other cookies, where the status is an error.
@pytest.mark.parametrize("spoiled", [[CUT], [Reply(500, b"")] * 2, [THROTTLED] * 2, [THROTTLED] * 4])
def test_a_reply_that_comes_right_in_the_end_is_taken(serve: Serve, spoiled: list[Reply]) -> None:
    yahoo = serve({"IBM": [*spoiled, GOOD]})
    (answer,) = yahoo.fetch("IBM")
    assert answer.payload is not None
    assert answer.payload.content == GOOD.body
    assert yahoo.pauses == [1.0, 2.0][: (len(spoiled) + 1) // 2]


def test_who_keeps_asking_to_slow_down_is_obeyed(serve: Serve) -> None:
    yahoo = serve({"IBM": [GOOD], "MSFT": [THROTTLED]})
    answers = yahoo.fetch("IBM", "MSFT", "AAPL")
    assert [isinstance(answer.error, RateLimitedError) for answer in answers] == [False, True, True]
    assert answers[0].payload is not None
    assert "Yahoo asks to slow down" in str(answers[2].error)
    assert yahoo.pauses == [0.5, 1, 2, 4]
    assert "AAPL" not in {request.symbol for request in yahoo.server.requests}


def test_the_pause_that_yahoo_asks_for_is_made(serve: Serve) -> None:
    yahoo = serve({"IBM": [*[Reply(429, b"", {"Retry-After": "7"})] * 2, GOOD]})
    yahoo.fetch("IBM")
    assert yahoo.pauses == [7]


def test_a_pause_may_be_given_as_a_date(serve: Serve) -> None:
    until = format_datetime(datetime.now(UTC) + timedelta(seconds=30), usegmt=True)
    yahoo = serve({"IBM": [*[Reply(429, b"", {"Retry-After": until})] * 2, GOOD]})
    yahoo.fetch("IBM")
    assert yahoo.pauses == [pytest.approx(30, abs=5)]


def test_a_pause_that_is_too_long_is_left_to_the_scheduler(serve: Serve) -> None:
    yahoo = serve({"IBM": [Reply(429, b"", {"Retry-After": "3600"})]})
    (answer,) = yahoo.fetch("IBM")
    assert isinstance(answer.error, RateLimitedError)
    assert "3600 seconds" in str(answer.error)
    assert yahoo.pauses == []


def test_a_struggling_yahoo_is_not_pressed(serve: Serve) -> None:
    symbols = [f"S{number}" for number in range(6)]
    yahoo = serve({symbol: [CUT] for symbol in symbols[:5]} | {"S5": [GOOD]})
    answers = [*yahoo.fetch(*symbols[:2]), *yahoo.fetch(*symbols[2:])]
    assert [answer.error is None for answer in answers] == [False] * 5 + [True]
    asked = [request.symbol for request in yahoo.server.requests]
    assert [asked.count(symbol) for symbol in symbols] == [ATTEMPTS] * 3 + [1, 1, 1]


def test_no_network_is_the_error_of_the_source(serve: Serve) -> None:
    yahoo = serve({})
    yahoo.server.shutdown()
    yahoo.server.server_close()
    with pytest.raises(SourceError, match=r"Yahoo cannot be reached .*: check the network") as caught:
        yahoo.fetch("IBM", "MSFT")
    assert not isinstance(caught.value, UnknownSymbolError)
    assert "\n" not in str(caught.value)
    assert yahoo.pauses == []
