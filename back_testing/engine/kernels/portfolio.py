"""Trading several instruments with one capital, bar by bar."""

# ruff: noqa: PLR0917, C901, FBT003 - compiled functions take arrays by position and branch where they stand

from typing import NamedTuple

import numpy as np
from numba import types

from algo_trading.domain.bars import Floats
from algo_trading.indicators.compiling import INTEGERS, OUT_SERIES, OUT_TABLE, compiled, inlined
from algo_trading.strategies.base import Flags
from back_testing.engine.kernels.account import (
    ACCOUNT_FIELDS,
    AT_POSITION_LIMIT,
    CASH,
    END_OF_DATA,
    ENTRY_BAR,
    HELD,
    OPEN,
    PENDING,
    POSITION_FIELDS,
    REFUSED,
    RUIN,
    TRADES,
    at_position_limit,
    close_for_target,
    decide,
    exit_position,
    open_to_target,
    record,
    stop_within,
)
from back_testing.engine.kernels.fully_invested import Integers
from back_testing.engine.kernels.params import Orders, Params, Prices
from back_testing.engine.kernels.signatures import ORDERS, PARAMS, PRICE_TABLES

_COUNTS = types.UniTuple(types.int64, 3)


class Book(NamedTuple):
    """Positions, account and trades, with the columns of `account`, and the newest price of each instrument."""

    positions: Floats
    account: Floats
    trades: Floats
    marks: Floats


@inlined
def mark_to_market(account: Floats, positions: Floats, marks: Floats) -> tuple[float, float]:
    """Equity at these prices, and the part of it that is not bound in positions."""
    equity, bound = account[CASH], 0.0
    for k in range(len(marks)):
        if positions[k, HELD] != 0.0:
            equity += positions[k, HELD] * marks[k]
            bound += abs(positions[k, HELD]) * marks[k]
    return equity, equity - bound


@inlined
def decide_all(
    params: Params, positions: Floats, account: Floats, bar: int, priority: Integers, orders: Orders
) -> None:
    """Take over the decisions of a bar's close in the order of `priority`, but no entry beyond the position limit.

    An exit makes room when it is filled, not before.
    """
    entries, exits, sizes, max_shares = orders
    for k in priority:
        entry, exiting = entries[k, bar], exits[k, bar]
        if (entry or exiting) and at_position_limit(params, positions, k, exiting, sizes[k, bar], max_shares[k, bar]):
            account[AT_POSITION_LIMIT] += 1.0
        else:
            decide(params, positions[k], entry, exiting, sizes[k, bar], max_shares[k, bar])


@inlined
def fill_all(
    params: Params, book: Book, bar: int, prices: Floats, tradable: Flags, priority: Integers, may_enter: bool
) -> None:
    """Fill what is pending at these prices: first exits, which pay for entries; then entries, by `priority`."""
    positions, account, trades, marks = book
    for k in priority:
        if tradable[k, bar] and positions[k, PENDING] != 0.0:
            close_for_target(params, positions[k], account, trades, k, bar, prices[k, bar])
    for k in priority:
        if may_enter and tradable[k, bar] and positions[k, PENDING] != 0.0:
            equity, free = mark_to_market(account, positions, marks)
            open_to_target(params, positions[k], account, bar, prices[k, bar], equity, free)
            if positions[k, HELD] != 0.0 and positions[k, ENTRY_BAR] == bar:
                marks[k] = prices[k, bar]


@compiled(_COUNTS(PARAMS, PRICE_TABLES, ORDERS, INTEGERS, OUT_SERIES, *(OUT_TABLE,) * 3))
def simulate_portfolio(
    params: Params,
    prices: Prices,
    orders: Orders,
    priority: Integers,
    equity: Floats,
    held: Floats,
    values: Floats,
    trades: Floats,
) -> tuple[int, int, int]:
    """Trade several instruments with one capital; tables have a row for each of them and a column for each time.

    Where an instrument has no bar its prices are NaN and it is not tradable; a position is worth its last close. `held`
    are shares and `values` their worth, both at each close. Otherwise as `simulate`, to which it comes down for one
    instrument. What is open after the last bar is closed at the last close of its instrument, and that bar is noted.
    An entry's fraction is of the equity at the last closes before the fill, once this moment's positions
    are closed. `priority` are the numbers of the instruments in the order in which they decide and are filled. Returns
    the numbers of trades, of entries that could not be afforded, and of those that were at the position limit.
    """
    opens, highs, lows, closes, tradable = prices
    symbols, n = closes.shape
    positions, account, marks = np.zeros((symbols, POSITION_FIELDS)), np.zeros(ACCOUNT_FIELDS), np.zeros(symbols)
    newest = np.zeros(symbols, np.int64)  # bar of each instrument
    account[CASH] = params.cash
    book = Book(positions, account, trades, marks)
    at_close, keep_open = params.at_close != 0.0, params.keep_open != 0.0
    for i in range(n):
        if not at_close:
            fill_all(params, book, i, opens, tradable, priority, True)
        for k in range(symbols):
            position = positions[k]
            if tradable[k, i] and position[HELD] != 0.0:
                price, reason = stop_within(params, position, opens[k, i], highs[k, i], lows[k, i])
                if reason >= 0:
                    exit_position(params, position, account, trades, k, i, price, reason)
            if not np.isnan(closes[k, i]):
                marks[k], newest[k] = closes[k, i], i
        decide_all(params, positions, account, i, priority, orders)
        if at_close:
            fill_all(params, book, i, closes, tradable, priority, keep_open or i < n - 1)
        over = i == n - 1 and not keep_open
        ruined = mark_to_market(account, positions, marks)[0] <= 0.0
        for k in range(symbols):
            if positions[k, HELD] != 0.0 and (over or ruined):
                bar, reason = (newest[k], END_OF_DATA) if over else (i, RUIN)
                exit_position(params, positions[k], account, trades, k, bar, marks[k], reason)
            held[k, i] = positions[k, HELD]
            values[k, i] = positions[k, HELD] * marks[k]
        equity[i] = mark_to_market(account, positions, marks)[0]
    for k in range(symbols):
        if n > 0 and positions[k, HELD] != 0.0:
            record(positions[k], account, trades, k, n - 1, marks[k], 0.0, 0.0, OPEN)
    return int(account[TRADES]), int(account[REFUSED]), int(account[AT_POSITION_LIMIT])
