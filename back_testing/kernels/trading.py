"""Trading bar by bar: cash, shares, stops and commissions, of one instrument or of several with one capital.

All in one module, because numba's cache sees only changes of the file that a kernel is in.
"""

# ruff: noqa: PLR0912, PLR0917, C901, FBT003 - compiled functions take arrays by position and branch where they stand

from typing import NamedTuple

import numpy as np
from numba import types

from algo_trading.domain.bars import Floats
from algo_trading.indicators.compiling import (
    FLAG_TABLE,
    FLAGS,
    OUT_SERIES,
    OUT_TABLE,
    SERIES,
    TABLE,
    compiled,
    inlined,
)
from algo_trading.strategies.base import Flags
from back_testing.rules import Direction, FillAt, SizeKind, TradingRules

FRACTION_OF_EQUITY, MONEY, SHARES = range(3)
KINDS = {
    SizeKind.ALL: FRACTION_OF_EQUITY,
    SizeKind.FRACTION: FRACTION_OF_EQUITY,
    SizeKind.CASH: MONEY,
    SizeKind.SHARES: SHARES,
}


class Terms(NamedTuple):
    """TradingRules as numbers: flags are 0 or 1, and a stop that is not wanted is infinitely far away."""

    cash: float
    commission: float
    fixed: float
    slippage: float
    kind: float
    amount: float
    whole: float
    long_short: float
    at_close: float
    stop_loss: float
    take_profit: float
    trailing_stop: float
    keep_open: float


TERMS = types.NamedUniTuple(types.float64, len(Terms._fields), Terms)


def terms_of(rules: TradingRules, symbols: int = 1) -> Terms:
    """The rules for the kernels; `symbols` share the capital equally where the size is all of it."""
    return Terms(
        cash=float(rules.cash),
        commission=float(rules.costs.commission),
        fixed=float(rules.costs.commission_fixed),
        slippage=float(rules.costs.slippage),
        kind=float(KINDS[rules.size.kind]),
        amount=1.0 / symbols if rules.size.kind is SizeKind.ALL else float(rules.size.amount),
        whole=float(rules.whole_shares),
        long_short=float(rules.direction is Direction.LONG_SHORT),
        at_close=float(rules.fill is FillAt.CLOSE),
        stop_loss=_or_never(rules.stop_loss),
        take_profit=_or_never(rules.take_profit),
        trailing_stop=_or_never(rules.trailing_stop),
        keep_open=float(rules.keep_open),
    )


def _or_never(fraction: float | None) -> float:
    return np.inf if fraction is None else float(fraction)


# A position: HELD are shares, negative when short; BEST is the best price since the entry; WANTED is the side (1, 0,
# -1) that the newest decision asks for while it is WAITING to be filled, with the size that the strategy suggested.
HELD, ENTRY_PRICE, ENTRY_BAR, ENTRY_COMMISSION, ENTRY_SLIPPAGE, BEST, WAITING, WANTED, WANTED_SIZE = range(9)
POSITION_FIELDS = 9

CASH, TRADES, REFUSED = range(3)
PURSE_FIELDS = 3

# A row of a table of trades.
INSTRUMENT, FIRST_BAR, LAST_BAR, SIZE, BOUGHT_AT, SOLD_AT, PNL, COSTS, REASON = range(9)
TRADE_FIELDS = 9

# Why a trade ended, in the order of result.ExitReason.
SIGNAL, STOP_LOSS, TRAILING_STOP, TAKE_PROFIT, RUIN, END_OF_DATA, OPEN = range(7)

ROUNDING = 1.0 + 1e-12  # 29.999999999999996 shares are 30


@inlined
def decide(terms: Terms, position: Floats, entry: bool, leave: bool, size: float) -> None:
    """Take over the decision of a bar's close; it replaces one that still waits."""
    if leave or entry:
        position[WAITING] = 1.0
        position[WANTED] = (-1.0 if terms.long_short != 0.0 else 0.0) if leave else 1.0
        position[WANTED_SIZE] = size


@inlined
def shares_for(terms: Terms, size: float, price: float, equity: float, free: float) -> float:
    """Shares that an entry at `price` (slippage included) takes; 0 where it cannot be afforded.

    `size` is the strategy's own, `equity` what a fraction is taken of and `free` the money not bound in positions. A
    position takes its value, long or short: nothing is borrowed. Commissions are paid from the same money.
    """
    each = price * (1.0 + terms.commission)
    if terms.kind == SHARES:
        shares = terms.amount * size
    else:
        budget = terms.amount * size
        if terms.kind == FRACTION_OF_EQUITY:
            budget *= equity
        shares = (min(budget, free) - terms.fixed) / each
    if terms.whole != 0.0:
        shares = np.floor(shares * ROUNDING)
    if not shares > 0.0 or shares * each + terms.fixed > free * ROUNDING:
        return 0.0
    return shares


@inlined
def enter(terms: Terms, position: Floats, purse: Floats, bar: int, price: float, equity: float, free: float) -> None:
    """Open a position on the wanted side at `price`, before slippage."""
    side = position[WANTED]
    paid = price * (1.0 + side * terms.slippage)
    shares = shares_for(terms, position[WANTED_SIZE], paid, equity, free)
    if shares == 0.0:
        purse[REFUSED] += 1.0
        return
    commission = shares * paid * terms.commission + terms.fixed
    purse[CASH] -= side * shares * paid + commission
    position[HELD] = side * shares
    position[ENTRY_PRICE] = paid
    position[ENTRY_BAR] = bar
    position[ENTRY_COMMISSION] = commission
    position[ENTRY_SLIPPAGE] = shares * price * terms.slippage
    position[BEST] = paid


@inlined
def leave(
    terms: Terms, position: Floats, purse: Floats, trades: Floats, instrument: int, bar: int, price: float, reason: int
) -> None:
    """Close the position at `price`, before slippage, and write the trade down."""
    held = position[HELD]
    side = 1.0 if held > 0.0 else -1.0
    got = price * (1.0 - side * terms.slippage)
    commission = abs(held) * got * terms.commission + terms.fixed
    slipped = abs(held) * price * terms.slippage
    purse[CASH] += held * got - commission
    record(position, purse, trades, instrument, bar, got, commission, slipped, reason)
    position[HELD] = 0.0


@inlined
def record(
    position: Floats,
    purse: Floats,
    trades: Floats,
    instrument: int,
    bar: int,
    price: float,
    commission: float,
    slipped: float,
    reason: int,
) -> None:
    """Write a trade down that ends, or stands, at `price`."""
    row = trades[int(purse[TRADES])]
    paid = position[ENTRY_COMMISSION] + commission
    row[INSTRUMENT] = instrument
    row[FIRST_BAR] = position[ENTRY_BAR]
    row[LAST_BAR] = bar
    row[SIZE] = position[HELD]
    row[BOUGHT_AT] = position[ENTRY_PRICE]
    row[SOLD_AT] = price
    row[PNL] = position[HELD] * (price - position[ENTRY_PRICE]) - paid
    row[COSTS] = paid + position[ENTRY_SLIPPAGE] + slipped
    row[REASON] = reason
    purse[TRADES] += 1.0


@inlined
def stop_within(terms: Terms, position: Floats, open_: float, high: float, low: float) -> tuple[float, int]:
    """Price and reason of leaving within a bar; the reason is -1 where the position stays.

    A bar that opens beyond a stop or the target fills there. Otherwise nobody knows which extreme came first, and the
    stop wins. A trailing stop follows the best price before this bar.
    """
    side = 1.0 if position[HELD] > 0.0 else -1.0
    stop, reason = position[ENTRY_PRICE] * (1.0 - side * terms.stop_loss), STOP_LOSS
    trailing = position[BEST] * (1.0 - side * terms.trailing_stop)
    if side * trailing > side * stop:
        stop, reason = trailing, TRAILING_STOP
    target = position[ENTRY_PRICE] * (1.0 + side * terms.take_profit)
    worst = low if side > 0.0 else high
    finest = high if side > 0.0 else low
    if side * open_ <= side * stop:
        return open_, reason
    if side * open_ >= side * target:
        return open_, TAKE_PROFIT
    if side * worst <= side * stop:
        return stop, reason
    if side * finest >= side * target:
        return target, TAKE_PROFIT
    position[BEST] = side * max(side * position[BEST], side * finest)
    return 0.0, -1


@inlined
def quiet_range(terms: Terms, position: Floats) -> tuple[float, float]:
    """Prices between which no stop and no target is reached; none, where a trailing stop moves with each bar."""
    if position[HELD] == 0.0:
        return -np.inf, np.inf
    if terms.trailing_stop < np.inf:
        return np.inf, -np.inf
    side = 1.0 if position[HELD] > 0.0 else -1.0
    stop = position[ENTRY_PRICE] * (1.0 - side * terms.stop_loss)
    target = position[ENTRY_PRICE] * (1.0 + side * terms.take_profit)
    return min(stop, target), max(stop, target)


@inlined
def close_unwanted(
    terms: Terms, position: Floats, purse: Floats, trades: Floats, instrument: int, bar: int, price: float
) -> None:
    """Leave a position that the waiting decision does not want."""
    if position[HELD] != 0.0 and position[HELD] * position[WANTED] <= 0.0:
        leave(terms, position, purse, trades, instrument, bar, price, SIGNAL)


@inlined
def open_wanted(
    terms: Terms, position: Floats, purse: Floats, bar: int, price: float, equity: float, free: float
) -> None:
    """Enter on the side that the waiting decision wants, unless a position is there; the decision is done with."""
    position[WAITING] = 0.0
    if position[HELD] == 0.0 and position[WANTED] != 0.0:
        enter(terms, position, purse, bar, price, equity, free)


_COUNTS = types.UniTuple(types.int64, 2)


@compiled(_COUNTS(TERMS, *(SERIES,) * 4, *(FLAGS,) * 3, SERIES, OUT_SERIES, OUT_SERIES, OUT_TABLE))
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
    equity: Floats,
    held: Floats,
    trades: Floats,
) -> tuple[int, int]:
    """Trade one instrument: fill `equity` and `held` (shares) at each close, and `trades`.

    `trades` has a row for every entry and exit. Returns the number of trades and of refused entries. The order within a
    bar: what was decided before is filled at the open, then stops, then the decision at the close, which `at_close`
    fills there.
    """
    n = len(closes)
    position, purse = np.zeros(POSITION_FIELDS), np.zeros(PURSE_FIELDS)
    purse[CASH] = terms.cash
    at_close, keep_open = terms.at_close != 0.0, terms.keep_open != 0.0
    # What stands in position and purse, at hand for the bars on which nothing happens.
    cash, shares, waiting, lower, upper = terms.cash, 0.0, False, -np.inf, np.inf
    i = 0
    while i < n:
        while not (waiting or entries[i] or exits[i] or lows[i] <= lower or highs[i] >= upper or i == n - 1):
            equity[i] = cash + shares * closes[i]
            held[i] = shares
            if equity[i] <= 0.0:
                break  # a short position may have eaten up all there was
            i += 1
        if tradable[i]:
            if waiting and not at_close:
                close_unwanted(terms, position, purse, trades, 0, i, opens[i])
                open_wanted(terms, position, purse, i, opens[i], purse[CASH], purse[CASH])
            if position[HELD] != 0.0:
                price, reason = stop_within(terms, position, opens[i], highs[i], lows[i])
                if reason >= 0:
                    leave(terms, position, purse, trades, 0, i, price, reason)
        if entries[i] or exits[i]:
            decide(terms, position, entries[i], exits[i], sizes[i])
        if at_close and position[WAITING] != 0.0 and tradable[i]:
            close_unwanted(terms, position, purse, trades, 0, i, closes[i])
            if keep_open or i < n - 1:
                open_wanted(terms, position, purse, i, closes[i], purse[CASH], purse[CASH])
        if position[HELD] != 0.0:
            if i == n - 1 and not keep_open:
                leave(terms, position, purse, trades, 0, i, closes[i], END_OF_DATA)
            elif purse[CASH] + position[HELD] * closes[i] <= 0.0:
                leave(terms, position, purse, trades, 0, i, closes[i], RUIN)
        cash, shares, waiting = purse[CASH], position[HELD], position[WAITING] != 0.0
        lower, upper = quiet_range(terms, position)
        equity[i] = cash + shares * closes[i]
        held[i] = shares
        i += 1
    if n > 0 and position[HELD] != 0.0:
        record(position, purse, trades, 0, n - 1, closes[n - 1], 0.0, 0.0, OPEN)
    return int(purse[TRADES]), int(purse[REFUSED])


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
def fill_all(
    terms: Terms,
    positions: Floats,
    purse: Floats,
    trades: Floats,
    bar: int,
    prices: Floats,
    tradable: Flags,
    marks: Floats,
    may_enter: bool,
) -> None:
    """Fill what waits at these prices: first what is sold, which pays for what is bought, in the instruments' order."""
    for k in range(len(marks)):
        if tradable[k, bar] and positions[k, WAITING] != 0.0:
            close_unwanted(terms, positions[k], purse, trades, k, bar, prices[k, bar])
    for k in range(len(marks)):
        if may_enter and tradable[k, bar] and positions[k, WAITING] != 0.0:
            equity, free = worth(purse, positions, marks)
            open_wanted(terms, positions[k], purse, bar, prices[k, bar], equity, free)
            if positions[k, HELD] != 0.0 and positions[k, ENTRY_BAR] == bar:
                marks[k] = prices[k, bar]


@compiled(_COUNTS(TERMS, *(TABLE,) * 4, *(FLAG_TABLE,) * 3, TABLE, OUT_SERIES, OUT_TABLE, OUT_TABLE, OUT_TABLE))
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
    equity: Floats,
    held: Floats,
    values: Floats,
    trades: Floats,
) -> tuple[int, int]:
    """Trade several instruments with one capital; tables have a row for each of them and a column for each time.

    Where an instrument has no bar its prices are NaN and it is not tradable; a position is worth its last close. `held`
    are shares and `values` their worth, both at each close. Otherwise as `simulate`, to which it comes down for one
    instrument. An entry's fraction is of the equity at the last closes before the fill, once this moment's positions
    are left.
    """
    symbols, n = closes.shape
    positions, purse, marks = np.zeros((symbols, POSITION_FIELDS)), np.zeros(PURSE_FIELDS), np.zeros(symbols)
    purse[CASH] = terms.cash
    at_close, keep_open = terms.at_close != 0.0, terms.keep_open != 0.0
    for i in range(n):
        if not at_close:
            fill_all(terms, positions, purse, trades, i, opens, tradable, marks, True)
        for k in range(symbols):
            position = positions[k]
            if tradable[k, i] and position[HELD] != 0.0:
                price, reason = stop_within(terms, position, opens[k, i], highs[k, i], lows[k, i])
                if reason >= 0:
                    leave(terms, position, purse, trades, k, i, price, reason)
            if entries[k, i] or exits[k, i]:
                decide(terms, position, entries[k, i], exits[k, i], sizes[k, i])
            if not np.isnan(closes[k, i]):
                marks[k] = closes[k, i]
        if at_close:
            fill_all(terms, positions, purse, trades, i, closes, tradable, marks, keep_open or i < n - 1)
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
    return int(purse[TRADES]), int(purse[REFUSED])
