"""A market that never ends: bars of any symbol, from the sample that ships with the package, up to this moment."""

import csv
import gzip
import io
import zlib
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from functools import cache, cached_property
from importlib.resources import files
from itertools import pairwise

import numpy as np

from algo_trading.calendars import TradingCalendar, trading_calendar
from algo_trading.domain.time import Interval, Period, midnight
from servers.yahoo import ChartRequest, Reply, unknown
from servers.yahoo_replies import Row, chart, ok

FILE = "us_stocks_daily_2000_2013.csv.gz"
FIRST_SESSION = date(2000, 3, 1)
SPLIT_MONTHS, SPLIT_YEARS = (6,), 4  # a 2:1 split in 2002, 2006 .. 2026
FIRST_PRICES = 64.0  # times the sample's are traded at first; every split halves them
DIVIDEND_MONTHS = (2, 5, 8, 11)
DIVIDEND_YIELD = 0.003
Bar = tuple[float, float, float, float, int]


def system_now() -> datetime:
    """The current time."""
    return datetime.now(UTC)


class GeneratedMarket:
    """Answers as Yahoo would at `now`: split-adjusted bars, events, and a live bar while the session is open.

    Session n of the calendar trades as row n of one of the sample's five series, there and back again and again, so
    that a bar stays what it was. The series are the adjusted ones, which have no jumps but the splits made here.
    """

    def __init__(
        self, *, now: Callable[[], datetime] = system_now, unknown: frozenset[str] = frozenset(), venue: str = "XNYS"
    ) -> None:
        self._now = now
        self._unknown = unknown
        self._venue = venue

    def __call__(self, request: ChartRequest) -> Reply:
        if request.symbol in self._unknown:
            return unknown(request)
        now = self._now()
        period1, period2 = (int(request.query[name]) for name in ("period1", "period2"))
        first, last = datetime.fromtimestamp(max(period1, 0), UTC), min(datetime.fromtimestamp(period2, UTC), now)
        series = sample_series()
        rows = series[zlib.crc32(request.symbol.encode()) % len(series)]
        sessions = self._calendar.periods(Interval.DAY, midnight(FIRST_SESSION), last)
        split_days = {day for day in event_days(sessions, SPLIT_MONTHS) if day.year % SPLIT_YEARS == 2}
        dividend_days = event_days(sessions, DIVIDEND_MONTHS)
        shares = 2.0 ** len(split_days) / FIRST_PRICES  # of today for one of the sample
        bars: dict[int, Row] = {}
        splits: dict[int, tuple[float, float]] = {}
        dividends: dict[int, float] = {}
        for number, session in enumerate(sessions):
            if not first <= session.starts_at < last:
                continue
            opens = int(session.starts_at.timestamp())
            place = number % (2 * len(rows))
            *prices, volume = rows[min(place, 2 * len(rows) - 1 - place)]
            opened, high, low, close = (float(np.float32(price / shares)) for price in prices)
            if session.closed_at > now:
                bars[int(now.timestamp())] = (opened, high, low, (high + low) / 2, int(volume * shares) // 2)
            else:
                bars[opens] = (opened, high, low, close, int(volume * shares))
            if session.date in split_days:
                splits[opens] = (2.0, 1.0)
            if session.date in dividend_days:
                dividends[opens] = DIVIDEND_YIELD * close
        return ok(chart(bars, splits, dividends, symbol=request.symbol))

    @cached_property
    def _calendar(self) -> TradingCalendar:
        return trading_calendar(self._venue)


def event_days(sessions: Sequence[Period], months: Sequence[int]) -> set[date]:
    """The first session from the tenth of each of the months on."""
    dates = [session.date for session in sessions]
    return {day for before, day in pairwise(dates) if before.day < 10 <= day.day and day.month in months}


@cache
def sample_series() -> list[list[Bar]]:
    """The sample's bars, adjusted, one list a symbol."""
    text = gzip.decompress((files("algo_trading") / "data" / FILE).read_bytes()).decode()
    series: dict[str, list[Bar]] = {}
    for line in csv.DictReader(io.StringIO(text)):
        factor = float(line["Adj Close"]) / float(line["Close"])
        opened, high, low, close = (round(float(line[name]) * factor, 4) for name in ("Open", "High", "Low", "Close"))
        series.setdefault(line["Ticker"], []).append((opened, high, low, close, int(float(line["Volume"]) / factor)))
    return [series[ticker] for ticker in sorted(series)]
