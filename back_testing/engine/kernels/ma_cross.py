"""Crossings of two averages, found as the strategies' `decide` finds them, and traded on with all there is."""

# ruff: noqa: PLR0917 - compiled functions take arrays by position

import numpy as np
from numba import types
from numpy.typing import NDArray

from algo_trading.domain.bars import Floats
from algo_trading.indicators.compiling import (
    INTEGER_TABLE,
    INTEGERS,
    OUT_INTEGERS,
    OUT_TABLE,
    SERIES,
    TABLE,
    compiled,
    inlined,
)
from algo_trading.indicators.kernels import means, scratch_of
from back_testing.engine.kernels.accumulators import GROWTH
from back_testing.engine.kernels.fully_invested import Integers, trade_fully_invested
from back_testing.engine.kernels.params import FullyInvestedParams
from back_testing.engine.kernels.pointers import all_positive, series_at
from back_testing.engine.kernels.signatures import FULLY_INVESTED

TILE = 4096  # bars whose codes stay in the first-level cache

WINDOWS = types.UniTuple(types.int64, 3)  # fast, slow and trend, which is 0 where entries need no trend
Windows = tuple[int, int, int]
Bytes = NDArray[np.uint8]


@inlined
def add_crossings(
    fast: Floats, slow: Floats, touch: float, bar: int, before: int, codes: Bytes, events: Integers, count: int
) -> tuple[int, int]:
    """Write the crossings of two averages, whose first value is at `bar`, to `events` from `count` on.

    A bar's code says whether the fast average is above, below, and whether both are numbers. Codes are compared with
    the bar before, whose code is `before`, eight at a time: few differ. `codes` is scratch, two rows of as many bytes
    as the averages have, rounded up to eights. Returns the number of events and the last code.
    """
    rows = len(fast)
    code, changed = codes[0], codes[1]
    for i in range(rows):
        gap = fast[i] - slow[i]
        code[i] = (
            np.uint8(gap > touch * abs(slow[i])) * np.uint8(1)
            + np.uint8(-gap > touch * abs(fast[i])) * np.uint8(2)
            + np.uint8(not np.isnan(gap)) * np.uint8(4)
        )
    here, there = code[1:rows], code[: rows - 1]
    differs = changed[1:rows]
    for i in range(len(here)):
        differs[i] = here[i] ^ there[i]
    changed[0] = code[0] ^ np.uint8(before)
    eights = (rows + 7) // 8
    changed[rows : eights * 8] = 0
    words = changed.view(np.uint64)
    for word in range(eights):
        if words[word] == 0:
            continue
        for i in range(word * 8, word * 8 + 8):
            if changed[i] != 0:
                new, old = code[i], code[i] ^ changed[i]
                if old & 4 and new & 1 and not old & 1:
                    events[count] = (bar + i) * 2
                    count += 1
                elif old & 4 and new & 2 and not old & 2:
                    events[count] = (bar + i) * 2 + 1
                    count += 1
    return count, code[rows - 1]


@inlined
def keep(closes: Floats, trend: Floats, bar: int, start: int, events: Integers, kept: int, count: int) -> int:
    """Drop those of the events kept..count that are before the bar `start`, and entries not above the trend.

    The first value of `trend` is at `bar`; it has length 0 where entries need no trend. Returns how many are left,
    those before `kept` included.
    """
    for event in events[kept:count]:
        at = event >> 1
        if at >= start and (event & 1 or len(trend) == 0 or closes[at] > trend[at - bar]):
            events[kept] = event
            kept += 1
    return kept


@inlined
def find_crossings(
    touch: float,
    windows: Windows,
    closes: Floats,
    start: int,
    high: int,
    averages: Floats,
    scratch: Floats,
    codes: Bytes,
    events: Integers,
) -> int:
    """Write the crossings of simple averages in the bars start..high as events; returns their number.

    The averages are made of a tile of bars at a time, and are still in the cache when they are compared: `averages`
    are three rows for them, `scratch` is that of `scratch_of` and `codes` that of `add_crossings`.
    """
    count, code, tile = 0, 0, averages.shape[1]
    for bar in range(max(start - 1, 0), high, tile):  # a crossing shows against the bar before
        end = min(bar + tile, high)
        means(closes, bar, end, windows, averages, 0, scratch)
        fast, slow, trend = averages[0, : end - bar], averages[1, : end - bar], averages[2, : end - bar]
        found, code = add_crossings(fast, slow, touch, bar, code, codes, events, count)
        count = keep(closes, trend if windows[2] > 0 else trend[:0], bar, start, events, count, found)
    return count


@compiled(types.int64(types.float64, WINDOWS, SERIES, types.int64, types.int64, OUT_INTEGERS))
def crossing_events(touch: float, windows: Windows, closes: Floats, start: int, high: int, events: Integers) -> int:
    """As `find_crossings`."""
    closes = series_at(closes.ctypes.data, len(closes))  # as in `crossings_of_each`, so that it is compiled once
    scratch = scratch_of(windows)
    tile = (scratch.shape[1] - max(windows)) // 8 * 8
    averages, codes = np.empty((3, tile)), np.empty((2, tile), dtype=np.uint8)
    count: int = find_crossings(touch, windows, closes, start, high, averages, scratch, codes, events)
    return count


@compiled(types.void(FULLY_INVESTED, types.float64, WINDOWS, INTEGER_TABLE, INTEGERS, INTEGERS, OUT_TABLE))
def crossings_of_each(
    params: FullyInvestedParams,
    touch: float,
    windows: Windows,
    addresses: Integers,
    lengths: Integers,
    starts: Integers,
    rows: Floats,
) -> None:
    """The accumulators of trading crossings of simple averages: one setting, many series, from the bar starts[k] on.

    `addresses` are those of opens, closes and volumes. A row's GROWTH is NaN, and nothing else is there, where an open
    or close is no price, or a volume is 0, so that the bar cannot be traded at.
    """
    scratch = scratch_of(windows)
    tile = (scratch.shape[1] - max(windows)) // 8 * 8
    averages, codes = np.empty((3, tile)), np.empty((2, tile), dtype=np.uint8)
    events = np.empty(max(lengths), dtype=np.int64)
    for k in range(len(lengths)):
        good = True
        for column in range(3):
            good &= all_positive(addresses[k, column], lengths[k])
        if not good:
            rows[k, GROWTH] = np.nan
            continue
        opens, closes = series_at(addresses[k, 0], lengths[k]), series_at(addresses[k, 1], lengths[k])
        count = find_crossings(touch, windows, closes, starts[k], len(closes), averages, scratch, codes, events)
        trade_fully_invested(params, opens, closes, events[:count], rows[k])


@inlined
def compare(
    touch: float,
    closes: Floats,
    fast: Floats,
    slow: Floats,
    trend: Floats,
    start: int,
    high: int,
    codes: Bytes,
    events: Integers,
) -> int:
    """As `find_crossings`, of averages that are there already; `codes` are two rows of TILE bytes."""
    count, code = 0, 0
    for bar in range(max(start - 1, 0), high, TILE):
        end = min(bar + TILE, high)
        count, code = add_crossings(fast[bar:end], slow[bar:end], touch, bar, code, codes, events, count)
    kept: int = keep(closes, trend, 0, start, events, 0, count)
    return kept


@compiled(types.int64(types.float64, SERIES, SERIES, SERIES, SERIES, types.int64, types.int64, OUT_INTEGERS))
def table_events(
    touch: float,
    closes: Floats,
    fast: Floats,
    slow: Floats,
    trend: Floats,
    start: int,
    high: int,
    events: Integers,
) -> int:
    """As `compare`."""
    codes = np.empty((2, TILE), dtype=np.uint8)
    count: int = compare(touch, closes, fast, slow, trend, start, high, codes, events)
    return count


@compiled(types.void(FULLY_INVESTED, types.float64, types.int64, SERIES, SERIES, TABLE, INTEGER_TABLE, OUT_TABLE))
def crossings(
    params: FullyInvestedParams,
    touch: float,
    start: int,
    opens: Floats,
    closes: Floats,
    averages: Floats,
    windows: Integers,
    rows: Floats,
) -> None:
    """The accumulators of trading crossings from the bar `start` on, a row for each row of `windows`.

    `windows` (settings, 3) are the rows of `averages` that are fast, slow and trend, -1 where entries need no trend.
    """
    events, codes = np.empty(len(closes), dtype=np.int64), np.empty((2, TILE), dtype=np.uint8)
    for k in range(len(windows)):
        fast, slow, trend = windows[k, 0], windows[k, 1], windows[k, 2]
        filter_ = averages[trend] if trend >= 0 else averages[0][:0]
        count = compare(touch, closes, averages[fast], averages[slow], filter_, start, len(closes), codes, events)
        trade_fully_invested(params, opens, closes, events[:count], rows[k])
