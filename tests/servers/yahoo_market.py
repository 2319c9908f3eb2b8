"""A market that never ends: bars of any symbol, from the sample that ships with the package, up to this moment."""

import csv
import gzip
import io
import zlib
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from functools import cache, cached_property
from importlib.resources import files

import numpy as np
from servers.yahoo import ChartRequest, Reply, unknown
from servers.yahoo_replies import Row, chart, ok

from algo_trading.calendars import MarketCalendar, market_calendar
from algo_trading.domain.instrument import Session

FILE = "us_stocks_daily_2000_2013.csv.gz"
FIRST_SESSION = date(2000, 3, 1)
SPLIT_YEARS = 4  # a 2:1 split in June of every fourth year
DIVIDEND_MONTHS = (2, 5, 8, 11)
DIVIDEND_YIELD = 0.003


def system_now() -> datetime:
    """The current time."""
    return datetime.now(UTC)


class GeneratedMarket:
    """Answers as Yahoo would at `now`: split-adjusted bars, events, and a live bar while the session is open.

    Session n of the calendar shows row n of the sample, there and back again and again, so that a bar once shown stays
    the same. Each symbol takes one of the sample's five series; prices are the adjusted ones, which have no jumps.
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
        shown = [session for session in self._sessions(last) if first <= session.opens_at < last]
        bars = {self._stamp(session, now): self._row(request.symbol, session.date, now) for session in shown}
        opens = {session.date: int(session.opens_at.timestamp()) for session in shown}
        splits = {opens[day]: (2.0, 1.0) for day in self._event_days(shown, (6,)) if day.year % SPLIT_YEARS == 2}
        dividends = {
            opens[day]: round(DIVIDEND_YIELD * float(self._row(request.symbol, day, now)[3] or 0), 6)
            for day in self._event_days(shown, DIVIDEND_MONTHS)
        }
        return ok(chart(bars, splits, dividends, symbol=request.symbol))

    @cached_property
    def _calendar(self) -> MarketCalendar:
        return market_calendar(self._venue)

    def _sessions(self, last: datetime) -> Sequence[Session]:
        return self._calendar.sessions(FIRST_SESSION, last.date())

    def _stamp(self, session: Session, now: datetime) -> int:
        return int((now if session.closes_at > now else session.opens_at).timestamp())

    def _event_days(self, sessions: Sequence[Session], months: Sequence[int]) -> list[date]:
        """The first session on or after the 10th of the months."""
        days: dict[tuple[int, int], date] = {}
        for session in sessions:
            if session.date.month in months and session.date.day >= 10:
                days.setdefault((session.date.year, session.date.month), session.date)
        return [day for day in days.values() if self._calendar.previous(day).date.day < 10]

    def _row(self, symbol: str, day: date, now: datetime) -> Row:
        series = sample_series()
        rows = series[zlib.crc32(symbol.encode()) % len(series)]
        first, number = np.searchsorted(self._calendar.dates, np.array([FIRST_SESSION, day], dtype="datetime64[D]"))
        place = int(number - first) % (2 * len(rows))
        opened, high, low, close, volume = rows[min(place, 2 * len(rows) - 1 - place)]
        session = self._calendar.session(day)
        if session.closes_at > now:  # half of it has happened
            close = (high + low) / 2
            volume = volume // 2
        return opened, max(high, close), min(low, close), close, volume


@cache
def sample_series() -> list[list[tuple[float, float, float, float, int]]]:
    """The sample's bars, adjusted, one list a symbol."""
    text = gzip.decompress((files("algo_trading") / "data" / FILE).read_bytes()).decode()
    series: dict[str, list[tuple[float, float, float, float, int]]] = {}
    for line in csv.DictReader(io.StringIO(text)):
        factor = float(line["Adj Close"]) / float(line["Close"])
        opened, high, low, close = (round(float(line[name]) * factor, 4) for name in ("Open", "High", "Low", "Close"))
        series.setdefault(line["Ticker"], []).append((opened, high, low, close, int(float(line["Volume"]) / factor)))
    return [series[ticker] for ticker in sorted(series)]
