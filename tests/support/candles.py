"""Candles of a market that never closes, for tests: made at random, or real ones from the shared data."""

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from algo_trading.domain.bars import COLUMNS, Bars, Times
from algo_trading.domain.instrument import Instrument
from algo_trading.domain.time import Interval
from reference.candle_ranks import Row
from support.shared_data import SHARED_DATA

CRYPTO = SHARED_DATA / "crypto"


def candles(
    n: int,
    interval: Interval = Interval.MINUTE_5,
    *,
    seed: int = 0,
    symbol: str = "BTCUSDT",
    first: str = "2021-12-30T21:40",
    missing: float = 0.0,
    step: float = 0.0,
) -> Bars:
    """Candles of a random walk; a part of `missing` is left out, and prices are multiples of `step` (many ties)."""
    chance = np.random.default_rng(seed)
    close = 100 * np.exp(np.cumsum(chance.normal(0, 0.01, n)))
    if step:
        close = np.maximum(np.round(close / step) * step, step)
    open_ = np.append(close[:1], close[:-1])
    wick = (lambda: chance.integers(0, 3, n) * step) if step else (lambda: close * np.abs(chance.normal(0, 0.004, n)))
    high = np.maximum(open_, close) + wick()
    low = np.maximum(np.minimum(open_, close) - wick(), np.minimum(step or 1e-9, np.minimum(open_, close)))
    opened = np.datetime64(first, "us") + np.arange(n) * np.timedelta64(interval.length, "us")
    bars = Bars(
        Instrument(symbol, "BINANCE"), interval, opened, opened + np.timedelta64(interval.length, "us"),
        open_, high, low, close, np.ones(n),
    )  # fmt: skip
    return chosen(bars, chance.random(n) >= missing) if missing else bars


def chosen(bars: Bars, rows: NDArray[np.bool_] | NDArray[np.int64]) -> Bars:
    """Some of the bars."""
    names = ("opened_at", "closed_at", *COLUMNS)
    return replace(bars, **{name: getattr(bars, name)[rows] for name in names})


def real_candles(symbol: str, interval: Interval) -> Bars:
    """BTCUSDT or DOGEUSDT, 2017 .. 2022, with the hours that the exchange does not have."""
    path = CRYPTO / "freqtrade_json_2017_2022" / f"{symbol.removesuffix('USDT')}_USDT-{interval}.json"
    table = np.array(json.loads(path.read_text(encoding="utf-8")), dtype=np.float64)
    opened: Times = table[:, 0].astype("datetime64[ms]").astype("datetime64[us]")
    closed: Times = opened + np.timedelta64(interval.length, "us")
    prices: dict[str, Any] = {name: np.ascontiguousarray(table[:, k + 1]) for k, name in enumerate(COLUMNS)}
    return Bars(Instrument(symbol, "BINANCE"), interval, opened, closed, **prices)


def rows_of(bars: Bars) -> list[Row]:
    """The bars as the reference takes them."""
    moments: Sequence[datetime] = bars.opened_at.tolist()
    prices = zip(bars.open.tolist(), bars.high.tolist(), bars.low.tolist(), bars.close.tolist(), strict=True)
    return [Row(moment.replace(tzinfo=UTC), *row) for moment, row in zip(moments, prices, strict=True)]
