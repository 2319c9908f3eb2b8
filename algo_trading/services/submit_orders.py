"""Orders go to the broker, each once, outside any transaction."""

from dataclasses import dataclass, replace
from decimal import ROUND_DOWN, Decimal

from algo_trading.domain.account import AccountState
from algo_trading.domain.ledger import Holding
from algo_trading.domain.order import Order, OrderStatus
from algo_trading.errors import AlgoTradingError
from algo_trading.gateways.brokers import Broker, Brokers, DoubtfulError, OrderReport
from algo_trading.gateways.clock import Clock
from algo_trading.repositories.accounts import AccountRepository, AccountStep, Submission


@dataclass(frozen=True)
class SubmitReport:
    """An account after its orders were sent, and how many of them the broker rejected."""

    state: AccountState
    rejected: int = 0


@dataclass(frozen=True)
class SubmitOrders:
    """Send what an account has placed.

    An order is marked as submitted before it is sent. One that is found so marked may have been sent by a process that
    died, so the broker is asked for it first; so it is after a doubtful answer.
    """

    accounts: AccountRepository
    brokers: Brokers
    clock: Clock

    def __call__(self, state: AccountState) -> SubmitReport:
        """Send every order that waits for it.

        Raises:
            AlgoTradingError: the broker could not be reached, or its answer is still in doubt. What it did answer is
                stored, and the rest is sent another time.
        """
        waiting = [o for o in state.orders if o.status in {OrderStatus.NEW, OrderStatus.SUBMITTED}]
        if not waiting:
            return SubmitReport(state)
        doubtful = {order.client_order_id for order in waiting if order.status is OrderStatus.SUBMITTED}
        state = self._mark(state, [order for order in waiting if order.status is OrderStatus.NEW])
        broker = self.brokers(state.account)
        answered: list[Order] = []
        tried: list[Submission] = []
        failure: AlgoTradingError | None = None
        try:
            for order in (o for o in state.orders if o.status is OrderStatus.SUBMITTED):
                attempt = self._attempt(order)
                try:
                    report = _send(broker, _sized(order, state), ask=order.client_order_id in doubtful)
                except AlgoTradingError as error:
                    tried.append(replace(attempt, error=str(error)))
                    failure = error
                    break
                tried.append(attempt)
                answered.append(_answered(order, report))
        finally:
            state = self._store(state, answered, tried)
        if failure is not None:
            raise failure
        return SubmitReport(state, sum(order.status is OrderStatus.REJECTED for order in answered))

    def _mark(self, state: AccountState, new: list[Order]) -> AccountState:
        """Orders that are about to be sent; those whose time is over expire instead."""
        now = self.clock.now()
        marked = [
            order.moved(OrderStatus.EXPIRED, f"it was to be sent before {order.valid_until:%Y-%m-%d %H:%M} UTC")
            if order.valid_until is not None and order.valid_until <= now
            else order.moved(OrderStatus.SUBMITTED)
            for order in new
        ]
        return self._store(state, marked, [])

    def _attempt(self, order: Order) -> Submission:
        before = self.accounts.submission(order.client_order_id) or Submission(order.client_order_id)
        return replace(before, attempts=before.attempts + 1, error="")

    def _store(self, state: AccountState, orders: list[Order], tried: list[Submission]) -> AccountState:
        after = state
        for order in orders:
            after = after.ordering(order)
        if orders or tried:
            step = AccountStep(state, after, self.clock.now(), tuple(orders), submissions=tuple(tried))
            self.accounts.store(step)
        return after


def _answered(order: Order, report: OrderReport) -> Order:
    """The order as rejected, or as open: with what has been executed already it ends when that is booked."""
    if report.status is OrderStatus.REJECTED:
        return order.moved(OrderStatus.REJECTED, report.reason)
    return order.moved(OrderStatus.OPEN)


def _send(broker: Broker, order: Order, *, ask: bool) -> OrderReport:
    """Send an order, unless the broker has it already; after a doubtful answer ask, and send at most once more."""
    report = broker.order(order) if ask else None
    if report is not None:
        return report
    try:
        return broker.submit(order)
    except DoubtfulError:
        report = broker.order(order)
        return report if report is not None else broker.submit(order)


def _sized(order: Order, state: AccountState) -> Order:
    """The order as it is sent: one that closes a position is for as much as there is of it now."""
    position = state.position(Holding(order.strategy, order.series)) if order.closes else None
    if position is None:
        return order
    return replace(order, quantity=abs(position.quantity).quantize(Decimal("1e-8"), ROUND_DOWN))
