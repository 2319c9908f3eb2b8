"""Trading one instrument bar by bar."""

# ruff: noqa: PLR0912, PLR0917, C901 - compiled functions take arrays by position and branch where they stand

import numpy as np
from numba import types

from algo_trading.domain.bars import Floats
from algo_trading.indicators.compiling import OUT_TABLE, compiled, inlined
from back_testing.engine.kernels.account import (
    ACCOUNT_FIELDS,
    BEST,
    CASH,
    END_OF_DATA,
    ENTRY_PRICE,
    HELD,
    OPEN,
    PENDING,
    POSITION_FIELDS,
    REFUSED,
    RUIN,
    TRADES,
    close_for_target,
    decide,
    exit_position,
    open_to_target,
    record,
    stop_within,
)
from back_testing.engine.kernels.accumulators import accumulate
from back_testing.engine.kernels.flags import flagged, next_flag
from back_testing.engine.kernels.params import Orders, Params, Prices
from back_testing.engine.kernels.signatures import ORDERS, PARAMS, PRICES


@inlined
def quiet_until(
    params: Params,
    position: Floats,
    cash: float,
    prices: Prices,
    first: int,
    end: int,
) -> int:
    """The first bar of first..end on which the position may reach a stop or a target or ruin the account, else `end`.

    A trailing stop follows the bars before.
    """
    highs, lows, closes, tradable = prices.highs, prices.lows, prices.closes, prices.tradable
    shares = position[HELD]
    side = 1.0 if shares > 0.0 else -1.0
    fixed = position[ENTRY_PRICE] * (1.0 - side * params.stop_loss)
    target = position[ENTRY_PRICE] * (1.0 + side * params.take_profit)
    if params.trailing_stop == np.inf:
        lower, upper = min(fixed, target), max(fixed, target)
        for i in range(first, end):
            if lows[i] <= lower or highs[i] >= upper or cash + shares * closes[i] <= 0.0:
                return i
        return end
    best, stop = position[BEST], 0.0
    for i in range(first, end):
        stop = side * max(side * fixed, side * best * (1.0 - side * params.trailing_stop))
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
    params: Params, prices: Prices, orders: Orders, k: int, equity: Floats, held: Floats, trades: Floats
) -> tuple[int, int, int]:
    """As `simulate`, on the row `k` of the decisions; returns the number of bars with a position too."""
    opens, highs, lows, closes, tradable = prices
    entries, exits, sizes, max_shares = orders.entries[k], orders.exits[k], orders.sizes[k], orders.max_shares[k]
    n, bars_held = len(closes), 0
    position, account = np.zeros(POSITION_FIELDS), np.zeros(ACCOUNT_FIELDS)
    account[CASH] = params.cash
    at_close, keep_open = params.at_close != 0.0, params.keep_open != 0.0
    marks = flagged(entries, exits)
    done = 0
    while done < n:
        i = done
        if position[PENDING] == 0.0:
            i = next_flag(marks, done, n - 1)
            if position[HELD] != 0.0:
                i = quiet_until(params, position, account[CASH], prices, done, i)
        # Until the bar i nothing changes but the price.
        cash, shares = account[CASH], position[HELD]
        for bar in range(done, i):
            equity[bar] = cash + shares * closes[bar]
        if tradable[i]:
            if position[PENDING] != 0.0 and not at_close:
                close_for_target(params, position, account, trades, 0, i, opens[i])
                open_to_target(params, position, account, i, opens[i], account[CASH], account[CASH])
            if position[HELD] != 0.0:
                price, reason = stop_within(params, position, opens[i], highs[i], lows[i])
                if reason >= 0:
                    exit_position(params, position, account, trades, 0, i, price, reason)
        if entries[i] or exits[i]:
            decide(params, position, entries[i], exits[i], sizes[i], max_shares[i] if len(max_shares) > 0 else np.nan)
        if at_close and position[PENDING] != 0.0 and tradable[i]:
            close_for_target(params, position, account, trades, 0, i, closes[i])
            if keep_open or i < n - 1:
                open_to_target(params, position, account, i, closes[i], account[CASH], account[CASH])
        if position[HELD] != 0.0:
            if i == n - 1 and not keep_open:
                exit_position(params, position, account, trades, 0, i, closes[i], END_OF_DATA)
            elif account[CASH] + position[HELD] * closes[i] <= 0.0:
                exit_position(params, position, account, trades, 0, i, closes[i], RUIN)
        equity[i] = account[CASH] + position[HELD] * closes[i]
        bars_held += (i - done) * int(shares != 0.0) + int(position[HELD] != 0.0)
        if len(held) > 0:
            held[0, done:i] = shares
            held[0, i] = position[HELD]
        done = i + 1
    if n > 0 and position[HELD] != 0.0:
        record(position, account, trades, 0, n - 1, closes[n - 1], 0.0, 0.0, OPEN)
    return int(account[TRADES]), int(account[REFUSED]), bars_held


_COUNTS = types.UniTuple(types.int64, 2)


@compiled(_COUNTS(PARAMS, PRICES, ORDERS, *(OUT_TABLE,) * 4))
def simulate(
    params: Params, prices: Prices, orders: Orders, equity: Floats, held: Floats, trades: Floats, rows: Floats
) -> tuple[int, int]:
    """Trade one instrument, on each row of decisions by itself.

    Fills `equity` and `held` (shares) at each close, `trades`, with a row for each, and a row of accumulators in `rows`
    for each row of decisions. `held` or `rows` have no rows where they are not asked for. `trades` must have room for a
    row for every entry and exit. `equity`, `held`, `trades` and the returned numbers of trades and of refused entries
    are those of the last row of decisions.

    The order within a bar: what was decided before is filled at the open, then stops, then the decision at the close,
    which `at_close` fills there.
    """
    count, refused = 0, 0
    for k in range(len(orders.entries)):
        count, refused, bars_held = _simulate(params, prices, orders, k, equity[0], held, trades)
        if len(rows) > 0:
            accumulate(params.cash, equity[0], bars_held, trades, count, rows[k])
    return count, refused
