"""What the kernels are given: rules as numbers, and arrays in named groups."""

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from algo_trading.domain.bars import Bars, Floats
from algo_trading.strategies.base import Decisions, Flags
from back_testing.engine.rules import Direction, FillAt, SizeKind, TradingRules

if TYPE_CHECKING:
    from collections.abc import Sequence

PRICES = ("open", "high", "low", "close")
FRACTION_OF_EQUITY, MONEY, SHARES = range(3)  # what the amount of an entry is measured in


class Params(NamedTuple):
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
    max_positions: float


class FullyInvestedParams(NamedTuple):
    """A buy's and a sell's price with its costs over the open, and whether the last position stays open."""

    buy: float
    sell: float
    keep_open: bool


class Prices(NamedTuple):
    """Prices of n bars and the bars that can be traded in, read-only; in tables (instruments, n) for a portfolio."""

    opens: Floats
    highs: Floats
    lows: Floats
    closes: Floats
    tradable: Flags


class Orders(NamedTuple):
    """Decisions in tables, read-only, with a row for each setting or instrument and a column for each bar.

    `max_shares` has no columns where entries have no such bound.
    """

    entries: Flags
    exits: Flags
    sizes: Floats
    max_shares: Floats


def params_of(rules: TradingRules, symbols: int = 1, max_positions: int | None = None) -> Params:
    """The rules for the kernels; `symbols` share the capital equally where the size is all of it.

    At most `max_positions` are held or being bought at a time; None: no such bound.
    """
    kind = {SizeKind.CASH: MONEY, SizeKind.SHARES: SHARES}.get(rules.size.kind, FRACTION_OF_EQUITY)
    return Params(
        cash=float(rules.cash),
        commission=float(rules.costs.commission),
        fixed=float(rules.costs.commission_fixed),
        slippage=_slippage(rules),
        kind=float(kind),
        amount=_amount(rules, symbols),
        whole=float(rules.whole_shares is not False),
        long_short=float(rules.direction is Direction.LONG_SHORT),
        at_close=float(rules.fill is FillAt.CLOSE),
        stop_loss=_or_never(rules.stop_loss),
        take_profit=_or_never(rules.take_profit),
        trailing_stop=_or_never(rules.trailing_stop),
        keep_open=float(rules.keep_open),
        max_positions=_or_never(max_positions),
    )


def fully_invested_params(rules: TradingRules) -> FullyInvestedParams:
    """The rules for kernels that need no cash (`window.fully_invested`)."""
    slippage, commission = _slippage(rules), float(rules.costs.commission)
    return FullyInvestedParams((1 + slippage) * (1 + commission), (1 - slippage) * (1 - commission), rules.keep_open)


def prices_of(bars: Bars, tradable: Flags) -> Prices:
    """The prices of one instrument."""
    opens, highs, lows, closes = (floats(getattr(bars, name)) for name in PRICES)
    return Prices(opens, highs, lows, closes, flags(tradable))


def orders_of(decisions: "Sequence[Decisions]") -> Orders:
    """Decisions about the same bars, a row each; all or none bound the shares of an entry."""
    bounds = [d.shares for d in decisions if d.shares is not None]
    return Orders(
        flags(np.stack([d.entries for d in decisions])),
        flags(np.stack([d.exits for d in decisions])),
        floats(np.stack([d.size for d in decisions])),
        floats(np.stack(bounds) if bounds else np.empty((len(decisions), 0))),
    )


def floats(values: NDArray[np.float64]) -> Floats:
    """A read-only view or copy, as numba compiled the groups for."""
    array = np.ascontiguousarray(values, dtype=np.float64).view()
    array.flags.writeable = False
    return array


def flags(values: Flags) -> Flags:
    """As `floats`."""
    array = np.ascontiguousarray(values, dtype=np.bool_).view()
    array.flags.writeable = False
    return array


def _amount(rules: TradingRules, symbols: int) -> float:
    """What an entry takes; where a sizer says it, that is in the sizes of the decisions."""
    if rules.size.sizer is not None:
        return 1.0
    return 1.0 / symbols if rules.size.kind is SizeKind.ALL else float(rules.size.amount)


def _slippage(rules: TradingRules) -> float:
    return float(rules.costs.slippage_bps) / 10_000.0


def _or_never(value: float | None) -> float:
    return np.inf if value is None else float(value)
