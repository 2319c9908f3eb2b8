"""Trading one instrument bar by bar."""

# ruff: noqa: PLR0912, PLR0917, C901 - compiled functions take arrays by position and branch where they stand

import numpy as np
from numba import types

from algo_trading.domain.bars import Floats
from algo_trading.indicators.compiling import FLAG_TABLE, FLAGS, OUT_TABLE, SERIES, TABLE, compiled, inlined
from algo_trading.strategies.base import Flags
from back_testing.engine.kernels.account import (
    BEST,
    CASH,
    END_OF_DATA,
    ENTRY_PRICE,
    HELD,
    OPEN,
    POSITION_FIELDS,
    PURSE_FIELDS,
    REFUSED,
    RUIN,
    TRADES,
    WAITING,
    close_unwanted,
    decide,
    leave,
    open_wanted,
    record,
    stop_within,
)
from back_testing.engine.kernels.accumulators import sum_up
from back_testing.engine.kernels.flags import flagged, next_flag
from back_testing.engine.kernels.params import TERMS, Terms


@inlined
def quiet_until(
    terms: Terms,
    position: Floats,
    cash: float,
    highs: Floats,
    lows: Floats,
    closes: Floats,
    tradable: Flags,
    first: int,
    end: int,
) -> int:
    """The first bar of first..end on which the position may reach a stop or a target or ruin the account, else `end`.

    A trailing stop follows the bars before.
    """
    shares = position[HELD]
    side = 1.0 if shares > 0.0 else -1.0
    fixed = position[ENTRY_PRICE] * (1.0 - side * terms.stop_loss)
    target = position[ENTRY_PRICE] * (1.0 + side * terms.take_profit)
    if terms.trailing_stop == np.inf:
        lower, upper = min(fixed, target), max(fixed, target)
        for i in range(first, end):
            if lows[i] <= lower or highs[i] >= upper or cash + shares * closes[i] <= 0.0:
                return i
        return end
    best, stop = position[BEST], 0.0
    for i in range(first, end):
        stop = side * max(side * fixed, side * best * (1.0 - side * terms.trailing_stop))
        lower, upper = min(stop, target), max(stop, target)
        if lows[i] <= lower or highs[i] >= upper or cash + shares * closes[i] <= 0.0:
            position[BEST] = best
            return i
        if tradable[i]:
            best = max(best, highs[i]) if side > 0.0 else min(best, lows[i])
    position[BEST] = best
    return end


@inlined
def _simulate(
    terms: Terms,
    opens: Floats,
    highs: Floats,
    lows: Floats,
    closes: Floats,
    tradable: Flags,
    entries: Flags,
    exits: Flags,
    sizes: Floats,
    most: Floats,
    equity: Floats,
    held: Floats,
    trades: Floats,
) -> tuple[int, int, int]:
    """As `simulate`, on one row of decisions; returns the number of bars with a position too."""
    n, bars_held = len(closes), 0
    position, purse = np.zeros(POSITION_FIELDS), np.zeros(PURSE_FIELDS)
    purse[CASH] = terms.cash
    at_close, keep_open = terms.at_close != 0.0, terms.keep_open != 0.0
    marks = flagged(entries, exits)
    done = 0
    while done < n:
        i = done
        if position[WAITING] == 0.0:
            i = next_flag(marks, done, n - 1)
            if position[HELD] != 0.0:
                i = quiet_until(terms, position, purse[CASH], highs, lows, closes, tradable, done, i)
        # Until the bar i nothing changes but the price.
        cash, shares = purse[CASH], position[HELD]
        for k in range(done, i):
            equity[k] = cash + shares * closes[k]
        if tradable[i]:
            if position[WAITING] != 0.0 and not at_close:
                close_unwanted(terms, position, purse, trades, 0, i, opens[i])
                open_wanted(terms, position, purse, i, opens[i], purse[CASH], purse[CASH])
            if position[HELD] != 0.0:
                price, reason = stop_within(terms, position, opens[i], highs[i], lows[i])
                if reason >= 0:
                    leave(terms, position, purse, trades, 0, i, price, reason)
        if entries[i] or exits[i]:
            decide(terms, position, entries[i], exits[i], sizes[i], most[i] if len(most) > 0 else np.nan)
        if at_close and position[WAITING] != 0.0 and tradable[i]:
            close_unwanted(terms, position, purse, trades, 0, i, closes[i])
            if keep_open or i < n - 1:
                open_wanted(terms, position, purse, i, closes[i], purse[CASH], purse[CASH])
        if position[HELD] != 0.0:
            if i == n - 1 and not keep_open:
                leave(terms, position, purse, trades, 0, i, closes[i], END_OF_DATA)
            elif purse[CASH] + position[HELD] * closes[i] <= 0.0:
                leave(terms, position, purse, trades, 0, i, closes[i], RUIN)
        equity[i] = purse[CASH] + position[HELD] * closes[i]
        bars_held += (i - done) * int(shares != 0.0) + int(position[HELD] != 0.0)
        if len(held) > 0:
            held[0, done:i] = shares
            held[0, i] = position[HELD]
        done = i + 1
    if n > 0 and position[HELD] != 0.0:
        record(position, purse, trades, 0, n - 1, closes[n - 1], 0.0, 0.0, OPEN)
    return int(purse[TRADES]), int(purse[REFUSED]), bars_held


_COUNTS = types.UniTuple(types.int64, 2)


@compiled(_COUNTS(TERMS, *(SERIES,) * 4, FLAGS, *(FLAG_TABLE,) * 2, *(TABLE,) * 2, *(OUT_TABLE,) * 4))
def simulate(
    terms: Terms,
    opens: Floats,
    highs: Floats,
    lows: Floats,
    closes: Floats,
    tradable: Flags,
    entries: Flags,
    exits: Flags,
    sizes: Floats,
    most: Floats,
    equity: Floats,
    held: Floats,
    trades: Floats,
    sums: Floats,
) -> tuple[int, int]:
    """Trade one instrument, on each row of decisions by itself.

    Fills `equity` and `held` (shares) at each close, `trades`, with a row for each, and a row of `sums` for each row of
    decisions. `held` or `sums` have no rows where they are not asked for, `most` (shares of an entry) no columns where
    they are not bounded. `trades` must have room for a row for every entry and exit. `equity`, `held`, `trades` and the
    returned numbers of trades and of refused entries are those of the last row of decisions.

    The order within a bar: what was decided before is filled at the open, then stops, then the decision at the close,
    which `at_close` fills there.
    """
    count, refused = 0, 0
    for k in range(len(entries)):
        count, refused, bars_held = _simulate(
            terms,
            opens,
            highs,
            lows,
            closes,
            tradable,
            entries[k],
            exits[k],
            sizes[k],
            most[k],
            equity[0],
            held,
            trades,
        )
        if len(sums) > 0:
            sum_up(terms.cash, equity[0], bars_held, trades, count, sums[k])
    return count, refused
