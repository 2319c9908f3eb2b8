"""The published indicators (5 SMA, 2 EMA, RSI, MACD and its signal) of a long table."""

import os
from itertools import pairwise

import numpy as np
import pandas as pd
import polars as pl
import talib

from algo_trading.domain.bars import Floats
from algo_trading.indicators.panel import COLUMNS, panel
from algo_trading.repositories.bars import series_starts
from algo_trading.services.compute import indicator_table
from bench.measure import Contender, Goal, Progress, Result, measure
from bench.series import bar_table

SYMBOLS, BARS = 1_000, 5_000
ROUNDS = 5
SMA = (7, 21, 50, 100, 200)


def benchmark(progress: Progress) -> list[Result]:
    """Ours on one thread and on all, from arrays and from Arrow, beside TA-Lib, polars and pandas."""
    table = bar_table(SYMBOLS, BARS)
    n = table.num_rows
    closes, starts = table["close"].to_numpy(), series_starts(table)
    ours, theirs = np.zeros((len(COLUMNS), n)), np.zeros((len(COLUMNS), n))
    frame = pl.from_arrow(table.select(["symbol", "close"]))
    assert isinstance(frame, pl.DataFrame)
    sorted_frame = frame.set_sorted("symbol")
    pandas_frame = pd.DataFrame({"symbol": frame["symbol"].to_numpy(), "close": closes})
    cores = os.cpu_count() or 1
    one, many = "ours, 1 thread", f"ours, {cores} threads"
    arrow, talib_name = "ours, Arrow to Arrow, 1 thread", "TA-Lib, 1 thread"
    over, grouped = (f"polars {how}, {pl.thread_pool_size()} threads" for how in ("over", "group_by"))
    timings = measure(
        [
            Contender(one, lambda: panel(closes, starts, ours), n),
            Contender(many, lambda: panel(closes, starts, ours, threads=cores), n),
            Contender(arrow, lambda: indicator_table(table), n),
            Contender(talib_name, lambda: by_talib(closes, starts.tolist(), theirs), n),
            Contender(over, lambda: by_polars_over(sorted_frame), n),
            Contender(grouped, lambda: by_polars_groups(sorted_frame), n),
            Contender("pandas groupby", lambda: by_pandas(pandas_frame), n, rounds=1),
        ],
        ROUNDS,
        progress,
    )
    rate = {timing.name: timing.rate for timing in timings}
    fastest_polars = max(rate[over], rate[grouped])
    difference = largest_difference(ours, theirs)
    if difference > 1e-9:
        raise AssertionError(f"our indicators differ from TA-Lib's by {difference:.1e}")
    return [
        Result(
            "Indicators: SMA 7/21/50/100/200, EMA 12/26, RSI 14, MACD and its signal",
            f"{n:,} rows: {SYMBOLS:,} symbols x {BARS:,} bars, float64",
            timings,
            [
                Goal("times TA-Lib, both on one thread", 2, rate[one] / rate[talib_name]),
                Goal("times the faster polars, ours on one thread", 10, rate[one] / fastest_polars),
                Goal(f"times the faster polars, both on {cores} threads", 10, rate[many] / fastest_polars),
            ],
            [
                "ours and TA-Lib fill buffers that are reused; the others and Arrow to Arrow make a new table",
                f"largest relative difference from TA-Lib's last row of each symbol: {difference:.0e}",
                "polars and pandas seed their EMA with the first close; they cannot seed with the SMA",
            ],
        )
    ]


def by_talib(closes: Floats, starts: list[int], out: Floats) -> Floats:
    """One symbol after the other into one table, as its array interface asks for."""
    for first, end in pairwise(starts):
        series = closes[first:end]
        for column, window in enumerate(SMA):
            out[column, first:end] = talib.SMA(series, window)
        out[5, first:end] = talib.EMA(series, 12)
        out[6, first:end] = talib.EMA(series, 26)
        out[7, first:end] = talib.RSI(series, 14)
        out[8, first:end], out[9, first:end], _ = talib.MACD(series, 12, 26, 9)
    return out


def polars_columns() -> list[pl.Expr]:
    """The same columns as expressions."""
    close = pl.col("close")
    change = close.diff()
    gain = change.clip(lower_bound=0).ewm_mean(alpha=1 / 14, adjust=False)
    loss = (-change).clip(lower_bound=0).ewm_mean(alpha=1 / 14, adjust=False)
    fast, slow = close.ewm_mean(span=12, adjust=False), close.ewm_mean(span=26, adjust=False)
    return [
        *(close.rolling_mean(window).alias(f"sma_{window}") for window in SMA),
        fast.alias("ema_12"),
        slow.alias("ema_26"),
        (100 * gain / (gain + loss)).alias("rsi_14"),
        (fast - slow).alias("macd"),
        (fast - slow).ewm_mean(span=9, adjust=False).alias("macd_signal"),
    ]


def by_polars_over(frame: pl.DataFrame) -> pl.DataFrame:
    """Window expressions."""
    return frame.lazy().with_columns([column.over("symbol") for column in polars_columns()]).collect()


def by_polars_groups(frame: pl.DataFrame) -> pl.DataFrame:
    """Lists by group, exploded: often the faster way."""
    lists = frame.lazy().group_by("symbol", maintain_order=True).agg([pl.col("close"), *polars_columns()])
    return lists.explode("close", *COLUMNS).collect()


def by_pandas(frame: pd.DataFrame) -> pd.DataFrame:
    """Grouped rolling and exponentially weighted means."""
    closes = frame.groupby("symbol", sort=False)["close"]
    columns = {f"sma_{w}": closes.rolling(w).mean().to_numpy() for w in SMA}
    for window in (12, 26):
        columns[f"ema_{window}"] = closes.ewm(span=window, adjust=False).mean().to_numpy()
    change = closes.diff()
    gain = change.clip(lower=0).groupby(frame["symbol"], sort=False).ewm(alpha=1 / 14, adjust=False).mean().to_numpy()
    loss = (
        (-change).clip(lower=0).groupby(frame["symbol"], sort=False).ewm(alpha=1 / 14, adjust=False).mean().to_numpy()
    )
    columns["rsi_14"] = 100 * gain / (gain + loss)
    line = pd.Series(columns["ema_12"] - columns["ema_26"], index=frame.index)
    columns["macd"] = line.to_numpy()
    columns["macd_signal"] = line.groupby(frame["symbol"], sort=False).ewm(span=9, adjust=False).mean().to_numpy()
    return frame.assign(**columns)


def largest_difference(ours: Floats, theirs: Floats) -> float:
    """Largest difference of the last rows, relative to the size of the prices (of 100 for the RSI)."""
    last = slice(BARS - 1, None, BARS)
    scale = np.abs(theirs[0, last])
    scales = [100.0 if name == "rsi_14" else scale for name in COLUMNS]
    return max(
        float(np.max(np.abs(mine[last] - other[last]) / scale))
        for mine, other, scale in zip(ours, theirs, scales, strict=True)
    )
