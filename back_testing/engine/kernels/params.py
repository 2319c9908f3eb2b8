"""The rules of trading as numbers, as the kernels take them."""

from typing import NamedTuple

import numpy as np
from numba import types

from back_testing.engine.kernels.account import FRACTION_OF_EQUITY, MONEY, SHARES
from back_testing.engine.rules import Direction, FillAt, SizeKind, TradingRules

KINDS = {
    SizeKind.ALL: FRACTION_OF_EQUITY,
    SizeKind.FRACTION: FRACTION_OF_EQUITY,
    SizeKind.CASH: MONEY,
    SizeKind.SHARES: SHARES,
}


class Terms(NamedTuple):
    """TradingRules as numbers: flags are 0 or 1, and a stop or bound that is not wanted is infinitely far away."""

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
    most_positions: float


TERMS = types.NamedUniTuple(types.float64, len(Terms._fields), Terms)


def terms_of(rules: TradingRules, symbols: int = 1, most_positions: int | None = None) -> Terms:
    """The rules for the kernels; `symbols` share the capital equally where the size is all of it.

    At most `most_positions` are held or being bought at a time, None: as many as may be.
    """
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
        most_positions=_or_never(most_positions),
    )


def _or_never(value: float | None) -> float:
    return np.inf if value is None else float(value)
