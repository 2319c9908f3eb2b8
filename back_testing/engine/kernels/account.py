"""Cash, shares, stops and commissions of an account, at one bar: a part of the kernels."""

# ruff: noqa: PLR0917 - compiled functions take arrays by position

from typing import TYPE_CHECKING

import numpy as np

from algo_trading.domain.bars import Floats
from algo_trading.indicators.compiling import inlined

if TYPE_CHECKING:
    from back_testing.engine.kernels.params import Terms

# What the amount of an entry is measured in.
FRACTION_OF_EQUITY, MONEY, SHARES = range(3)

# A position: HELD are shares, negative when short; BEST is the best price since the entry; WANTED is the side (1, 0,
# -1) that the newest decision asks for while it is WAITING to be filled, with the size that the strategy suggested and
# the MOST shares to take (NaN: there is no such bound).
HELD, ENTRY_PRICE, ENTRY_BAR, ENTRY_COMMISSION, ENTRY_SLIPPAGE, BEST, WAITING, WANTED, WANTED_SIZE, MOST = range(10)
POSITION_FIELDS = 10

# REFUSED are entries that cannot be afforded, and CROWDED those that come when as many positions are there as may be.
CASH, TRADES, REFUSED, CROWDED = range(4)
PURSE_FIELDS = 4

# A row of a table of trades.
INSTRUMENT, FIRST_BAR, LAST_BAR, SIZE, BOUGHT_AT, SOLD_AT, PNL, COSTS, REASON = range(9)
TRADE_FIELDS = 9

# Why a trade ended, in the order of result.ExitReason.
SIGNAL, STOP_LOSS, TRAILING_STOP, TAKE_PROFIT, RUIN, END_OF_DATA, OPEN = range(7)

ROUNDING = 1.0 + 1e-12  # 29.999999999999996 shares are 30


@inlined
def decide(terms: "Terms", position: Floats, entry: bool, leave: bool, size: float, most: float) -> None:
    """Take over the decision of a bar's close; it replaces one that still waits."""
    if leave or entry:
        position[WAITING] = 1.0
        position[WANTED] = (-1.0 if terms.long_short != 0.0 else 0.0) if leave else 1.0
        position[WANTED_SIZE] = size
        position[MOST] = most


@inlined
def buys(terms: "Terms", size: float, most: float) -> bool:
    """Whether an entry of this size, of `most` shares, buys anything at all."""
    return size > 0.0 and not (terms.whole != 0.0 and most < 1.0)


@inlined
def has_place(terms: "Terms", position: Floats) -> bool:
    """Whether an instrument counts as a position: it is held, or an order to enter waits."""
    entering: bool = position[WAITING] != 0.0 and position[WANTED] != 0.0
    held: bool = position[HELD] != 0.0
    return held or (entering and buys(terms, position[WANTED_SIZE], position[MOST]))


@inlined
def crowded(terms: "Terms", positions: Floats, k: int, leave: bool, size: float, most: float) -> bool:
    """Whether a decision about instrument `k` would open a position beyond the most that may be there."""
    if terms.most_positions == np.inf or (leave and terms.long_short == 0.0):
        return False
    if not buys(terms, size, most) or has_place(terms, positions[k]):
        return False
    taken = 0
    for other in range(len(positions)):
        taken += int(has_place(terms, positions[other]))
    return taken >= terms.most_positions


@inlined
def shares_for(terms: "Terms", size: float, most: float, price: float, equity: float, free: float) -> float:
    """Shares that an entry at `price` (slippage included) takes; 0 where it cannot be afforded.

    `size` and `most` are the strategy's own, `equity` what a fraction is taken of and `free` the money not bound in
    positions. A position takes its value, long or short: nothing is borrowed. Commissions are paid from the same money.
    """
    each = price * (1.0 + terms.commission)
    if terms.kind == SHARES:
        shares = terms.amount * size
    else:
        budget = terms.amount * size
        if terms.kind == FRACTION_OF_EQUITY:
            budget *= equity
        shares = (min(budget, free) - terms.fixed) / each
    if shares > most:  # noqa: PLR1730 - NaN bounds nothing
        shares = most
    if terms.whole != 0.0:
        shares = np.floor(shares * ROUNDING)
    if not shares > 0.0 or shares * each + terms.fixed > free * ROUNDING:
        return 0.0
    return shares


@inlined
def enter(terms: "Terms", position: Floats, purse: Floats, bar: int, price: float, equity: float, free: float) -> None:
    """Open a position on the wanted side at `price`, before slippage."""
    side = position[WANTED]
    paid = price * (1.0 + side * terms.slippage)
    shares = shares_for(terms, position[WANTED_SIZE], position[MOST], paid, equity, free)
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
    terms: "Terms",
    position: Floats,
    purse: Floats,
    trades: Floats,
    instrument: int,
    bar: int,
    price: float,
    reason: int,
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
    k = int(purse[TRADES])
    paid = position[ENTRY_COMMISSION] + commission
    trades[k, INSTRUMENT] = instrument
    trades[k, FIRST_BAR] = position[ENTRY_BAR]
    trades[k, LAST_BAR] = bar
    trades[k, SIZE] = position[HELD]
    trades[k, BOUGHT_AT] = position[ENTRY_PRICE]
    trades[k, SOLD_AT] = price
    trades[k, PNL] = position[HELD] * (price - position[ENTRY_PRICE]) - paid
    trades[k, COSTS] = paid + position[ENTRY_SLIPPAGE] + slipped
    trades[k, REASON] = reason
    purse[TRADES] += 1.0


@inlined
def stop_within(terms: "Terms", position: Floats, open_: float, high: float, low: float) -> tuple[float, int]:
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
def close_unwanted(
    terms: "Terms", position: Floats, purse: Floats, trades: Floats, instrument: int, bar: int, price: float
) -> None:
    """Leave a position that the waiting decision does not want."""
    if position[HELD] != 0.0 and position[HELD] * position[WANTED] <= 0.0:
        leave(terms, position, purse, trades, instrument, bar, price, SIGNAL)


@inlined
def open_wanted(
    terms: "Terms", position: Floats, purse: Floats, bar: int, price: float, equity: float, free: float
) -> None:
    """Enter on the side that the waiting decision wants, unless a position is there; the decision is done with."""
    position[WAITING] = 0.0
    if position[HELD] == 0.0 and position[WANTED] != 0.0:
        enter(terms, position, purse, bar, price, equity, free)
