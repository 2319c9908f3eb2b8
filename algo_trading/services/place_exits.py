"""Stops, targets, trailing stops and ages of positions, bar by bar."""

import math
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal

from algo_trading.domain.account import AccountClock, AccountState, Position
from algo_trading.domain.costs import FRACTIONS, decimal_price, precision_of
from algo_trading.domain.ledger import Holding
from algo_trading.domain.order import Order, OrderType
from algo_trading.domain.signal import Side
from algo_trading.domain.time import Period
from algo_trading.risk.exits import (
    MAX_AGE,
    STAYS,
    STOP_LOSS,
    TAKE_PROFIT,
    TRAILING_STOP,
    exit_too_old,
    exit_within,
)
from algo_trading.risk.sizing import client_order_id
from algo_trading.services.prices import Bar, ReadPrices

NAMES = {STOP_LOSS: "stop", TRAILING_STOP: "trailing stop", TAKE_PROFIT: "target"}


@dataclass(frozen=True, slots=True)
class ExitMet:
    """Which exit is met (STAYS: none), the price before slippage, its level, and the best price since the entry."""

    price: float
    level: float
    reason: int
    best: float

    def sentence(self, position: Position) -> str:
        """The level that was met and what was paid."""
        level = decimal_price(self.level, precision_of(position.series.venue))
        return f"{NAMES[self.reason]} at {shown_price(level)}, entered at {shown_price(position.entry_price)}"


@dataclass(frozen=True)
class ExitReport:
    """Orders that leave positions, and those that stay with their best prices including the bar."""

    orders: tuple[Order, ...] = ()
    staying: tuple[Position, ...] = ()


@dataclass(frozen=True)
class PlaceExits:
    """Find the positions that are left within a bar, as a backtest does (risk/exits.py).

    This is for brokers that execute on stored bars; at any other one the bar has gone by (services/watch_positions.py).
    """

    prices: ReadPrices

    def __call__(self, state: AccountState, clock: AccountClock, period: Period) -> ExitReport:
        """Orders for what is left within the bar of a period, to be executed in it at the level that was met."""
        closing = {Holding(order.strategy, order.series) for order in state.orders if order.closes}
        held = [
            position
            for position in state.positions
            if position.exits and clock.times(position.series) and position.holding not in closing
        ]
        bars = self.prices.traded((position.series for position in held), period.opened_at)
        orders, staying = [], []
        for position in held:
            if position.series in bars:
                order, after = exit_in_bar(state.account.name, position, bars[position.series], period)
                orders += [order] if order is not None else []
                staying += [after] if after != position else []
        return ExitReport(tuple(orders), tuple(staying))


def within(position: Position, open_: float, high: float, low: float) -> ExitMet:
    """The exit that prices meet, one after the other or all the same."""
    exits, side = position.exits, 1.0 if position.quantity > 0 else -1.0
    stop, target, trailing = (math.inf if d is None else d for d in (exits.stop, exits.target, exits.trailing))
    entry, best = float(position.entry_price), float(position.best_price)
    return ExitMet(*exit_within(side, entry, best, stop, target, trailing, open_, high, low))


def too_old(position: Position, now: datetime) -> bool:
    """Whether a position has reached the age at which it is left."""
    age, entered = position.exits.max_age, position.entered_at
    return age is not None and entered is not None and now - entered >= timedelta(hours=age)


def shown_price(price: Decimal) -> str:
    """With two decimals, or as many as there are where the price is below 1."""
    return f"{price:.2f}" if abs(price) >= 1 else f"{price.normalize():f}"


def exit_in_bar(account: str, position: Position, bar: Bar, period: Period) -> tuple[Order | None, Position]:
    """The order that leaves a position within a bar, if it is left, else the position with its best price."""
    met = within(position, bar.open, bar.high, bar.low)
    _, reason = (
        exit_too_old(met.price, met.reason, bar.open)
        if too_old(position, period.starts_at)
        else (met.price, met.reason)
    )
    if reason == STAYS:
        trails = position.exits.trailing is not None
        return None, replace(position, best_price=decimal_price(met.best, FRACTIONS)) if trails else position
    aged = reason == MAX_AGE
    level = decimal_price(met.level, precision_of(position.series.venue))
    at_level = OrderType.TARGET if met.reason == TAKE_PROFIT else OrderType.STOP
    order = Order(
        client_order_id=client_order_id(account, f"{position.opened_by}\nexit"),
        account=account,
        strategy=position.strategy,
        series=position.series,
        side=Side.SELL if position.quantity > 0 else Side.BUY,
        opened_at=period.opened_at,
        decided_at=period.starts_at,
        reason=aged_reason(position) if aged else met.sentence(position),
        type=OrderType.MARKET if aged else at_level,
        stop_price=None if aged else level,
        closes=True,
    )
    return order, position


def aged_reason(position: Position) -> str:
    """Why a position is left that was held for long enough."""
    return f"maximum age of {position.exits.max_age:g} hours, entered at {shown_price(position.entry_price)}"
