"""Backtests that buy with all there is, in fractions of shares, and have no stops: no cash needs to be counted."""

import numpy as np
from numba import types
from numpy.typing import NDArray

from algo_trading.domain.bars import Floats
from algo_trading.indicators.compiling import INTEGERS, OUT_SERIES, OUT_TABLE, SERIES, compiled, inlined
from back_testing.engine.kernels.account import BREAK_EVEN
from back_testing.engine.kernels.accumulators import (
    BARS_HELD,
    BOTTOM,
    DRAWDOWN,
    GROSS_LOSS,
    GROSS_PROFIT,
    GROWTH,
    LOSSES_SQUARED,
    PEAK,
    RETURNS,
    SQUARES,
    TRADES,
    WINS,
    deepest_drawdown,
)
from back_testing.engine.kernels.flags import flagged, next_flag
from back_testing.engine.kernels.params import FullyInvestedParams, Orders, Prices
from back_testing.engine.kernels.signatures import FULLY_INVESTED, ORDERS, PRICES

Integers = NDArray[np.int64]


@inlined
def next_event(events: Integers, at: int, exiting: int) -> int:
    """The first event from the one at `at` on that is an exit (1) or an entry (0); the number of events for none."""
    while at < len(events) and events[at] & 1 != exiting:
        at += 1
    return at


@inlined
def opens_after(events: Integers, opens: Floats) -> Floats:
    """The opens of the bars after the events; read in one go, so that the memory answers several at once."""
    fills = np.empty(len(events))
    for k in range(len(events)):
        fills[k] = opens[min((events[k] >> 1) + 1, len(opens) - 1)]
    return fills


@inlined
def trade_fully_invested(  # noqa: PLR0915 - one loop, without calls
    params: FullyInvestedParams, opens: Floats, closes: Floats, events: Integers, row: Floats
) -> None:
    """Fill `row` with the accumulators of one backtest.

    `events` are 2 * bar for an entry and 2 * bar + 1 for an exit, in ascending order. Between an entry and an exit the
    equity is the close times a constant, so a trade needs no cash and no shares, and the bars between trades are not
    looked at.
    """
    buy, sell, keep_open = params
    n, growth, peak, bottom, lowest = len(closes), 1.0, 1.0, 1.0, 1.0
    total, squares, losses, bars_held = 0.0, 0.0, 0.0, 0
    trades, wins, won, lost = 0, 0, 0.0, 0.0
    at, over = 0, False
    fills = opens_after(events, opens)
    while not over:
        at = int(next_event(events, at, 0))
        if at == len(events) or (events[at] >> 1) + 1 >= n:
            break
        first, paid = (events[at] >> 1) + 1, fills[at] * buy  # the bars of the fills
        before = paid
        at = int(next_event(events, at, 1))
        last = (events[at] >> 1) + 1 if at < len(events) else n
        over = last >= n
        if over:
            last = n - 1
        exit_price = (closes[last] if over else fills[at]) * (1.0 if over and keep_open else sell)
        scale = growth / before  # of a close, for the equity
        high = peak / scale
        low, top = np.inf, 0.0
        for close in closes[first:last]:
            low = min(close, low)
            top = max(close, top)
            change = close / before - 1.0
            square = change * change
            total += change
            squares += square
            losses += square if change < 0.0 else 0.0
            before = close
        if low < lowest * max(high, top):
            lowest = low / high if top <= high else deepest_drawdown(closes[first:last], high, lowest)
        high = max(high, top)
        change = exit_price / before - 1.0
        total += change
        squares += change * change
        losses += change * change if change < 0.0 else 0.0
        entered = growth
        growth = scale * exit_price
        peak, bottom = max(high * scale, growth), min(bottom, low * scale, growth)
        lowest = min(lowest, growth / peak)
        bars_held += last - first
        if over and keep_open:
            bars_held += 1
        else:
            trades += 1
            gain = growth - entered if abs(exit_price - paid) > BREAK_EVEN * paid else 0.0
            wins += gain > 0.0
            won += max(gain, 0.0)
            lost += max(-gain, 0.0)
    row[GROWTH], row[RETURNS], row[SQUARES], row[LOSSES_SQUARED] = growth, total, squares, losses
    row[DRAWDOWN], row[PEAK], row[BOTTOM], row[BARS_HELD] = lowest - 1.0, peak, bottom, bars_held
    row[TRADES], row[WINS], row[GROSS_PROFIT], row[GROSS_LOSS] = trades, wins, won, lost


@compiled(types.void(FULLY_INVESTED, SERIES, SERIES, INTEGERS, OUT_SERIES))
def fully_invested(params: FullyInvestedParams, opens: Floats, closes: Floats, events: Integers, row: Floats) -> None:
    """As `trade_fully_invested`."""
    trade_fully_invested(params, opens, closes, events, row)


@compiled(types.boolean(FULLY_INVESTED, PRICES, ORDERS, OUT_TABLE))
def fully_invested_each(params: FullyInvestedParams, prices: Prices, orders: Orders, rows: Floats) -> bool:
    """As `trade_fully_invested`, for each row of decisions; False if a size is not 1, so that not all goes in."""
    entries, exits, sizes, _ = orders
    n = len(prices.closes)
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
        trade_fully_invested(params, prices.opens, prices.closes, events[:count], rows[k])
    return True
