"""What a broker reports is booked, each execution once."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from algo_trading.domain.account import AccountState
from algo_trading.domain.booking import book_dust, book_execution
from algo_trading.domain.ledger import Entry, Holding
from algo_trading.domain.order import TRANSITIONS, Execution, Order, OrderStatus
from algo_trading.domain.time import Period
from algo_trading.gateways.broker_updates import OrderUpdate
from algo_trading.gateways.brokers import Broker, BrokerReport, Brokers, OrderReport, Query
from algo_trading.gateways.clock import Clock
from algo_trading.repositories.accounts import AccountRepository, AccountStep
from algo_trading.risk.order_rules import MARKET, lot_of


@dataclass(frozen=True)
class BookReport:
    """An account after booking: how many executions were booked, and how many orders the broker rejected."""

    state: AccountState
    executed: int = 0
    rejected: int = 0


@dataclass(frozen=True)
class BookExecutions:
    """Ask the broker what became of an account's open orders, and book it in one transaction."""

    accounts: AccountRepository
    brokers: Brokers
    clock: Clock

    def __call__(self, state: AccountState, venue: str = "", period: Period | None = None) -> BookReport:
        """Book what is new; a simulated broker executes orders in `period` of `venue` and nothing without one.

        Executions of orders that are not the account's (somebody traded at the broker by hand) are not booked;
        `Reconcile` names the differences that they leave.
        """
        waiting = [order for order in state.orders if order.status.at_broker]
        if not waiting:
            return BookReport(state)
        broker = self.brokers(state.account)
        since = min(order.decided_at for order in waiting)
        partly = [order.client_order_id for order in waiting if order.status is OrderStatus.PARTLY_FILLED]
        before = self.accounts.executions_of(partly) if partly else {}
        booked = frozenset(one.id for executions in before.values() for one in executions)
        report = broker.executions(Query(state, since, venue, period, booked))
        known = self.accounts.known_executions(state.account.name, [one.id for one in report.executions])
        new = [one for one in report.executions if one.id not in known]
        return self._store(state, broker, new, report)

    def pushed(self, state: AccountState, updates: Sequence[OrderUpdate]) -> BookReport:
        """Book what the broker has pushed. Where that leaves something out, the broker is asked, as above.

        An update that comes twice, or after a later one, changes nothing more. How an order stands counts once all of
        it that had been executed by then is booked.
        """
        ids = [one.execution.id for one in updates if one.execution is not None]
        known = self.accounts.known_executions(state.account.name, ids) if ids else set()
        new = {one.execution.id: one.execution for one in updates if one.execution and one.execution.id not in known}
        booked: defaultdict[str, Decimal] = defaultdict(Decimal)
        for execution in new.values():
            booked[execution.client_order_id] += execution.quantity
        reports: list[OrderReport] = []
        missing = False
        for update in updates:
            order = self._order(state, update.client_order_id)
            if order is None or (order.status.final and update.execution is None):
                continue
            complete = order.filled + booked[order.client_order_id] >= update.filled
            missing = missing or not complete or update.report is None
            reports += [update.report] if update.report is not None and complete else []
        broker = self.brokers(state.account)
        report = self._store(state, broker, list(new.values()), BrokerReport((), tuple(reports)))
        if not missing:
            return report
        asked = self(report.state)
        return BookReport(asked.state, report.executed + asked.executed, report.rejected + asked.rejected)

    def _store(
        self, state: AccountState, broker: Broker, executions: list[Execution], report: BrokerReport
    ) -> BookReport:
        before, now = state, self.clock.now()
        entries: list[Entry] = []
        booked: list[Execution] = []
        changed: dict[str, Order] = {}
        for execution in executions:
            known = changed.get(execution.client_order_id) or self._order(state, execution.client_order_id)
            if known is not None:
                booking = book_execution(state, known, execution, _base(broker, known, execution, state), now)
                state, (order,) = booking.state, booking.orders
                entries += booking.entries
                booked.append(execution)
                partly = order.status is OrderStatus.OPEN
                changed[order.client_order_id] = order.moved(OrderStatus.PARTLY_FILLED) if partly else order
        rejected = 0
        for one in report.orders:
            known = changed.get(one.client_order_id) or self._order(state, one.client_order_id)
            if known is not None and one.status in TRANSITIONS[known.status] | {known.status}:
                after = _answered(known, one)
                rejected += after.status is OrderStatus.REJECTED
                if after != known:
                    changed[one.client_order_id] = after
        for after in changed.values():
            state = state.ordering(after)
            if after.status.final and (base := _dust(broker, after, state)):
                cleared = book_dust(state, after, base, now)
                state, entries = cleared.state, [*entries, *cleared.entries]
        if changed:
            step = AccountStep(before, state, now, tuple(changed.values()), tuple(booked), tuple(entries))
            state = self.accounts.store(step)
        return BookReport(state, len(booked), rejected)

    def _order(self, state: AccountState, client_order_id: str) -> Order | None:
        """An order of the account, also one that is done with: its last execution may be reported late."""
        for order in state.orders:
            if order.client_order_id == client_order_id:
                return order
        known = self.accounts.order(client_order_id)
        return known if known is not None and known.account == state.account.name else None


def _answered(order: Order, report: OrderReport) -> Order:
    return replace(order.moved(report.status, report.reason), triggered=report.triggered or order.triggered)


def _dust(broker: Broker, order: Order, state: AccountState) -> str:
    """The asset that an order which closed a position has left too little of to be sold; empty where it has not."""
    position = state.position(Holding(order.strategy, order.series)) if order.closes and order.filled else None
    rules = broker.rules([order.instrument]).get(order.instrument) if position is not None else None
    if position is None or rules is None:
        return ""
    least = max(lot_of(rules, MARKET), rules.min_quantity, rules.market_min_quantity)
    return rules.base if 0 < position.quantity < least else ""


def _base(broker: Broker, order: Order, execution: Execution, state: AccountState) -> str:
    """The asset that is traded, where the commission may have been taken in it."""
    if not execution.commission or execution.commission_asset == state.account.currency:
        return ""
    rules = broker.rules([order.instrument]).get(order.instrument)
    return rules.base if rules is not None else ""
