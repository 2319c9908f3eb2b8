"""Stops, targets and trailing stops of positions, bar by bar."""

import math
from dataclasses import dataclass, replace
from decimal import Decimal

from algo_trading.domain.account import AccountClock, AccountState, Position
from algo_trading.domain.costs import FRACTIONS, decimal_price, precision_of
from algo_trading.domain.order import Order, OrderType
from algo_trading.domain.signal import Side
from algo_trading.domain.time import Period
from algo_trading.risk.exits import STAYS, STOP_LOSS, TAKE_PROFIT, TRAILING_STOP, exit_within
from algo_trading.risk.sizing import client_order_id
from algo_trading.services.prices import Bar, ReadPrices

NAMES = {STOP_LOSS: "stop", TRAILING_STOP: "trailing stop", TAKE_PROFIT: "target"}


@dataclass(frozen=True)
class ExitReport:
    """Orders that leave positions, and those that stay with their best prices including the bar."""

    orders: tuple[Order, ...] = ()
    staying: tuple[Position, ...] = ()


@dataclass(frozen=True)
class PlaceExits:
    """Find the positions that are left within a bar, as a backtest does (risk/exits.py).

    This is for brokers that execute on stored bars; at any other one the bar has gone by.
    """

    prices: ReadPrices

    def __call__(self, state: AccountState, clock: AccountClock, period: Period) -> ExitReport:
        """Orders for what is left within the bar of a period, to be executed in it at the level that was met."""
        held = [position for position in state.positions if position.exits and clock.times(position.series)]
        bars = self.prices.traded((position.series for position in held), period.opened_at)
        orders, staying = [], []
        for position in held:
            if position.series in bars:
                order, after = _exit(state.account.name, position, bars[position.series], period)
                orders += [order] if order is not None else []
                staying += [after] if after != position else []
        return ExitReport(tuple(orders), tuple(staying))


def _exit(account: str, position: Position, bar: Bar, period: Period) -> tuple[Order | None, Position]:
    """The order that leaves a position within a bar, if it is left, else the position with its best price."""
    side = 1.0 if position.quantity > 0 else -1.0
    distances = (position.exits.stop, position.exits.target, position.exits.trailing)
    stop, target, trailing = (math.inf if distance is None else distance for distance in distances)
    entry, best = float(position.entry_price), float(position.best_price)
    _, level, reason, best = exit_within(side, entry, best, stop, target, trailing, bar.open, bar.high, bar.low)
    if reason == STAYS:
        return None, replace(position, best_price=decimal_price(best, FRACTIONS)) if trailing < math.inf else position
    price = decimal_price(level, precision_of(position.series.venue))
    order = Order(
        client_order_id=client_order_id(account, f"{position.opened_by}\nexit"),
        account=account,
        strategy=position.strategy,
        series=position.series,
        side=Side.SELL if side > 0 else Side.BUY,
        opened_at=period.opened_at,
        decided_at=period.starts_at,
        reason=f"{NAMES[reason]} at {_shown(price)}, entered at {_shown(position.entry_price)}",
        type=OrderType.TARGET if reason == TAKE_PROFIT else OrderType.STOP,
        stop_price=price,
        closes=True,
    )
    return order, position


def _shown(price: Decimal) -> str:
    """With two decimals, or as many as there are where the price is below 1."""
    return f"{price:.2f}" if abs(price) >= 1 else f"{price.normalize():f}"
