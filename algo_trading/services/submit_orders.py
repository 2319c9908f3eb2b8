"""Orders go to the broker, each once, outside any transaction."""

from dataclasses import dataclass, replace
from decimal import ROUND_DOWN, Decimal

from algo_trading.domain.account import AccountState
from algo_trading.domain.booking import Booking, book_dust
from algo_trading.domain.ledger import Holding
from algo_trading.domain.order import Order, OrderStatus
from algo_trading.errors import AlgoTradingError, ServiceUnavailableError
from algo_trading.gateways.brokers import Broker, Brokers, DoubtfulError, OrderReport
from algo_trading.gateways.clock import Clock
from algo_trading.repositories.accounts import AccountRepository, AccountStep, Submission
from algo_trading.services.approve_orders import ReadAnswers
from algo_trading.services.book_executions import BookExecutions
from algo_trading.services.order_gate import OrderGate


@dataclass(frozen=True)
class SubmitReport:
    """An account after its orders were sent, and how many of them the broker rejected."""

    state: AccountState
    rejected: int = 0


@dataclass(frozen=True)
class SubmitOrders:
    """Send what an account has placed.

    An order is marked as submitted before it is sent. One that is found so marked may have been sent by a process that
    died, so the broker is asked for it first; so it is after a doubtful answer. Whether an order may be sent is judged
    when it is sent. Exits that rest at the broker are taken back, and what became of them is booked, before another
    order closes the position.
    """

    accounts: AccountRepository
    brokers: Brokers
    gate: OrderGate
    book: BookExecutions
    answers: ReadAnswers
    clock: Clock

    def __call__(self, state: AccountState) -> SubmitReport:
        """Send every order that waits for it.

        Raises:
            AlgoTradingError: the broker could not be reached, or its answer is still in doubt. What it did answer is
                stored, and the rest is sent another time.
        """
        decided = self.answers(state)
        state = self._store(state, decided, [])
        refused = sum(order.status is OrderStatus.REJECTED for order in decided)
        waiting = _waiting(state)
        if not waiting:
            return SubmitReport(state, refused)
        state = self._release(state, waiting)
        waiting = _waiting(state)
        doubtful = {order.client_order_id for order in waiting if order.status is OrderStatus.SUBMITTED}
        broker = self.brokers(state.account)
        if doubtful:
            broker.take_over()
        state = self._mark(state, broker, [order for order in waiting if order.status is OrderStatus.NEW])
        answered: list[Order] = []
        tried: list[Submission] = []
        dust: list[Order] = []
        failure: AlgoTradingError | None = None
        try:
            for order in (o for o in state.orders if o.status is OrderStatus.SUBMITTED):
                attempt = self._attempt(order, before=order.client_order_id in doubtful)
                try:
                    report = self._send(broker, order, state, ask=order.client_order_id in doubtful)
                except AlgoTradingError as error:
                    tried.append(replace(attempt, error=str(error)))
                    failure = error
                    break
                tried.append(attempt)
                answered.append(_answered(order, report))
                dust += [order] if report.dust else []
        finally:
            state = self._store(state, answered, tried, self._dust(state, broker, dust))
        if failure is not None:
            raise failure
        rejected = {o.client_order_id for o in waiting} - {o.client_order_id for o in state.orders}
        return SubmitReport(state, refused + len(rejected))

    def preview(self, order: Order, state: AccountState) -> str:
        """The request that an order would be sent with, or why it would not be sent."""
        broker = self.brokers(state.account)
        reason = self.gate.refusal(order, state, broker)
        return f"nothing is sent: {reason}" if reason else broker.preview(_sized(order, state))

    def _release(self, state: AccountState, waiting: list[Order]) -> AccountState:
        """Take back the exits that rest where another order is to close the position.

        Raises:
            AlgoTradingError: nobody knows yet what became of one; nothing may be sent before that is booked.
        """
        closing = {Holding(one.strategy, one.series) for one in waiting if one.closes and not one.rests}
        resting = [o for o in state.orders if o.rests and Holding(o.strategy, o.series) in closing]
        sent = [order for order in resting if order.status is not OrderStatus.NEW]
        if not resting:
            return state
        broker = self.brokers(state.account)
        if any(order.status is OrderStatus.SUBMITTED for order in sent):
            broker.take_over()
        known: list[Order] = []
        for order in resting:
            if order.status.at_broker:
                known.append(order)
            elif order in sent and broker.order(order) is not None:
                known.append(order.moved(OrderStatus.OPEN))
            else:
                known.append(order.moved(OrderStatus.REJECTED, "another order closes the position"))
        state = self._store(state, [one for one in known if one not in resting], [])
        for order in known:
            if order.status.at_broker:
                broker.cancel(order)
        state = self.book(state).state
        unsettled = {order.client_order_id for order in known} & {order.client_order_id for order in state.orders}
        if unsettled:
            raise ServiceUnavailableError("the broker has not settled yet what became of an exit that was taken back")
        return state

    def _mark(self, state: AccountState, broker: Broker, new: list[Order]) -> AccountState:
        """Orders that are about to be sent; those that may not be are rejected, or expire when their time is over."""
        now, before = self.clock.now(), state
        marked, gate = [], self.gate.for_one_pass()
        for order in new:
            reason = gate.refusal(order, state, broker)
            late = order.valid_until is not None and order.valid_until <= now
            refused = OrderStatus.EXPIRED if late else OrderStatus.REJECTED
            marked.append(order.moved(refused if reason else OrderStatus.SUBMITTED, reason))
            state = state.ordering(marked[-1])
        return self._store(before, marked, [])

    def _send(self, broker: Broker, order: Order, state: AccountState, *, ask: bool) -> OrderReport:
        """Send an order, unless the broker has it already; after a doubtful answer ask, and send at most once more.

        What may have been sent by a process that died, and was not, is judged again: time has passed.
        """
        sized = _sized(order, state)
        report = broker.order(sized) if ask else None
        if report is not None:
            return report
        reason = self.gate.refusal(order, state, broker) if ask else ""
        if order.closes and not broker.simulated and sized.quantity is None:
            reason = f"nothing is left to {order.side}"
        if reason:
            return OrderReport(order.client_order_id, OrderStatus.REJECTED, reason)
        try:
            return broker.submit(sized)
        except DoubtfulError:
            report = broker.order(sized)
            return report if report is not None else broker.submit(sized)

    def _attempt(self, order: Order, *, before: bool) -> Submission:
        """This attempt to send an order: the first one, unless it was marked as sent before this pass."""
        known = self.accounts.submission(order.client_order_id) if before else None
        return Submission(order.client_order_id, known.attempts + 1 if known is not None else 1)

    def _dust(self, state: AccountState, broker: Broker, orders: list[Order]) -> Booking:
        """Take positions that are too small to be sold out of the strategies' hands."""
        booking = Booking(state)
        for order in orders:
            rules = broker.rules([order.instrument]).get(order.instrument)
            if rules is not None and booking.state.position(Holding(order.strategy, order.series)) is not None:
                made = book_dust(booking.state, order, rules.base, self.clock.now())
                booking = Booking(made.state, (*booking.entries, *made.entries))
        return booking

    def _store(
        self, state: AccountState, orders: list[Order], tried: list[Submission], dust: Booking | None = None
    ) -> AccountState:
        after = dust.state if dust is not None else state
        for order in orders:
            after = after.ordering(order)
        if orders or tried:
            entries = dust.entries if dust is not None else ()
            step = AccountStep(state, after, self.clock.now(), tuple(orders), (), entries, tuple(tried))
            return self.accounts.store(step)
        return after


def _waiting(state: AccountState) -> list[Order]:
    return [order for order in state.orders if order.status in {OrderStatus.NEW, OrderStatus.SUBMITTED}]


def _answered(order: Order, report: OrderReport) -> Order:
    """The order as rejected, or as open: with what has been executed already it ends when that is booked."""
    if report.status is OrderStatus.REJECTED:
        return order.moved(OrderStatus.REJECTED, report.reason)
    return order.moved(OrderStatus.OPEN)


def _sized(order: Order, state: AccountState) -> Order:
    """The order as it is sent: one that closes a position is for as much as there is of it now."""
    position = state.position(Holding(order.strategy, order.series)) if order.closes else None
    if position is None:
        return order
    return replace(order, quantity=abs(position.quantity).quantize(Decimal("1e-8"), ROUND_DOWN))
