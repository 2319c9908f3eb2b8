"""Positions at a market are left as soon as one of their exits is met, seconds after it is."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal

from algo_trading.calendars import Calendars
from algo_trading.domain.account import AccountState, Position
from algo_trading.domain.costs import FRACTIONS, precision_of
from algo_trading.domain.instrument import Instrument
from algo_trading.domain.order import Order, OrderType
from algo_trading.domain.signal import Side
from algo_trading.errors import AlgoTradingError
from algo_trading.gateways.brokers import Broker, Brokers
from algo_trading.gateways.clock import Clock
from algo_trading.repositories.accounts import AccountRepository, AccountStep
from algo_trading.repositories.locks import ExclusiveWork
from algo_trading.risk.exits import STAYS
from algo_trading.risk.sizing import client_order_id
from algo_trading.services.book_executions import BookExecutions
from algo_trading.services.place_exits import aged_reason, shown_price, too_old, within
from algo_trading.services.submit_orders import SubmitOrders


@dataclass(frozen=True)
class WatchReport:
    """What one look at an account's positions did: positions watched, orders that left some, exits put to rest."""

    account: str
    watched: int = 0
    left: tuple[str, ...] = ()
    resting: int = 0


@dataclass
class _Look:
    state: AccountState
    broker: Broker
    now: datetime
    prices: dict[Instrument, Decimal | None] = field(default_factory=dict)

    def price(self, instrument: Instrument) -> Decimal | None:
        if instrument not in self.prices:
            self.prices[instrument] = self.broker.price(instrument)
        return self.prices[instrument]


@dataclass(frozen=True)
class WatchPositions:
    """Look at the positions of accounts whose brokers trade on a market, once.

    The price of now is one bar of a single trade: exits are judged by the code that backtests and paper accounts use
    (risk/exits.py). What is met first counts, and the order's reason names it. Stop and target of a position without a
    trailing stop rest at the broker where that can hold them; what it refuses is watched from here. Orders that wait
    to be sent are sent, too, and what happened at the broker is booked, so an exit never waits for a dispatch.
    """

    accounts: AccountRepository
    submit: SubmitOrders
    book: BookExecutions
    brokers: Brokers
    locks: ExclusiveWork
    calendars: Calendars
    clock: Clock

    def __call__(self) -> list[WatchReport]:
        """Look at every account.

        Raises:
            AlgoTradingError: one could not be looked at; the others have been.
        """
        reports, failure = [], None
        for name in self.accounts.names():
            try:
                state = self.accounts.state(name)
                if (state.positions or state.orders) and not self.brokers(state.account).simulated:
                    with self.locks.exclusively(f"account {name}"):
                        reports.append(self._account(name))
            except AlgoTradingError as error:
                failure = failure or error
        if failure is not None:
            raise failure
        return reports

    def _account(self, name: str) -> WatchReport:
        state = self.book(self.submit(self.accounts.state(name)).state).state
        look = _Look(state, self.brokers(state.account), self.clock.now())
        orders: list[Order] = []
        after = state
        for position in state.positions:
            own = _orders_of(state, position)
            if not position.exits or any(order.closes and not order.rests for order in own):
                continue
            order, position_after = self._judge(look, position)
            orders += [order] if order is not None else []
            after = after.holding(position_after)
        if orders or after != state:
            for order in orders:
                after = after.ordering(order)
            state = self.accounts.store(AccountStep(state, after, look.now, tuple(orders)))
            self.book(self.submit(state).state)
        left = tuple(f"{order.series}: {order.reason}" for order in orders if not order.rests)
        watched = sum(bool(position.exits) for position in look.state.positions)
        return WatchReport(name, watched, left, len(orders) - len(left))

    def _judge(self, look: _Look, position: Position) -> tuple[Order | None, Position]:
        """The order that leaves the position or puts its exits to rest, if there is one, and the position after it."""
        own = _orders_of(look.state, position)
        resting = [order for order in own if order.rests]
        held = sum(((order.quantity or Decimal(0)) - order.filled for order in resting), Decimal(0))
        if too_old(position, look.now):
            return self._leave(look, position, aged_reason(position)), position
        if resting and held >= position.quantity:
            return None, position
        price = look.price(position.instrument)
        if price is None:
            return None, position
        met = within(position, *(float(price),) * 3)
        if met.reason != STAYS:
            return self._leave(look, position, met.sentence(position)), position
        best = position
        if position.exits.trailing is not None:
            best = replace(position, best_price=Decimal(repr(met.best)).quantize(FRACTIONS.price))
        entering = any(not order.closes for order in own)
        return (None if resting or entering else self._rest(look, position)), best

    def _leave(self, look: _Look, position: Position, reason: str) -> Order | None:
        """An order at the market, once a minute: what was refused is tried again, but not all the time."""
        return self._new(self._order(look, position, f"exit {look.now:%Y-%m-%dT%H:%M}", reason))

    def _rest(self, look: _Look, position: Position) -> Order | None:
        """An OCO order with stop and target; what the broker has refused once is not asked for again."""
        exits = position.exits
        if not look.broker.holds_exits or exits.stop is None or exits.target is None or exits.trailing is not None:
            return None
        entry, precision = position.entry_price, precision_of(position.series.venue)
        stop = (entry * (1 - Decimal(repr(exits.stop)))).quantize(precision.price)
        target = (entry * (1 + Decimal(repr(exits.target)))).quantize(precision.price)
        reason = f"stop at {shown_price(stop)} or target at {shown_price(target)}"
        order = self._order(look, position, f"rest {position.quantity.normalize():f}", reason)
        return self._new(
            replace(order, type=OrderType.OCO, stop_price=stop, limit_price=target, quantity=position.quantity),
        )

    def _new(self, order: Order) -> Order | None:
        return None if self.accounts.known_orders([order.client_order_id]) else order

    def _order(self, look: _Look, position: Position, what: str, reason: str) -> Order:
        series = position.series
        return Order(
            client_order_id=client_order_id(look.state.account.name, f"{position.opened_by}\n{what}"),
            account=look.state.account.name,
            strategy=position.strategy,
            series=series,
            side=Side.SELL if position.quantity > 0 else Side.BUY,
            opened_at=self.calendars(series.venue).newest_closed(series.interval, look.now).opened_at,
            decided_at=look.now,
            reason=reason,
            closes=True,
        )


def _orders_of(state: AccountState, position: Position) -> list[Order]:
    return [o for o in state.orders if (o.strategy, o.series) == (position.strategy, position.series)]
