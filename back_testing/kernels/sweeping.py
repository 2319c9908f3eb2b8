"""Sums over one backtest, without keeping its equity: what the statistics of a sweep are made from.

All in one module, because numba's cache sees only changes of the file that a kernel is in.
"""

# ruff: noqa: PLR0917 - compiled functions take arrays by position and branch where they stand

from typing import Any

import numpy as np
from numba import types
from numpy.typing import NDArray

from algo_trading.domain.bars import Floats
from algo_trading.indicators.compiling import (
    FLAG_TABLE,
    INTEGERS,
    OUT_INTEGERS,
    OUT_SERIES,
    OUT_TABLE,
    SERIES,
    TABLE,
    compiled,
    inlined,
)
from algo_trading.strategies.base import Flags
from back_testing.kernels.flags import flagged, next_flag
from back_testing.kernels.sums import (
    BARS_HELD,
    DRAWDOWN,
    GROWTH,
    LOSSES_SQUARED,
    LOST,
    RETURNS,
    SQUARES,
    TRADES,
    WINS,
    WON,
)

Integers = NDArray[np.int64]

TILE = 4096  # bars whose codes stay in the first-level cache


@inlined
def _all_in(
    buy: float, sell: float, keep_open: bool, opens: Floats, closes: Floats, events: Integers, row: Floats
) -> None:
    """Sums over a backtest that buys with all there is, in fractions of shares, and has no stops.

    Between an entry and an exit the equity is the close times a constant, so a trade needs no cash and no shares, and
    the bars between trades are not looked at. `buy` and `sell` are a fill's price with its costs, over the open.
    """
    n, growth, peak, lowest = len(closes), 1.0, 1.0, 1.0
    total, squares, losses, bars_held = 0.0, 0.0, 0.0, 0
    trades, wins, won, lost = 0, 0, 0.0, 0.0
    at, over = 0, False
    while not over:
        while at < len(events) and events[at] & 1:
            at += 1
        if at == len(events) or (events[at] >> 1) + 1 >= n:
            break
        first = (events[at] >> 1) + 1  # the bars of the fills
        while at < len(events) and not events[at] & 1:
            at += 1
        last = (events[at] >> 1) + 1 if at < len(events) else n
        over = last >= n
        if over:
            last = n - 1
        exit_price = (closes[last] if over else opens[last]) * (1.0 if over and keep_open else sell)
        before = opens[first] * buy
        scale = growth / before  # of a close, for the equity
        high = peak / scale
        for close in closes[first:last]:
            high = max(close, high)
            if close < lowest * high:
                lowest = close / high
            change = close / before - 1.0
            square = change * change
            total += change
            squares += square
            losses += square if change < 0.0 else 0.0
            before = close
        change = exit_price / before - 1.0
        total += change
        squares += change * change
        losses += change * change if change < 0.0 else 0.0
        entered = growth
        growth = scale * exit_price
        peak = max(high * scale, growth)
        lowest = min(lowest, growth / peak)
        bars_held += last - first
        if over and keep_open:
            bars_held += 1
        else:
            trades += 1
            wins += growth > entered
            won += max(growth - entered, 0.0)
            lost += max(entered - growth, 0.0)
    row[GROWTH], row[RETURNS], row[SQUARES], row[LOSSES_SQUARED] = growth, total, squares, losses
    row[DRAWDOWN], row[BARS_HELD] = lowest - 1.0, bars_held
    row[TRADES], row[WINS], row[WON], row[LOST] = trades, wins, won, lost


@compiled(types.void(types.float64, types.float64, types.boolean, SERIES, SERIES, INTEGERS, OUT_SERIES))
def all_in(
    buy: float,
    sell: float,
    keep_open: bool,
    opens: Floats,
    closes: Floats,
    events: Integers,
    row: Floats,
) -> None:
    """As `_all_in`; `events` are 2 * bar for an entry and 2 * bar + 1 for an exit."""
    _all_in(buy, sell, keep_open, opens, closes, events, row)


@compiled(
    types.boolean(types.float64, types.float64, types.boolean, *(SERIES,) * 2, *(FLAG_TABLE,) * 2, TABLE, OUT_TABLE)
)
def all_in_each(
    buy: float,
    sell: float,
    keep_open: bool,
    opens: Floats,
    closes: Floats,
    entries: Flags,
    exits: Flags,
    sizes: Floats,
    rows: Floats,
) -> bool:
    """As `_all_in`, for each row of decisions; False if one of them is not of the size 1, so that not all goes in."""
    n = len(closes)
    events = np.empty(n, dtype=np.int64)
    for k in range(len(rows)):
        marks, count = flagged(entries[k], exits[k]), 0
        i = next_flag(marks, 0, n)
        while i < n:
            if sizes[k, i] != 1.0:
                return False
            events[count] = 2 * i + int(exits[k, i])
            count += 1
            i = next_flag(marks, i + 1, n)
        _all_in(buy, sell, keep_open, opens, closes, events[:count], rows[k])
    return True


@inlined
def _crossings(fast: Floats, slow: Floats, touch: float, codes: Any, events: Integers) -> int:  # noqa: ANN401 - bytes
    """Write the crossings of two averages as events, in the way of strategies.crosses; returns their number.

    A bar's code says whether the fast average is above, below, and whether both are numbers. Codes are compared with
    the bar before eight at a time: few differ. `codes` is scratch of two rows of TILE bytes.
    """
    count, before = 0, 0
    for low in range(0, len(fast), TILE):
        rows = min(TILE, len(fast) - low)
        left, right = fast[low : low + rows], slow[low : low + rows]
        code, changed = codes[0], codes[1]
        for i in range(rows):
            gap = left[i] - right[i]
            code[i] = (
                np.uint8(gap > touch * abs(right[i])) * np.uint8(1)
                + np.uint8(-gap > touch * abs(left[i])) * np.uint8(2)
                + np.uint8(not np.isnan(gap)) * np.uint8(4)
            )
        here, there = code[1:rows], code[: rows - 1]
        differs = changed[1:rows]
        for i in range(len(here)):
            differs[i] = here[i] ^ there[i]
        changed[0] = code[0] ^ before
        changed[rows:] = 0
        eights = changed.view(np.uint64)
        for word in range((rows + 7) // 8):
            if eights[word] == 0:
                continue
            for i in range(word * 8, word * 8 + 8):
                if changed[i] != 0:
                    new, old = code[i], code[i] ^ changed[i]
                    if old & 4 and new & 1 and not old & 1:
                        events[count] = (low + i) * 2
                        count += 1
                    elif old & 4 and new & 2 and not old & 2:
                        events[count] = (low + i) * 2 + 1
                        count += 1
        before = code[rows - 1]
    return count


@inlined
def _kept(closes: Floats, trend: Floats, start: int, low: int, found: Integers, events: Integers) -> int:
    """Move the crossings from the bar `start` on to `events`, counted from there; entries only above the trend.

    `found` counts its bars from `low`. Both may be the same array.
    """
    kept = 0
    for event in found:
        bar = (event >> 1) + low
        if bar >= start and (event & 1 or len(trend) == 0 or closes[bar] > trend[bar]):
            events[kept] = 2 * (bar - start) + (event & 1)
            kept += 1
    return kept


@compiled(types.int64(types.float64, SERIES, SERIES, SERIES, SERIES, *(types.int64,) * 3, OUT_INTEGERS))
def crossing_events(
    touch: float,
    closes: Floats,
    fast: Floats,
    slow: Floats,
    trend: Floats,
    start: int,
    low: int,
    high: int,
    events: Integers,
) -> int:
    """Write the crossings of the bars low..high as events for `all_in`; returns their number.

    Entries count only above the average `trend` (of length 0 for none), and nothing before the bar `start`, which is 0
    in the events.
    """
    codes = np.empty((2, TILE), dtype=np.uint8)
    lead = max(low - 1, 0)  # a crossing shows against the bar before
    count = _crossings(fast[lead:high], slow[lead:high], touch, codes, events)
    kept: int = _kept(closes, trend, start, lead, events[:count], events)
    return kept


_TERMS = (types.float64, types.float64, types.boolean, types.float64)


@compiled(types.void(*_TERMS, types.int64, SERIES, SERIES, TABLE, INTEGERS, INTEGERS, INTEGERS, OUT_TABLE))
def crossings(
    buy: float,
    sell: float,
    keep_open: bool,
    touch: float,
    start: int,
    opens: Floats,
    closes: Floats,
    averages: Floats,
    fast: Integers,
    slow: Integers,
    trend: Integers,
    rows: Floats,
) -> None:
    """The sums over trading crossings from the bar `start` on, for each triple of rows of `averages`.

    A trend's row is -1 where entries need no trend.
    """
    events, codes = np.empty(len(closes), dtype=np.int64), np.empty((2, TILE), dtype=np.uint8)
    for k in range(len(fast)):
        filter_ = averages[trend[k]] if trend[k] >= 0 else averages[0][:0]
        count = _crossings(averages[fast[k]], averages[slow[k]], touch, codes, events)
        count = _kept(closes, filter_, start, 0, events[:count], events)
        _all_in(buy, sell, keep_open, opens[start:], closes[start:], events[:count], rows[k])


@compiled(
    types.int64(
        *_TERMS, *(SERIES,) * 2, *(OUT_SERIES,) * 3, types.UniTuple(types.int64, 3), INTEGERS, INTEGERS, OUT_TABLE
    )
)
def crossings_of_each(
    buy: float,
    sell: float,
    keep_open: bool,
    touch: float,
    opens: Floats,
    closes: Floats,
    fast: Floats,
    slow: Floats,
    trend: Floats,
    windows: tuple[int, int, int],
    edges: Integers,
    starts: Integers,
    rows: Floats,
) -> int:
    """As `crossings`, for one setting and many series that stand one after the other between `edges`.

    The averages were made over all of them at once: their first values in each series, which reach into the one before,
    are made NaN here. Returns the first series with an open or close that is no price, which ends it, or -1.
    """
    events, codes = np.empty(len(closes), dtype=np.int64), np.empty((2, TILE), dtype=np.uint8)
    for k in range(len(starts)):
        low, high = edges[k], edges[k + 1]
        own_opens, own_closes = opens[low:high], closes[low:high]
        good = True
        for i in range(high - low):
            good &= (own_opens[i] > 0.0) & (own_opens[i] < np.inf) & (own_closes[i] > 0.0) & (own_closes[i] < np.inf)
        if not good:
            return k
        fast[low : min(low + windows[0] - 1, high)] = np.nan
        slow[low : min(low + windows[1] - 1, high)] = np.nan
        filter_ = trend[low:high] if windows[2] > 0 else trend[:0]
        filter_[: windows[2] - 1] = np.nan
        count = _crossings(fast[low:high], slow[low:high], touch, codes, events)
        count = _kept(own_closes, filter_, starts[k], 0, events[:count], events)
        _all_in(buy, sell, keep_open, own_opens[starts[k] :], own_closes[starts[k] :], events[:count], rows[k])
    return -1
