"""Cash, shares, stops and commissions of an account, at one bar: a part of the kernels."""

# ruff: noqa: PLR0917 - compiled functions take arrays by position

import numpy as np

from algo_trading.domain.bars import Floats
from algo_trading.indicators.compiling import inlined
from algo_trading.risk.exits import exit_within
from back_testing.engine.kernels.params import FRACTION_OF_EQUITY, SHARES, Params

# A position: HELD are shares, negative when short; BEST is the best price since the entry. While a decision is PENDING,
# TARGET_SIDE is the side (1, 0, -1) that it asks for, TARGET_SIZE the size that the strategy suggested and MAX_SHARES
# the most shares to take (NaN: no such bound).
HELD, ENTRY_PRICE, ENTRY_BAR, ENTRY_COMMISSION, ENTRY_SLIPPAGE, BEST = range(6)
PENDING, TARGET_SIDE, TARGET_SIZE, MAX_SHARES = range(6, 10)
POSITION_FIELDS = 10

# REFUSED counts entries that cannot be afforded, AT_POSITION_LIMIT those that come when no more positions are allowed.
CASH, TRADES, REFUSED, AT_POSITION_LIMIT = range(4)
ACCOUNT_FIELDS = 4

# A row of a table of trades.
INSTRUMENT, FIRST_BAR, LAST_BAR, SIZE, BOUGHT_AT, SOLD_AT, PNL, COSTS, REASON = range(9)
TRADE_FIELDS = 9

# Why a trade ended, in the order of result.ExitReason.
SIGNAL, RUIN, END_OF_DATA, OPEN = 0, 4, 5, 6  # between them those of `risk.exits`, and after them those of ends

ROUNDING = 1.0 + 1e-12  # 29.999999999999996 shares are 30
BREAK_EVEN = 1e-12  # part of what a trade cost: a profit or loss below is rounding
DUST = 1e-9  # part of the equity: what an entry leaves by rounding is far below, what anybody wants to buy far above

_exit_within = inlined(exit_within)


@inlined
def decide(params: Params, position: Floats, entry: bool, exit_: bool, size: float, max_shares: float) -> None:
    """Take over the decision of a bar's close; it replaces one that is still pending."""
    if exit_ or entry:
        position[PENDING] = 1.0
        position[TARGET_SIDE] = (-1.0 if params.long_short != 0.0 else 0.0) if exit_ else 1.0
        position[TARGET_SIZE] = size
        position[MAX_SHARES] = max_shares


@inlined
def buys(params: Params, size: float, max_shares: float) -> bool:
    """Whether an entry of this size, of at most `max_shares`, buys anything at all."""
    return size > 0.0 and not (params.whole != 0.0 and max_shares < 1.0)


@inlined
def counts_as_position(params: Params, position: Floats) -> bool:
    """Whether an instrument counts as a position: it is held, or an entry is pending."""
    entering: bool = position[PENDING] != 0.0 and position[TARGET_SIDE] != 0.0
    held: bool = position[HELD] != 0.0
    return held or (entering and buys(params, position[TARGET_SIZE], position[MAX_SHARES]))


@inlined
def at_position_limit(params: Params, positions: Floats, k: int, exit_: bool, size: float, max_shares: float) -> bool:
    """Whether a decision about instrument `k` would open a position beyond the most that are allowed."""
    if params.max_positions == np.inf or (exit_ and params.long_short == 0.0):
        return False
    if not buys(params, size, max_shares) or counts_as_position(params, positions[k]):
        return False
    taken = 0
    for other in range(len(positions)):
        taken += int(counts_as_position(params, positions[other]))
    return taken >= params.max_positions


@inlined
def shares_for(params: Params, size: float, max_shares: float, price: float, equity: float, free: float) -> float:
    """Shares that an entry at `price` (slippage included) takes; 0 where it cannot be afforded or is dust.

    `size` and `max_shares` are the strategy's own, `equity` what a fraction is taken of and `free` the money not bound
    in positions. A position takes its value, long or short: nothing is borrowed. Commissions are paid from the same
    money.
    """
    each = price * (1.0 + params.commission)
    if params.kind == SHARES:
        shares = params.amount * size
    else:
        budget = params.amount * size
        if params.kind == FRACTION_OF_EQUITY:
            budget *= equity
        shares = (min(budget, free) - params.fixed) / each
    if shares > max_shares:  # noqa: PLR1730 - NaN bounds nothing
        shares = max_shares
    if params.whole != 0.0:
        shares = np.floor(shares * ROUNDING)
    if not shares * each > DUST * equity or shares * each + params.fixed > free * ROUNDING:
        return 0.0
    return shares


@inlined
def enter_position(
    params: Params, position: Floats, account: Floats, bar: int, price: float, equity: float, free: float
) -> None:
    """Open a position on the target side at `price`, before slippage."""
    side = position[TARGET_SIDE]
    paid = price * (1.0 + side * params.slippage)
    shares = shares_for(params, position[TARGET_SIZE], position[MAX_SHARES], paid, equity, free)
    if shares == 0.0:
        account[REFUSED] += 1.0
        return
    commission = shares * paid * params.commission + params.fixed
    account[CASH] -= side * shares * paid + commission
    position[HELD] = side * shares
    position[ENTRY_PRICE] = paid
    position[ENTRY_BAR] = bar
    position[ENTRY_COMMISSION] = commission
    position[ENTRY_SLIPPAGE] = shares * price * params.slippage
    position[BEST] = paid


@inlined
def exit_position(
    params: Params,
    position: Floats,
    account: Floats,
    trades: Floats,
    instrument: int,
    bar: int,
    price: float,
    reason: int,
) -> None:
    """Close the position at `price`, before slippage, and record the trade."""
    held = position[HELD]
    side = 1.0 if held > 0.0 else -1.0
    got = price * (1.0 - side * params.slippage)
    commission = abs(held) * got * params.commission + params.fixed
    slipped = abs(held) * price * params.slippage
    account[CASH] += held * got - commission
    record(position, account, trades, instrument, bar, got, commission, slipped, reason)
    position[HELD] = 0.0


@inlined
def record(
    position: Floats,
    account: Floats,
    trades: Floats,
    instrument: int,
    bar: int,
    price: float,
    commission: float,
    slipped: float,
    reason: int,
) -> None:
    """Record a trade that ends, or is marked, at `price`."""
    k = int(account[TRADES])
    paid = position[ENTRY_COMMISSION] + commission
    trades[k, INSTRUMENT] = instrument
    trades[k, FIRST_BAR] = position[ENTRY_BAR]
    trades[k, LAST_BAR] = bar
    trades[k, SIZE] = position[HELD]
    trades[k, BOUGHT_AT] = position[ENTRY_PRICE]
    trades[k, SOLD_AT] = price
    pnl = position[HELD] * (price - position[ENTRY_PRICE]) - paid
    trades[k, PNL] = pnl if abs(pnl) > BREAK_EVEN * abs(position[HELD]) * position[ENTRY_PRICE] else 0.0
    trades[k, COSTS] = paid + position[ENTRY_SLIPPAGE] + slipped
    trades[k, REASON] = reason
    account[TRADES] += 1.0


@inlined
def stop_within(params: Params, position: Floats, open_: float, high: float, low: float) -> tuple[float, int]:
    """Price and reason of exiting within a bar; the reason is -1 where the position stays (see `risk.exits`)."""
    price, _, reason, best = _exit_within(
        1.0 if position[HELD] > 0.0 else -1.0,
        position[ENTRY_PRICE],
        position[BEST],
        params.stop_loss,
        params.take_profit,
        params.trailing_stop,
        open_,
        high,
        low,
    )
    position[BEST] = best
    return price, reason


@inlined
def close_for_target(
    params: Params, position: Floats, account: Floats, trades: Floats, instrument: int, bar: int, price: float
) -> None:
    """Exit a position on another side than the pending decision asks for."""
    if position[HELD] != 0.0 and position[HELD] * position[TARGET_SIDE] <= 0.0:
        exit_position(params, position, account, trades, instrument, bar, price, SIGNAL)


@inlined
def open_to_target(
    params: Params, position: Floats, account: Floats, bar: int, price: float, equity: float, free: float
) -> None:
    """Enter on the side that the pending decision asks for, unless a position is held; the decision is done with."""
    position[PENDING] = 0.0
    if position[HELD] == 0.0 and position[TARGET_SIDE] != 0.0:
        enter_position(params, position, account, bar, price, equity, free)
