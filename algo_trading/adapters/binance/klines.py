"""Klines, Binance's candles, as rows to be judged."""

from collections.abc import Sequence
from datetime import UTC, datetime
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
