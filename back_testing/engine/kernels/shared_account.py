"""Trading on one account with everything that it may have: several strategies, interest, borrow fees, volume, caps.

`portfolio` and `single` are the same loop without these, and faster; where none is asked for, all come to the same.
"""

# ruff: noqa: PLR0912, PLR0917, C901, FBT003 - compiled functions take arrays by position and branch where they stand

from typing import NamedTuple

import numpy as np
from numba import types

from algo_trading.domain.bars import Floats
from algo_trading.indicators.compiling import (
    OUT_INTEGERS,
    OUT_SERIES,
    OUT_TABLE,
    SERIES,
    TABLE,
    called,
    compiled,
    inlined,
)
from algo_trading.risk.exits import exit_too_old
from algo_trading.risk.exposure import exceeds
from algo_trading.strategies.base import Flags
from back_testing.engine.kernels.account import (
    ACCOUNT_FIELDS,
    CASH,
    END_OF_DATA,
    ENTRY_BAR,
    ENTRY_COMMISSION,
    ENTRY_SLIPPAGE,
    HELD,
    MAX_SHARES,
    OPEN,
    PENDING,
    POSITION_FIELDS,
    REFUSED,
    ROUNDING,
    RUIN,
    SIGNAL,
    TARGET_SIDE,
    TRADES,
    buys,
    counts_as_position,
    decide,
    exit_position,
    open_to_target,
    record,
    stop_within,
)
from back_testing.engine.kernels.accumulators import accumulate
from back_testing.engine.kernels.fully_invested import Integers
from back_testing.engine.kernels.params import FRACTION_OF_EQUITY, SHARES, Orders, Params, Prices
from back_testing.engine.kernels.portfolio import mark_to_market
from back_testing.engine.kernels.signatures import ORDERS, PARAMS, PRICE_TABLES

# A position besides: WORKING is 0, or 1 + the reason of an exit that volume has not let end yet; BUDGET is the money
# that a pending entry asks for.
WORKING, BUDGET = POSITION_FIELDS, POSITION_FIELDS + 1
FIELDS = POSITION_FIELDS + 2

# What is counted of each sleeve: entries that could buy nothing, came at the position limit, or were above a cap.
NOT_AFFORDED, AT_LIMIT, ABOVE_CAP = range(3)
COUNTED = 3


class Terms(NamedTuple):
    """What an account is under beside the params.

    Rates of one night, the part of a bar's volume that a fill may take, and caps as parts of the equity, infinite where
    there is no bound.
    """

    interest: float
    borrow: float
    participation: float
    max_instrument: float
    max_strategy: float
    max_exposure: float
    max_net: float


class Sleeves(NamedTuple):
    """Who trades what: the numbers of the instrument and of the strategy of each sleeve, and the order of sleeves.

    `max_positions` is the limit of each strategy, infinite for none.
    """

    instruments: Integers
    strategies: Integers
    priority: Integers
    max_positions: Floats


class Calendar(NamedTuple):
    """The `nights` before each bar, and the `volumes` (instruments, n), infinite where nothing limits a fill.

    `ends` (instruments, 3) are the bar before whose open an instrument ends (-1: never, n: after the last bar), what is
    paid for a share, and the number of the reason. `oldest` (instruments, n) is for each bar the one at whose open a
    position that was entered in it reaches the maximum age, infinite where it never does.
    """

    nights: Floats
    volumes: Floats
    ends: Floats
    oldest: Floats


class Book(NamedTuple):
    """Positions and newest prices of each sleeve, the account, and the trades."""

    positions: Floats
    account: Floats
    trades: Floats
    marks: Floats


TERMS = types.NamedUniTuple(types.float64, len(Terms._fields), Terms)
SLEEVES = types.NamedTuple((*(OUT_INTEGERS,) * 3, OUT_SERIES), Sleeves)
CALENDAR = types.NamedTuple((OUT_SERIES, *(OUT_TABLE,) * 3), Calendar)

_exceeds, _exit_too_old = inlined(exceeds), inlined(exit_too_old)


@called
def finance(book: Book, terms: Terms, nights: float) -> float:
    """Pay interest and borrow fees for some nights; fees belong to the costs of a position. Returns the interest."""
    positions, account, _, marks = book
    interest: float = account[CASH] * terms.interest * nights
    account[CASH] += interest
    for k in range(len(marks)):
        if positions[k, HELD] < 0.0:
            fee = -positions[k, HELD] * marks[k] * terms.borrow * nights
            account[CASH] -= fee
            positions[k, ENTRY_COMMISSION] += fee
    return interest


@called
def end_positions(book: Book, sleeves: Sleeves, ends: Floats, end: int, bar: int) -> None:
    """Close what is held of instruments that end at `end`, free of costs, and drop what was decided; `bar` is noted."""
    positions, account, trades, marks = book
    for k in range(len(marks)):
        at, position = sleeves.instruments[k], positions[k]
        if ends[at, 0] == end:
            position[PENDING] = position[WORKING] = 0.0
            if position[HELD] != 0.0:
                account[CASH] += position[HELD] * ends[at, 1]
                record(position, account, trades, k, bar, ends[at, 1], 0.0, 0.0, int(ends[at, 2]))
                position[HELD] = 0.0


@called
def reduce_position(
    params: Params, position: Floats, book: Book, k: int, bar: int, price: float, reason: int, most: float
) -> None:
    """Close a position, or as many of its shares as volume lets; the rest goes on at the next opens."""
    held, account, trades = position[HELD], book.account, book.trades
    if abs(held) <= most * ROUNDING:
        exit_position(params, position, account, trades, k, bar, price, reason)
        position[WORKING] = 0.0
        return
    part = np.floor(most * ROUNDING) if params.whole != 0.0 else most
    position[WORKING] = 1.0 + reason
    if part > 0.0:
        share = part / abs(held)
        commission, slippage = position[ENTRY_COMMISSION], position[ENTRY_SLIPPAGE]
        position[HELD] = part if held > 0.0 else -part
        position[ENTRY_COMMISSION], position[ENTRY_SLIPPAGE] = commission * share, slippage * share
        exit_position(params, position, account, trades, k, bar, price, reason)
        position[HELD] = held - part if held > 0.0 else held + part
        position[ENTRY_COMMISSION], position[ENTRY_SLIPPAGE] = commission * (1.0 - share), slippage * (1.0 - share)


@called
def at_strategy_limit(
    params: Params, sleeves: Sleeves, positions: Floats, k: int, exit_: bool, size: float, max_shares: float
) -> bool:
    """As `account.at_position_limit`, among the positions of the sleeve's strategy."""
    strategy = sleeves.strategies[k]
    most = sleeves.max_positions[strategy]
    if most == np.inf or (exit_ and params.long_short == 0.0):
        return False
    if not buys(params, size, max_shares) or counts_as_position(params, positions[k]):
        return False
    taken = 0
    for other in range(len(positions)):
        if sleeves.strategies[other] == strategy:
            taken += int(counts_as_position(params, positions[other]))
    at_limit: bool = taken >= most
    return at_limit


@called
def budget_of(params: Params, size: float, price: float, equity: float) -> float:
    """The money that an entry asks for, at the close that it is decided at."""
    amount = params.amount * size
    if params.kind == FRACTION_OF_EQUITY:
        return amount * equity
    return amount * price if params.kind == SHARES else amount


@called
def above_cap(terms: Terms, sleeves: Sleeves, book: Book, k: int, side: float, budget: float, equity: float) -> bool:
    """Whether an entry would bring more than a cap into its instrument, its strategy, or the whole account."""
    positions, marks = book.positions, book.marks
    held, waiting = np.zeros(4), np.zeros(4)
    for other in range(len(marks)):
        value = positions[other, HELD] * marks[other]
        asked = 0.0
        if other != k and positions[other, PENDING] != 0.0:
            asked = positions[other, TARGET_SIDE] * positions[other, BUDGET]
        if sleeves.instruments[other] == sleeves.instruments[k]:
            held[0] += abs(value)
            waiting[0] += abs(asked)
        if sleeves.strategies[other] == sleeves.strategies[k]:
            held[1] += abs(value)
            waiting[1] += abs(asked)
        held[2] += abs(value)
        waiting[2] += abs(asked)
        held[3] += value
        waiting[3] += asked
    bound = equity * ROUNDING
    above: bool = (
        _exceeds(held[0], waiting[0], budget, terms.max_instrument, bound)
        or _exceeds(held[1], waiting[1], budget, terms.max_strategy, bound)
        or _exceeds(held[2], waiting[2], budget, terms.max_exposure, bound)
        or _exceeds(held[3], waiting[3], side * budget, terms.max_net, bound)
    )
    return above


@called
def decide_sleeves(
    params: Params, terms: Terms, sleeves: Sleeves, book: Book, bar: int, orders: Orders, counts: Floats
) -> None:
    """Take over the decisions of a bar's close, but no entry beyond a limit or cap, and none while an exit goes on."""
    positions = book.positions
    entries, exits, sizes, max_shares = orders
    capped = min(terms.max_instrument, terms.max_strategy, terms.max_exposure, terms.max_net) < np.inf
    equity = mark_to_market(book.account, positions, book.marks)[0]
    for k in sleeves.priority:
        entry, exiting, size, most = entries[k, bar], exits[k, bar], sizes[k, bar], max_shares[k, bar]
        position = positions[k]
        if not (entry or exiting) or position[WORKING] != 0.0:
            continue
        if at_strategy_limit(params, sleeves, positions, k, exiting, size, most):
            counts[k, AT_LIMIT] += 1.0
            continue
        side = (-params.long_short) if exiting else 1.0
        budget = budget_of(params, size, book.marks[k], equity) if side * position[HELD] <= 0.0 else 0.0
        opens = side != 0.0 and budget > 0.0 and buys(params, size, most)
        if capped and opens and above_cap(terms, sleeves, book, k, side, budget, equity):
            counts[k, ABOVE_CAP] += 1.0
            if position[HELD] * side < 0.0:  # what it would leave on the other side is left all the same
                decide(params, position, entry, exiting, 0.0, most)
                position[TARGET_SIDE] = position[BUDGET] = 0.0
            continue
        decide(params, position, entry, exiting, size, most)
        position[BUDGET] = budget


@called
def fill_sleeves(
    params: Params,
    terms: Terms,
    sleeves: Sleeves,
    book: Book,
    bar: int,
    prices: Floats,
    tradable: Flags,
    volumes: Floats,
    counts: Floats,
    may_enter: bool,
) -> None:
    """Fill what is pending at these prices: first exits, as far as volume lets; then entries, in order."""
    positions, account, _, marks = book
    for k in sleeves.priority:
        at, position = sleeves.instruments[k], positions[k]
        if tradable[at, bar] and position[HELD] != 0.0:
            most = terms.participation * volumes[at, bar]
            if position[WORKING] != 0.0:
                reduce_position(params, position, book, k, bar, prices[at, bar], int(position[WORKING]) - 1, most)
            elif position[PENDING] != 0.0 and position[HELD] * position[TARGET_SIDE] <= 0.0:
                reduce_position(params, position, book, k, bar, prices[at, bar], SIGNAL, most)
    for k in sleeves.priority:
        at, position = sleeves.instruments[k], positions[k]
        if may_enter and tradable[at, bar] and position[PENDING] != 0.0:
            if position[WORKING] != 0.0:  # nothing is opened before the other side is closed
                counts[k, NOT_AFFORDED] += abs(position[TARGET_SIDE])
                position[PENDING] = 0.0
                continue
            if terms.participation < np.inf:
                most = terms.participation * volumes[at, bar]
                position[MAX_SHARES] = most if np.isnan(position[MAX_SHARES]) else min(position[MAX_SHARES], most)
            equity, free = mark_to_market(account, positions, marks)
            before = account[REFUSED]
            open_to_target(params, position, account, bar, prices[at, bar], equity, free)
            counts[k, NOT_AFFORDED] += account[REFUSED] - before
            if position[HELD] != 0.0 and position[ENTRY_BAR] == bar:
                marks[k] = prices[at, bar]


@compiled(
    types.Tuple((types.int64, types.float64))(
        PARAMS, TERMS, SLEEVES, CALENDAR, PRICE_TABLES, ORDERS, OUT_SERIES, *(OUT_TABLE,) * 4
    )
)
def simulate_shared(
    params: Params,
    terms: Terms,
    sleeves: Sleeves,
    calendar: Calendar,
    prices: Prices,
    orders: Orders,
    equity: Floats,
    held: Floats,
    values: Floats,
    trades: Floats,
    counts: Floats,
) -> tuple[int, float]:
    """Trade several strategies on several instruments with one capital: a sleeve for each pair of them.

    Tables of prices have a row for each instrument; those of orders, `held`, `values` and `counts` one for each sleeve,
    which is what a row of `trades` names as its instrument. Otherwise as `simulate_portfolio`, to which it comes down
    for one strategy without terms. Returns the number of trades and the interest that was paid.

    The order within a bar: the nights before it are paid; what ends is closed; what was decided before is filled at the
    open; then stops and ages; then decisions at the close. What is open after the last bar is closed at the last close
    of its instrument, and that bar is noted. An exit that volume has cut goes on at each open, and nothing else happens
    to its position meanwhile; an entry ends with what the volume of its bar lets.
    """
    opens, highs, lows, closes, tradable = prices
    n, size = closes.shape[1], len(sleeves.instruments)
    positions, account, marks = np.zeros((size, FIELDS)), np.zeros(ACCOUNT_FIELDS), np.zeros(size)
    newest = np.zeros(size, np.int64)  # bar of each instrument
    account[CASH] = params.cash
    counts[:] = 0.0
    book = Book(positions, account, trades, marks)
    at_close, keep_open = params.at_close != 0.0, params.keep_open != 0.0
    interest = 0.0
    for i in range(n):
        if calendar.nights[i] > 0.0:
            interest += finance(book, terms, calendar.nights[i])
        end_positions(book, sleeves, calendar.ends, i, i)
        if not at_close:
            fill_sleeves(params, terms, sleeves, book, i, opens, tradable, calendar.volumes, counts, True)
        for k in range(size):
            at, position = sleeves.instruments[k], positions[k]
            if tradable[at, i] and position[HELD] != 0.0 and position[WORKING] == 0.0:
                price, reason = stop_within(params, position, opens[at, i], highs[at, i], lows[at, i])
                if i >= calendar.oldest[at, int(position[ENTRY_BAR])]:
                    price, reason = _exit_too_old(price, reason, opens[at, i])
                if reason >= 0:
                    most = terms.participation * calendar.volumes[at, i]
                    reduce_position(params, position, book, k, i, price, reason, most)
            if not np.isnan(closes[at, i]):
                marks[k], newest[k] = closes[at, i], i
        decide_sleeves(params, terms, sleeves, book, i, orders, counts)
        if at_close:
            may_enter = keep_open or i < n - 1
            fill_sleeves(params, terms, sleeves, book, i, closes, tradable, calendar.volumes, counts, may_enter)
        over = i == n - 1 and not keep_open
        if i == n - 1:
            end_positions(book, sleeves, calendar.ends, n, i)
        ruined = mark_to_market(account, positions, marks)[0] <= 0.0
        for k in range(size):
            if positions[k, HELD] != 0.0 and (over or ruined):
                bar, reason = (newest[k], END_OF_DATA) if over else (i, RUIN)
                exit_position(params, positions[k], account, trades, k, bar, marks[k], reason)
                positions[k, WORKING] = 0.0
            held[k, i] = positions[k, HELD]
            values[k, i] = positions[k, HELD] * marks[k]
        equity[i] = mark_to_market(account, positions, marks)[0]
    for k in range(size):
        if n > 0 and positions[k, HELD] != 0.0:
            record(positions[k], account, trades, k, n - 1, marks[k], 0.0, 0.0, OPEN)
    return int(account[TRADES]), interest


@compiled(types.void(types.float64, SERIES, types.int64, TABLE, types.int64, OUT_SERIES))
def accumulate_shared(  # compiled functions take arrays by position
    cash: float, equity: Floats, bars_held: int, trades: Floats, count: int, row: Floats
) -> None:
    """`accumulators.accumulate`, of a backtest on a shared account."""
    accumulate(cash, equity, bars_held, trades, count, row)
