"""The sample that ships with the package: daily bars of AAPL, FB, GOOG, IBM and MSFT, 2000-03-01 .. 2013-03-01.

Quandl's WIKI prices, in the public domain. It has raw and adjusted closes but no list of corporate actions, so these
come from the changes of the ratio of the two. Quandl adjusted for a dividend with 1 + dividend / close of the ex-date.
"""

import csv
import gzip
import io
from collections.abc import Sequence
from datetime import date, datetime
from functools import cached_property
from importlib.resources import files

import pyarrow as pa

from algo_trading.domain.corporate_actions import ActionKind, CorporateAction
from algo_trading.domain.instrument import Instrument
from algo_trading.domain.time import Interval, midnight
from algo_trading.errors import SourceError, UnknownSymbolError
from algo_trading.gateways.market_data import RAW_SCHEMA, BarRequest, Fetched, RawBars, RawPayload
from algo_trading.plugins import Context, Plugin, PluginConfig

FILE = "us_stocks_daily_2000_2013.csv.gz"
HEADER = ("Ticker", "Date", "Open", "High", "Low", "Close", "Volume", "Adj Close")
LAST_SESSION = date(2013, 3, 1)
SMALLEST_SPLIT = 1.25  # the largest dividend in the file moves the ratio by 1.11, the smallest split by 2
NOISE = 1e-6  # of the ratio; where nothing happened it is below 1e-12


class SampleMarketData:
    """Implements MarketData from the packaged file. A payload is the part of the file asked for, with its header.

    The row before the first one asked for comes along, because an action shows as a change from the row before.
    """

    name = "sample"
    intervals = (Interval.DAY,)
    refetch = 0

    def ends_at(self, venue: str, interval: Interval) -> datetime | None:  # noqa: ARG002 - the sample has one venue
        return midnight(LAST_SESSION)

    def fetch(self, requests: Sequence[BarRequest]) -> Sequence[Fetched]:
        return [self._answer(request) for request in requests]

    def parse(self, payload: RawPayload) -> RawBars:
        request = payload.request
        lines = list(csv.reader(io.StringIO(payload.content.decode(errors="replace"))))
        if not lines or tuple(lines.pop(0)) != HEADER or any(len(line) != len(HEADER) for line in lines):
            raise SourceError(f"the payload for {request.instrument} is not a part of {FILE}")
        rows, actions = [], []
        previous: list[str] | None = None
        for line in lines:
            if previous is not None:
                actions.extend(_actions(request.instrument, previous, line))
            if request.first_date is None or line[1] >= request.first_date.isoformat():
                place = f"{FILE}: {line[0]} {line[1]}"
                rows.append(dict(zip(RAW_SCHEMA.names, (*line[:7], place), strict=True)))
            previous = line
        return RawBars(pa.Table.from_pylist(rows, schema=RAW_SCHEMA), tuple(actions))

    def _answer(self, request: BarRequest) -> Fetched:
        series = self._series.get(request.instrument.symbol)
        if series is None:
            known = ", ".join(sorted(self._series))
            return Fetched(
                request,
                error=UnknownSymbolError(f"the sample has no symbol {request.instrument}; it has {known}"),
            )
        first = request.first_date.isoformat() if request.first_date else ""
        wanted = [index for index, line in enumerate(series) if first <= line[1] <= request.last_date.isoformat()]
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(HEADER)
        if wanted:
            writer.writerows(series[max(wanted[0] - 1, 0) : wanted[-1] + 1])
        return Fetched(request, RawPayload(request, text.getvalue().encode(), "text/csv", ".csv"))

    @cached_property
    def _series(self) -> dict[str, list[list[str]]]:
        content = (files("algo_trading") / "data" / FILE).read_bytes()
        lines = csv.reader(io.StringIO(gzip.decompress(content).decode()))
        next(lines)
        series: dict[str, list[list[str]]] = {}
        for line in lines:
            series.setdefault(line[0], []).append(line)
        return series


def _actions(instrument: Instrument, previous: list[str], line: list[str]) -> list[CorporateAction]:
    before, after = (float(row[7]) / float(row[5]) for row in (previous, line))
    change = after / before
    if abs(change - 1) < NOISE:
        return []
    ex_date = date.fromisoformat(line[1])
    actions = []
    if change > SMALLEST_SPLIT:
        ratio = round(change * 2) / 2
        actions.append(CorporateAction(instrument, ex_date, ActionKind.SPLIT, ratio))
        change /= ratio
    if change - 1 > NOISE:
        dividend = round((change - 1) * float(line[5]), 4)
        actions.append(CorporateAction(instrument, ex_date, ActionKind.DIVIDEND, dividend))
    return actions


def build(_config: PluginConfig, _context: Context) -> SampleMarketData:
    """The sample has no options."""
    return SampleMarketData()


plugin = Plugin(PluginConfig, build)
