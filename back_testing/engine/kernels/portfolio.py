"""Trading several instruments with one capital, bar by bar."""

# ruff: noqa: PLR0917, C901, FBT003 - compiled functions take arrays by position and branch where they stand

import numpy as np
from numba import types

from algo_trading.domain.bars import Floats
from algo_trading.indicators.compiling import FLAG_TABLE, INTEGERS, OUT_SERIES, OUT_TABLE, TABLE, compiled, inlined
from algo_trading.strategies.base import Flags
from back_testing.engine.kernels.account import (
    CASH,
    CROWDED,
    END_OF_DATA,
    ENTRY_BAR,
    HELD,
    OPEN,
    POSITION_FIELDS,
    PURSE_FIELDS,
    REFUSED,
    RUIN,
    TRADES,
    WAITING,
    close_unwanted,
    crowded,
    decide,
    leave,
    open_wanted,
    record,
    stop_within,
)
from back_testing.engine.kernels.fully_invested import Integers
from back_testing.engine.kernels.params import TERMS, Terms

_COUNTS = types.UniTuple(types.int64, 3)


@inlined
def worth(purse: Floats, positions: Floats, marks: Floats) -> tuple[float, float]:
    """Equity at these prices, and the part of it that is not bound in positions."""
    equity, bound = purse[CASH], 0.0
    for k in range(len(marks)):
        if positions[k, HELD] != 0.0:
            equity += positions[k, HELD] * marks[k]
            bound += abs(positions[k, HELD]) * marks[k]
    return equity, equity - bound


@inlined
def decide_all(
    terms: Terms,
    positions: Floats,
    purse: Floats,
    bar: int,
    turns: Integers,
    entries: Flags,
    exits: Flags,
    sizes: Floats,
    most: Floats,
) -> None:
    """Take over the decisions of a bar's close in the order of `turns`, but no entry for which there is no place.

    An exit leaves its place when it is filled, not before.
    """
    for k in turns:
        entry, leaving = entries[k, bar], exits[k, bar]
        if (entry or leaving) and crowded(terms, positions, k, leaving, sizes[k, bar], most[k, bar]):
            purse[CROWDED] += 1.0
        else:
            decide(terms, positions[k], entry, leaving, sizes[k, bar], most[k, bar])


@inlined
def fill_all(
    terms: Terms,
    positions: Floats,
    purse: Floats,
    trades: Floats,
    bar: int,
    prices: Floats,
    tradable: Flags,
    turns: Integers,
    marks: Floats,
    may_enter: bool,
) -> None:
    """Fill what waits at these prices: first what is sold, which pays for what is bought, in the order of `turns`."""
    for k in turns:
        if tradable[k, bar] and positions[k, WAITING] != 0.0:
            close_unwanted(terms, positions[k], purse, trades, k, bar, prices[k, bar])
    for k in turns:
        if may_enter and tradable[k, bar] and positions[k, WAITING] != 0.0:
            equity, free = worth(purse, positions, marks)
            open_wanted(terms, positions[k], purse, bar, prices[k, bar], equity, free)
            if positions[k, HELD] != 0.0 and positions[k, ENTRY_BAR] == bar:
                marks[k] = prices[k, bar]


@compiled(_COUNTS(TERMS, *(TABLE,) * 4, *(FLAG_TABLE,) * 3, *(TABLE,) * 2, INTEGERS, OUT_SERIES, *(OUT_TABLE,) * 3))
def simulate_portfolio(
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
    turns: Integers,
    equity: Floats,
    held: Floats,
    values: Floats,
    trades: Floats,
) -> tuple[int, int, int]:
    """Trade several instruments with one capital; tables have a row for each of them and a column for each time.

    Where an instrument has no bar its prices are NaN and it is not tradable; a position is worth its last close. `held`
    are shares and `values` their worth, both at each close. Otherwise as `simulate`, to which it comes down for one
    instrument. An entry's fraction is of the equity at the last closes before the fill, once this moment's positions
    are left. `turns` are the numbers of the instruments in the order in which they decide and are filled. Returns the
    numbers of trades, of entries that could not be afforded, and of those that found no place.
    """
    symbols, n = closes.shape
    positions, purse, marks = np.zeros((symbols, POSITION_FIELDS)), np.zeros(PURSE_FIELDS), np.zeros(symbols)
    purse[CASH] = terms.cash
    at_close, keep_open = terms.at_close != 0.0, terms.keep_open != 0.0
    for i in range(n):
        if not at_close:
            fill_all(terms, positions, purse, trades, i, opens, tradable, turns, marks, True)
        for k in range(symbols):
            position = positions[k]
            if tradable[k, i] and position[HELD] != 0.0:
                price, reason = stop_within(terms, position, opens[k, i], highs[k, i], lows[k, i])
                if reason >= 0:
                    leave(terms, position, purse, trades, k, i, price, reason)
            if not np.isnan(closes[k, i]):
                marks[k] = closes[k, i]
        decide_all(terms, positions, purse, i, turns, entries, exits, sizes, most)
        if at_close:
            fill_all(terms, positions, purse, trades, i, closes, tradable, turns, marks, keep_open or i < n - 1)
        over = i == n - 1 and not keep_open
        ruined = worth(purse, positions, marks)[0] <= 0.0
        for k in range(symbols):
            if positions[k, HELD] != 0.0 and (over or ruined):
                leave(terms, positions[k], purse, trades, k, i, marks[k], END_OF_DATA if over else RUIN)
            held[k, i] = positions[k, HELD]
            values[k, i] = positions[k, HELD] * marks[k]
        equity[i] = worth(purse, positions, marks)[0]
    for k in range(symbols):
        if n > 0 and positions[k, HELD] != 0.0:
            record(positions[k], purse, trades, k, n - 1, marks[k], 0.0, 0.0, OPEN)
    return int(purse[TRADES]), int(purse[REFUSED]), int(purse[CROWDED])
