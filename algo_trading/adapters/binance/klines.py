"""Klines, Binance's candles, as rows to be judged."""

from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from itertools import groupby
from typing import Any

import numpy as np
import pyarrow as pa

from algo_trading.domain.bars import COLUMNS, TURNOVER, Bars
from algo_trading.domain.instrument import Series
from algo_trading.errors import SourceError
from algo_trading.gateways.market_data import RAW_SCHEMA

# Open time (ms), four prices, volume, close time (the last ms), quote volume, trades, taker's volume and quote volume,
# and one that is not used.
WIDTH = 12
OPEN_TIME, CLOSE_TIME = 0, 6
PLACES = {"open": 1, "high": 2, "low": 3, "close": 4, "volume": 5} | dict(zip(TURNOVER, (7, 8, 9, 10), strict=True))
SUMS = tuple(PLACES[name] for name in ("volume", *TURNOVER))
DAY = 86_400_000  # ms
THREE_DAYS = 3 * DAY
SCHEMA = pa.schema([*RAW_SCHEMA, *((name, pa.string()) for name in TURNOVER)])

Kline = Sequence[Any]


def checked(rows: object, who: str) -> list[Kline]:
    """A page of klines.

    Raises:
        SourceError: it is something else.
    """
    if isinstance(rows, list) and all(
        isinstance(row, list) and len(row) == WIDTH and isinstance(row[OPEN_TIME], int) and isinstance(row[6], int)
        for row in rows
    ):
        return rows
    raise SourceError(f"{who} sent something else than candles: its format may have changed")


def closed(rows: Sequence[Kline], now: int) -> list[Kline]:
    """Those that had ended by a moment of the exchange's clock (ms)."""
    return [row for row in rows if row[CLOSE_TIME] < now]


def in_three_days(days: Sequence[Kline], who: str) -> list[Kline]:
    """Candles of three days, counted from 1970-01-01, made of those of single days.

    Binance counts each pair's from the day of its listing (BTCUSDT's from 2017-08-17, SOLUSDT's from 2020-08-11), so
    that candles of two pairs overlap and a period of all pairs has no end; its own are not asked for.

    Raises:
        SourceError: a price or volume is not a number.
    """
    try:
        return [
            _joined(number * THREE_DAYS, list(group))
            for number, group in groupby(days, key=lambda row: row[OPEN_TIME] // THREE_DAYS)
        ]
    except (ValueError, TypeError, InvalidOperation) as error:
        raise SourceError(f"{who} sent something else than candles: {error!r}") from None


def _joined(opened: int, days: Sequence[Kline]) -> Kline:
    kline = list(days[0])
    kline[OPEN_TIME], kline[CLOSE_TIME] = opened, opened + THREE_DAYS - 1
    kline[PLACES["high"]] = max((row[PLACES["high"]] for row in days), key=float)
    kline[PLACES["low"]] = min((row[PLACES["low"]] for row in days), key=float)
    kline[PLACES["close"]] = days[-1][PLACES["close"]]
    for place in SUMS:
        kline[place] = str(sum(Decimal(str(row[place])) for row in days))
    return kline


def rows_of(series: Series, klines: Sequence[Kline]) -> pa.Table:
    """RAW_SCHEMA with the columns of TURNOVER; values are the texts that came."""
    opened = [row[OPEN_TIME] for row in klines]
    columns: dict[str, list[str]] = {name: [str(row[place]) for row in klines] for name, place in PLACES.items()}
    columns |= {
        "symbol": [series.symbol] * len(klines),
        "session": [str(time) if series.interval.intraday else _date(time) for time in opened],
        "place": [f"klines/{series.symbol}/{series.interval}#{time}" for time in opened],
    }
    return pa.table(columns, schema=SCHEMA)


def _date(time: int) -> str:
    try:
        return datetime.fromtimestamp(time / 1000, UTC).date().isoformat()
    except (ValueError, OverflowError, OSError):
        return str(time)


def bars_of(series: Series, klines: Sequence[Kline], who: str) -> Bars:
    """Klines as they stand, the last one perhaps before its end.

    Raises:
        SourceError: a price is none, or they are not in the order of time.
    """
    try:
        times = np.array([(row[OPEN_TIME], row[CLOSE_TIME] + 1) for row in klines], "datetime64[ms]").reshape(-1, 2)
        values = np.array([[float(row[PLACES[name]]) for name in COLUMNS] for row in klines]).reshape(-1, len(COLUMNS))
        opened, closed = times.astype("datetime64[us]").T
        bars = Bars(series.instrument, series.interval, opened, closed, *values.T)
    except (ValueError, TypeError, OverflowError) as error:
        raise SourceError(f"{who} sent something else than candles of {series}: {error}") from None
    if not np.isfinite(values).all() or (bars.low <= 0).any():
        raise SourceError(f"{who} sent candles of {series} with something else than prices")
    return bars
