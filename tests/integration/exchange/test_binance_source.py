"""The source `binance`, python-binance's client and all, against the practice exchange on the loopback."""

import gzip
import json
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from algo_trading.adapters.binance.client import BinanceRest
from algo_trading.adapters.binance.config import BinanceConfig
from algo_trading.adapters.binance.market_data import PATIENCE, BinanceMarketData
from algo_trading.adapters.binance.practice import PracticeConfig
from algo_trading.adapters.binance.practice import build as build_practice
from algo_trading.adapters.practice_record import PracticeRecord
from algo_trading.calendars import trading_calendar
from algo_trading.domain.bars import TURNOVER
from algo_trading.domain.instrument import Instrument, Series
from algo_trading.domain.time import Interval, midnight
from algo_trading.errors import RateLimitedError, SourceError, UnknownSymbolError
from algo_trading.exchange.start import ExchangeOptions
from algo_trading.gateways.market_data import BarRequest, RawPayload
from algo_trading.plugins import Context
from algo_trading.quality.gate import BarGate
from algo_trading.services.accept_bars import AcceptBars
from algo_trading.services.ingest import IngestBars
from fakes.bars import FakeBars, FakeCorporateActions
from fakes.batches import FakeBatches
from fakes.clock import FakeClock
from fakes.names import FakeNames
from fakes.objects import FakeObjectStore
from fakes.quality import FakeQuality, FakeQuarantine
from servers.practice_exchange import PracticeExchange, practice_exchange

pytestmark = pytest.mark.integration

NOW = datetime(2023, 4, 1, 10, 30, tzinfo=UTC)  # of the exchange, whose clock stands still
LISTED = datetime(2023, 3, 6, tzinfo=UTC)  # INJUSDT
HOUR = Interval.HOUR_1


@pytest.fixture(scope="module")
def served() -> Iterator[PracticeExchange]:
    with practice_exchange(ExchangeOptions(start=NOW, speed=0)) as exchange:
        yield exchange


@pytest.fixture
def exchange(served: PracticeExchange) -> Iterator[PracticeExchange]:
    yield served
    served.admin("faults", "DELETE")
    served.admin("faults", kind="resume", symbol="DOGEUSDT")


class Waits:
    """Notes waiting instead of doing it; the clock is the machine's, and further by what was waited."""

    def __init__(self) -> None:
        self.slept: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)

    def clock(self) -> float:
        return time.time() + sum(self.slept)


@pytest.fixture
def waits() -> Waits:
    return Waits()


Opens = Callable[..., BinanceMarketData]


@pytest.fixture
def open_source(exchange: PracticeExchange, waits: Waits) -> Opens:
    def opened(connections: int = 1, attempts: int = 3) -> BinanceMarketData:
        config = BinanceConfig(base_url=exchange.url, connections=connections, attempts=attempts)
        rest = BinanceRest(config, sleep=waits.sleep, clock=waits.clock)
        return BinanceMarketData(rest, connections=connections)

    return opened


@pytest.fixture
def source(open_source: Opens) -> BinanceMarketData:
    return open_source()


def request(
    symbol: str = "INJUSDT",
    interval: Interval = Interval.DAY,
    first: datetime | None = None,
    last: datetime = NOW,
) -> BarRequest:
    return BarRequest(Series(Instrument(symbol, "BINANCE"), interval), first, last)


def payload_of(source: BinanceMarketData, asked: BarRequest) -> RawPayload:
    (answer,) = source.fetch([asked])
    assert answer.error is None, answer.error
    assert answer.payload is not None
    return answer.payload


def sessions(source: BinanceMarketData, asked: BarRequest) -> list[str]:
    found: list[str] = source.parse(payload_of(source, asked)).rows["session"].to_pylist()
    return found


def errors_of(source: BinanceMarketData, *asked: BarRequest) -> list[type[SourceError] | None]:
    return [type(answer.error) if answer.error else None for answer in source.fetch(asked)]


def test_the_whole_history_begins_with_the_listing_and_ends_with_the_last_closed_candle(
    source: BinanceMarketData,
) -> None:
    found = sessions(source, request())
    assert (found[0], found[-1], len(found)) == ("2023-03-06", "2023-03-31", 26)


def test_rows_are_what_the_exchange_wrote(source: BinanceMarketData) -> None:
    payload = payload_of(source, request(interval=HOUR, first=NOW - timedelta(hours=5)))
    first = source.parse(payload).rows.to_pylist()[0]
    opened = int(datetime(2023, 4, 1, 6, tzinfo=UTC).timestamp() * 1000)
    assert first["place"] == f"klines/INJUSDT/1h#{opened}"
    assert first["session"] == str(opened)
    assert all(float(first[name]) > 0 for name in TURNOVER)
    assert len(first["volume"].split(".")[1]) == 8
    lines = gzip.decompress(payload.content).splitlines()
    assert json.loads(lines[0]) == {"serverTime": int(NOW.timestamp() * 1000)}
    assert first["open"].encode() in lines[1]


@pytest.mark.parametrize("interval", list(Interval))
def test_every_interval(source: BinanceMarketData, interval: Interval) -> None:
    calendar = trading_calendar("BINANCE")
    newest = calendar.newest_closed(interval, NOW)
    assert sessions(source, request(interval=interval, first=newest.opened_at)) == [
        str(int(newest.opened_at.timestamp() * 1000)) if interval.intraday else newest.key
    ]


def test_three_days_are_counted_alike_for_all_pairs_and_made_of_daily_candles(source: BinanceMarketData) -> None:
    """Binance counts them from each pair's listing, here it is 1970-01-01; what still runs is not among the closed."""
    asked = request(interval=Interval.DAY_3)
    daily = source.parse(payload_of(source, request())).rows.to_pylist()
    made = source.parse(payload_of(source, asked)).rows.to_pylist()
    days: dict[date, list[dict[str, str]]] = {}
    for day in daily:
        opened = date.fromisoformat(day["session"])
        days.setdefault(opened - timedelta(days=(opened - date(1970, 1, 1)).days % 3), []).append(day)
    *closed, runs = days
    assert runs == date(2023, 3, 30)
    assert [row["session"] for row in made] == [str(opened) for opened in closed]
    for row, group in zip(made, days.values(), strict=False):
        assert (row["open"], row["close"]) == (group[0]["open"], group[-1]["close"])
        assert float(row["high"]) == max(float(day["high"]) for day in group)
        assert float(row["low"]) == min(float(day["low"]) for day in group)
        for name in ("volume", *TURNOVER):
            assert Decimal(row[name]) == sum(Decimal(day[name]) for day in group)
    running = source.running({asked.series: midnight(runs)}).bars[asked.series]
    assert running.opened_at.astype("datetime64[D]").tolist() == [runs]
    assert running.closed_at.astype("datetime64[D]").tolist() == [date(2023, 4, 2)]
    assert running.volume[0] > sum(float(day["volume"]) for day in days[runs])  # and what April 1st has had so far


def test_only_what_is_asked_for_comes(source: BinanceMarketData) -> None:
    first, last = datetime(2023, 3, 20, tzinfo=UTC), datetime(2023, 3, 22, tzinfo=UTC)
    assert sessions(source, request(first=first, last=last)) == ["2023-03-20", "2023-03-21", "2023-03-22"]


def test_more_than_a_page(source: BinanceMarketData) -> None:
    found = sessions(source, request(interval=Interval.MINUTE_5, first=NOW - timedelta(days=8)))
    assert len(found) == len(set(found)) == 8 * 288
    assert found == sorted(found)


def test_several_connections_answer_in_order(open_source: Opens) -> None:
    source = open_source(connections=3)
    asked = [request(symbol) for symbol in ("INJUSDT", "BTCUSDT", "NOPEUSDT", "DOGEUSDT", "ETHBTC")]
    asked = [replace(one, first=NOW - timedelta(days=3)) for one in asked]
    answers = source.fetch(asked)
    assert [answer.request for answer in answers] == asked
    assert [answer.error is None for answer in answers] == [True, True, False, True, True]


@pytest.mark.parametrize("symbol", ["NOPEUSDT", "nope usdt", "é"])
def test_an_unknown_pair_is_its_own_error_alone(source: BinanceMarketData, symbol: str) -> None:
    unknown, known = source.fetch([request(symbol), request(first=NOW - timedelta(days=2))])
    assert isinstance(unknown.error, UnknownSymbolError)
    assert str(unknown.error) == f"Binance does not list {symbol}"
    assert known.error is None


PACKED = [gzip.compress(text, mtime=0) for text in (b"", b"{}", b'{"serverTime":1}\n{}', b"<html>")]
NEVER_SENT = [b"", b"\xff\xfe", b"[]", *PACKED]


@pytest.mark.parametrize("content", NEVER_SENT)
def test_what_it_never_sent_is_an_error_of_the_source(source: BinanceMarketData, content: bytes) -> None:
    payload = RawPayload(request(), content, "application/gzip", ".jsonl.gz")
    with pytest.raises(SourceError):
        source.parse(payload)


def test_the_limit_of_weight_is_the_exchange_s(source: BinanceMarketData) -> None:
    payload_of(source, request(first=NOW - timedelta(days=2)))
    limiter = source._rest._limiter
    assert limiter.limit == 6000
    assert 0 < limiter.used < 6000


def test_asked_to_slow_down_it_waits_as_long_as_it_was_told(
    source: BinanceMarketData, exchange: PracticeExchange, waits: Waits
) -> None:
    exchange.admin("faults", kind="answer", path="/api/v3/klines", status=429, code=-1003, retry_after=7)
    assert len(sessions(source, request())) == 26
    assert 7 in waits.slept


def test_a_ban_ends_all_requests(source: BinanceMarketData, exchange: PracticeExchange, waits: Waits) -> None:
    exchange.admin("faults", kind="answer", path="/api/v3/klines", status=418, code=-1003, retry_after=300)
    asked = [request(), request("BTCUSDT"), request("DOGEUSDT")]
    assert errors_of(source, *asked) == [RateLimitedError] * 3
    assert waits.slept == []
    with pytest.raises(RateLimitedError, match="bans this address until"):  # the fault is over, the ban is not
        source.fetch(asked)
    waits.slept.append(301)
    assert errors_of(source, request()) == [None]


@pytest.mark.parametrize("fault", [{"kind": "answer", "status": 503}, {"kind": "disconnect"}])
def test_it_tries_again_when_the_exchange_is_out_of_order(
    source: BinanceMarketData, exchange: PracticeExchange, waits: Waits, fault: dict[str, object]
) -> None:
    exchange.admin("faults", path="/api/v3/klines", times=2, **fault)
    assert len(sessions(source, request())) == 26
    assert waits.slept == [1, 2]


def test_an_exchange_that_stays_out_of_order_is_not_asked_for_every_pair(
    source: BinanceMarketData, exchange: PracticeExchange, waits: Waits
) -> None:
    exchange.admin("faults", kind="answer", path="/api/v3/klines", status=503, times=None)
    symbols = ("INJUSDT", "BTCUSDT", "DOGEUSDT", "ETHUSDT", "ETHBTC")
    answers = source.fetch([request(symbol) for symbol in symbols])
    assert {str(answer.error) for answer in answers} == {"Binance is out of order (HTTP 503): try again later"}
    assert len(waits.slept) == 2 * PATIENCE


def test_nothing_listens(waits: Waits) -> None:
    rest = BinanceRest(BinanceConfig(base_url="http://127.0.0.1:9", attempts=2), sleep=waits.sleep)
    with pytest.raises(SourceError, match=r"Binance could not be asked .*: check the network, or try again later"):
        BinanceMarketData(rest).fetch([request()])
    assert waits.slept == [1]


@pytest.mark.parametrize(("fault", "status"), [("halt", "HALT"), ("delist", "BREAK")])
def test_a_pair_without_candles_says_why(
    source: BinanceMarketData, exchange: PracticeExchange, fault: str, status: str
) -> None:
    hour = NOW.replace(minute=0) - timedelta(hours=1)
    begin = int(hour.timestamp() * 1000)
    exchange.admin("faults", kind="missing_candles", symbol="DOGEUSDT", first=begin, end=begin + 3_600_000)
    exchange.admin("faults", kind=fault, symbol="DOGEUSDT")
    (answer,) = source.fetch([request("DOGEUSDT", HOUR, hour, hour)])
    assert f"DOGEUSDT does not trade at Binance (status {status})" in str(answer.error)
    exchange.admin("faults", kind="resume", symbol="DOGEUSDT")
    assert sessions(source, request("DOGEUSDT", HOUR, hour, hour)) == []


class Desk:
    """IngestBars over the source, with repositories in memory."""

    def __init__(self, source: BinanceMarketData) -> None:
        self.source, self.bars, self.quality = source, FakeBars(), FakeQuality()
        self.quarantine, self.clock = FakeQuarantine(), FakeClock(NOW)
        actions = FakeCorporateActions()
        batches = FakeBatches(bars=self.bars, actions=actions, quarantine=self.quarantine, quality=self.quality)
        accept = AcceptBars(BarGate(), self.bars, actions, batches, self.quarantine, trading_calendar, self.clock)
        self.ingest = IngestBars(accept, self.bars, FakeObjectStore(), FakeNames(), trading_calendar, self.clock)

    def run(self, interval: Interval, opened_at: datetime, series: Sequence[Series]) -> None:
        self.ingest(self.source, trading_calendar("BINANCE").period(interval, opened_at), series)

    def opened(self, series: Series) -> list[datetime]:
        found: list[datetime] = self.bars.read([series], None, None)["opened_at"].to_pylist()
        return found


def test_missing_candles_are_reported_and_never_filled(exchange: PracticeExchange, source: BinanceMarketData) -> None:
    gap = [midnight(NOW.date()) - timedelta(days=3) + timedelta(hours=n) for n in range(3)]
    first, end = (int(moment.timestamp() * 1000) for moment in (gap[0], gap[-1] + timedelta(hours=1)))
    exchange.admin("faults", kind="missing_candles", symbol="ETHUSDT", first=first, end=end)
    desk, series = Desk(source), Series(Instrument("ETHUSDT", "BINANCE"), HOUR)
    desk.ingest.history(source, gap[0] - timedelta(hours=6), gap[-1] + timedelta(hours=6), [series])
    assert len(desk.opened(series)) == 12
    assert not set(gap) & set(desk.opened(series))
    (result,) = desk.quality.newest(1)
    assert result.gaps == {"ETHUSDT": ("2023-03-29T00:00Z", "2023-03-29T01:00Z", "2023-03-29T02:00Z")}


def test_a_new_series_gets_its_history_and_later_what_is_newer(source: BinanceMarketData) -> None:
    desk, series = Desk(source), Series(Instrument("INJUSDT", "BINANCE"), Interval.HOUR_4)
    last = datetime(2023, 4, 1, 4, tzinfo=UTC)
    desk.run(Interval.HOUR_4, last - timedelta(days=2), [series])
    assert desk.opened(series)[0] == LISTED
    assert desk.opened(series)[-1] == last - timedelta(days=2)
    desk.run(Interval.HOUR_4, last, [series])
    assert desk.opened(series)[-1] == last
    assert len(desk.opened(series)) == (last - LISTED) // timedelta(hours=4) + 1
    assert desk.quarantine.count() == 0
    turnover = desk.bars.read_turnover([series], None, None)
    assert all(turnover[name].null_count == 0 for name in TURNOVER)


def test_the_rules_of_every_pair(source: BinanceMarketData, exchange: PracticeExchange) -> None:
    exchange.admin("faults", kind="halt", symbol="DOGEUSDT")
    rules = {one.instrument.symbol: one for one in source.parse_rules(source.fetch_rules(), "BINANCE")}
    assert rules.keys() == exchange.api.exchange.books.keys()
    assert [name for name, one in rules.items() if not one.trading] == ["DOGEUSDT"]
    pair = exchange.api.exchange.books["INJUSDT"].pair
    inj = rules["INJUSDT"]
    assert (inj.base, inj.quote, inj.tick, inj.lot) == ("INJ", "USDT", pair.tick, pair.lot)


def test_the_practice_source_follows_the_exchange_to_another_port(exchange: PracticeExchange, tmp_path: Path) -> None:
    source = build_practice(PracticeConfig(attempts=1), Context("practice", tmp_path))
    day = datetime(2023, 3, 31, tzinfo=UTC)
    request = BarRequest(Series(Instrument("INJUSDT", "PRACTICE"), HOUR), day, day + timedelta(hours=3))
    with pytest.raises(SourceError, match="the practice exchange could not be asked"):
        source.fetch([request])
    PracticeRecord(int(exchange.url.rpartition(":")[2]), "2023-03-06").write(tmp_path)
    (fetched,) = source.fetch([request])
    assert fetched.payload is not None
    assert source.parse(fetched.payload).rows.num_rows == 4
    assert source.ends_at("PRACTICE", HOUR) is None
