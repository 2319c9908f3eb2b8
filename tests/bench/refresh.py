"""One new candle for each of many series, from an exchange that answers at once: what our side of a refresh costs.

Everything is as in the hourly run but the network: python-binance builds its requests, and what sends them
answers from memory.
"""

import json
import os
import tempfile
from datetime import UTC, datetime, timedelta
from unittest.mock import patch
from urllib.parse import parse_qs, urlsplit

import requests
from requests.adapters import HTTPAdapter

from algo_trading.adapters.binance.client import BinanceRest
from algo_trading.adapters.binance.config import BinanceConfig
from algo_trading.adapters.binance.market_data import BinanceMarketData
from algo_trading.bootstrap import App, bootstrap
from algo_trading.calendars import trading_calendar
from algo_trading.domain.instrument import Instrument, Series
from algo_trading.domain.time import Interval, Period
from bench.measure import Goal, Progress, Result, Timing
from bench.period import Clock, embedded_server, processor_time, server_process

SERIES = int(os.environ.get("BENCH_REFRESHED", "10000"))
SHARD = 250  # series that a run handles at once, as shard_size in config/defaults.toml
STORED = 48  # candles that the exchange has of each before
HOUR = timedelta(hours=1)
OPENED = datetime(2026, 1, 10, tzinfo=UTC)  # the new candle
NOW = OPENED + HOUR + timedelta(minutes=1)
INFO = {"rateLimits": [{"rateLimitType": "REQUEST_WEIGHT", "interval": "MINUTE", "intervalNum": 1, "limit": 10**9}]}


class AtOnce(HTTPAdapter):
    """Sends nothing: candles of a steady rise, the exchange's time and its limits come from memory."""

    def send(self, request: requests.PreparedRequest, *_args: object, **_options: object) -> requests.Response:
        url = urlsplit(str(request.url))
        response = requests.Response()
        response.status_code, response.request, response.url = 200, request, str(request.url)
        response.headers["Content-Type"] = "application/json"
        response._content = json.dumps(_answer(url.path.rpartition("/")[2], parse_qs(url.query))).encode()
        return response


def refreshed(progress: Progress) -> Result:
    """Bring in what an exchange has of each series that is new to us, and an hour later one candle more."""
    calendar = trading_calendar("BINANCE")
    period = calendar.period(Interval.HOUR_1, OPENED)
    before = calendar.previous(Interval.HOUR_1, OPENED)
    with embedded_server() as server, tempfile.TemporaryDirectory(prefix="bench-home-") as home:
        process = server_process(server)
        with patch.dict(os.environ, {"ALGO_HOME": home}), bootstrap(url=server.url(), clock=Clock(NOW)) as app:
            first = _refresh(app, before, STORED, process, progress)
            again = _refresh(app, period, 1, process, progress)
    return Result(
        "Series refreshed with one new candle each",
        f"{SERIES:,} series of one hour, {SHARD} at a time; seconds of processor time, server included",
        [Timing(f"first {STORED} candles", SERIES, (first,)), Timing("one new candle", SERIES, (again,))],
        [Goal("seconds of processor time for 10,000 new candles", 60, again * 10_000 / SERIES, at_most=True)],
        ["the exchange answers from memory; the candle before the new one is asked for again and compared"],
        beside_peers=False,
    )


def _refresh(app: App, period: Period, wanted: int, server: int, progress: Progress) -> float:
    """Bring in a period of every series, and whatever is missing before it; processor time."""
    source, ingest = BinanceMarketData(BinanceRest(BinanceConfig(), transport=AtOnce)), app.ingest_bars()
    series = [Series(Instrument(f"C{number:05}USDT", "BINANCE"), Interval.HOUR_1) for number in range(SERIES)]
    began, stored = processor_time(server), 0
    for first in range(0, SERIES, SHARD):
        progress(f"{period}: series {first:,} .. of {SERIES:,}")
        stored += ingest(source, period, series[first : first + SHARD]).stored
    seconds = processor_time(server) - began
    assert stored == wanted * SERIES, f"{stored} candles were stored instead of {wanted * SERIES}"
    return seconds


def _answer(endpoint: str, asked: dict[str, list[str]]) -> object:
    if endpoint == "time":
        return {"serverTime": int(NOW.timestamp() * 1000)}
    if endpoint == "exchangeInfo":
        return INFO
    length = int(HOUR.total_seconds() * 1000)
    first = max(int(asked["startTime"][0]), int(OPENED.timestamp() * 1000) - STORED * length)
    return [
        [opened, *_prices(opened), "10.0", opened + length - 1, "1000.0", 100, "5.0", "500.0", "0"]
        for opened in range(-(-first // length) * length, int(asked["endTime"][0]) + 1, length)
    ]


def _prices(opened: int) -> tuple[str, str, str, str]:
    """Open, high, low and close of the candle that opened then (ms)."""
    price = 100 + opened / 3_600_000 % 1000 / 100
    return f"{price:.4f}", f"{price * 1.01:.4f}", f"{price * 0.99:.4f}", f"{price * 1.001:.4f}"
