"""Sums over one backtest, without keeping its equity: what the statistics of a sweep are made from.

All in one module, because numba's cache sees only changes of the file that a kernel is in.
"""

# ruff: noqa: PLR0917, PLR0912, C901 - compiled functions take arrays by position and branch where they stand

from typing import Any

import numpy as np
from numba import types
from numpy.typing import NDArray

from algo_trading.domain.bars import Floats
from back_testing.kernels.compiling import INTEGERS, OUT_SERIES, OUT_TABLE, SERIES, TABLE, compiled, inlined

Integers = NDArray[np.int64]

TILE = 4096  # bars whose codes stay in the first-level cache

# A row of sums: GROWTH is the final equity over the cash at the start; returns are those of the bars; WON and LOST are
# the gross profit and loss of the closed trades over the cash at the start.
GROWTH, RETURNS, SQUARES, LOSSES_SQUARED, DRAWDOWN, BARS_HELD, TRADES, WINS, WON, LOST = range(10)
SUMS = 10

PNL, REASON = 6, 8  # columns of trading's trades
OPEN = 6  # trading's reason of a trade that is none yet

PREFIXES = 3  # columns of a table of prefix sums, which has a row for each bar


@inlined
def _count_trade(pnl: float, row: Floats) -> None:
    row[TRADES] += 1.0
    if pnl > 0.0:
        row[WINS] += 1.0
        row[WON] += pnl
    else:
        row[LOST] -= pnl


@compiled(types.void(types.float64, SERIES, SERIES, TABLE, types.int64, OUT_SERIES))
def sums_of(cash: float, equity: Floats, held: Floats, trades: Floats, count: int, row: Floats) -> None:
    """Sums over a backtest that `trading` ran."""
    row[:] = 0.0
    before, peak, lowest = cash, cash, 1.0
    for i in range(len(equity)):
        value = equity[i]
        change = value / before - 1.0 if before > 0.0 else 0.0
        row[RETURNS] += change
        row[SQUARES] += change * change
        if change < 0.0:
            row[LOSSES_SQUARED] += change * change
            lowest = min(lowest, value / peak)
        peak = max(peak, value)
        before = value
        if held[i] != 0.0:
            row[BARS_HELD] += 1.0
    row[GROWTH], row[DRAWDOWN] = before / cash, lowest - 1.0
    for k in range(count):
        if trades[k, REASON] != OPEN:
            _count_trade(trades[k, PNL] / cash, row)


@compiled(types.void(SERIES, OUT_TABLE))
def prefix_sums(closes: Floats, prefixes: Floats) -> None:
    """Sums of the returns of holding up to each bar, of their squares and of the squares of the losses among them."""
    total, squares, losses = 0.0, 0.0, 0.0
    for i in range(len(closes)):
        if i > 0:
            change = closes[i] / closes[i - 1] - 1.0
            square = change * change
            total += change
            squares += square
            losses += square if change < 0.0 else 0.0
        prefixes[i, 0], prefixes[i, 1], prefixes[i, 2] = total, squares, losses


@inlined
def _add_return(change: float, row: Floats) -> None:
    row[RETURNS] += change
    row[SQUARES] += change * change
    if change < 0.0:
        row[LOSSES_SQUARED] += change * change


@inlined
def _all_in(
    buy: float,
    sell: float,
    keep_open: bool,
    opens: Floats,
    closes: Floats,
    prefixes: Floats,
    events: Integers,
    row: Floats,
) -> None:
    """Sums over a backtest that buys with all there is, in fractions of shares, and has no stops.

    Between an entry and an exit the equity is the close times a constant, so a trade needs no cash and no shares, and
    its returns come from prefix sums; only the drawdown looks at each bar. `buy` and `sell` are a fill's price with its
    costs, over the open.
    """
    n = len(closes)
    row[:] = 0.0
    growth, peak, lowest = 1.0, 1.0, 1.0
    at = 0
    while True:
        while at < len(events) and events[at] & 1:
            at += 1
        if at == len(events):
            break
        first = (events[at] >> 1) + 1
        if first >= n:
            break
        while at < len(events) and not events[at] & 1:
            at += 1
        last = (events[at] >> 1) + 1 if at < len(events) else n  # the bar of the exit's fill
        over = last >= n
        if over:
            last = n - 1
        exit_price = (closes[last] if over else opens[last]) * (1.0 if over and keep_open else sell)
        scale = growth / (opens[first] * buy)  # of a close, for the equity
        high = peak / scale
        for close in closes[first:last]:
            high = close if close > high else high  # noqa: FURB136 - max() asks for NaN too
            if close < lowest * high:
                lowest = close / high
        row[BARS_HELD] += last - first
        peak = high * scale
        before = growth
        growth = scale * exit_price
        lowest = min(lowest, growth / peak)
        peak = max(peak, growth)
        if first == last:
            _add_return(exit_price / (opens[first] * buy) - 1.0, row)
        else:
            _add_return(closes[first] / (opens[first] * buy) - 1.0, row)
            _add_return(exit_price / closes[last - 1] - 1.0, row)
            row[RETURNS] += prefixes[last - 1, 0] - prefixes[first, 0]
            row[SQUARES] += prefixes[last - 1, 1] - prefixes[first, 1]
            row[LOSSES_SQUARED] += prefixes[last - 1, 2] - prefixes[first, 2]
        if over and keep_open:
            row[BARS_HELD] += 1.0
        else:
            _count_trade(growth - before, row)
        if over:
            break
    row[GROWTH], row[DRAWDOWN] = growth, lowest - 1.0


@compiled(types.void(types.float64, types.float64, types.boolean, SERIES, SERIES, TABLE, INTEGERS, OUT_SERIES))
def all_in(
    buy: float,
    sell: float,
    keep_open: bool,
    opens: Floats,
    closes: Floats,
    prefixes: Floats,
    events: Integers,
    row: Floats,
) -> None:
    """As `_all_in`, on what a strategy decided: `events` are 2 * bar for an entry and 2 * bar + 1 for an exit."""
    _all_in(buy, sell, keep_open, opens, closes, prefixes, events, row)


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


@compiled(
    types.void(
        *(types.float64, types.float64, types.boolean, types.float64, types.int64),
        *(SERIES, SERIES, TABLE, TABLE),
        *(INTEGERS, INTEGERS, INTEGERS, OUT_TABLE),
    )
)
def crossings(
    buy: float,
    sell: float,
    keep_open: bool,
    touch: float,
    start: int,
    opens: Floats,
    closes: Floats,
    prefixes: Floats,
    averages: Floats,
    fast: Integers,
    slow: Integers,
    trend: Integers,
    rows: Floats,
) -> None:
    """A row of sums for each pair of averages; `fast`, `slow` and `trend` are rows of `averages`, -1 for no trend.

    What is decided before the bar `start` is left out; `prefixes` begin there.
    """
    events = np.empty(len(closes), dtype=np.int64)
    codes = np.empty((2, TILE), dtype=np.uint8)
    for k in range(len(fast)):
        count = _crossings(averages[fast[k]], averages[slow[k]], touch, codes, events)
        kept = 0
        for event in events[:count]:
            bar = event >> 1
            if bar < start:
                continue
            if event & 1 or trend[k] < 0 or closes[bar] > averages[trend[k], bar]:
                events[kept] = event - 2 * start
                kept += 1
        _all_in(buy, sell, keep_open, opens[start:], closes[start:], prefixes, events[:kept], rows[k])
