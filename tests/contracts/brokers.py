"""What every broker does."""

from abc import ABC, abstractmethod
from dataclasses import replace
from decimal import Decimal

from algo_trading.domain.account import AccountState
from algo_trading.domain.order import Order, OrderStatus
from algo_trading.gateways.brokers import Broker, Query


class BrokerContract(ABC):
    """Subclasses give the fixtures `broker` and `state`, an account with one new order that the broker would take."""

    @abstractmethod
    def execute(self, broker: Broker, order: Order) -> None:
        """Let the market execute the whole order, where that does not happen by itself."""

    @abstractmethod
    def query(self, state: AccountState) -> Query:
        """Ask for what has been executed by then."""

    def submitted(self, broker: Broker, state: AccountState) -> tuple[AccountState, Order]:
        """The account once its order is at the broker."""
        (order,) = state.orders
        sent = order.moved(OrderStatus.SUBMITTED)
        report = broker.submit(sent)
        assert (report.client_order_id, report.status) == (order.client_order_id, OrderStatus.OPEN)
        opened = sent.moved(report.status)
        return state.ordering(opened), opened

    def test_an_order_that_was_never_sent_is_not_known(self, broker: Broker, state: AccountState) -> None:
        (order,) = state.orders
        assert broker.order(order.moved(OrderStatus.SUBMITTED)) is None

    def test_an_order_that_was_sent_is_known(self, broker: Broker, state: AccountState) -> None:
        _, order = self.submitted(broker, state)
        report = broker.order(order)
        assert report is not None
        assert report.status is OrderStatus.OPEN

    def test_an_order_sent_twice_is_one_order(self, broker: Broker, state: AccountState) -> None:
        state, order = self.submitted(broker, state)
        assert broker.submit(replace(order, status=OrderStatus.SUBMITTED)).status is OrderStatus.OPEN
        self.execute(broker, order)
        assert len(broker.executions(self.query(state)).executions) == 1

    def test_executions_are_the_same_whenever_they_are_asked_for(self, broker: Broker, state: AccountState) -> None:
        state, order = self.submitted(broker, state)
        self.execute(broker, order)
        report = broker.executions(self.query(state))
        (execution,) = report.executions
        assert broker.executions(self.query(state)) == report
        assert execution.client_order_id == order.client_order_id
        assert execution.quantity > 0
        assert abs(execution.value - execution.quantity * execution.price) <= Decimal("0.005")
        assert [(one.client_order_id, one.status) for one in report.orders] == [
            (order.client_order_id, OrderStatus.FILLED)
        ]

    def test_without_open_orders_nothing_is_executed(self, broker: Broker, state: AccountState) -> None:
        report = broker.executions(self.query(replace(state, orders=())))
        assert (report.executions, report.orders) == ((), ())

    def test_what_is_cancelled_is_not_executed(self, broker: Broker, state: AccountState) -> None:
        state, order = self.submitted(broker, state)
        report = broker.cancel(order)
        assert report.status is OrderStatus.CANCELLED
        after = state.ordering(order.moved(report.status))
        assert broker.executions(self.query(after)).executions == ()

    def test_rules_name_what_is_traded_and_what_it_is_paid_in(self, broker: Broker, state: AccountState) -> None:
        (order,) = state.orders
        rules = broker.rules([order.instrument])[order.instrument]
        assert rules.base
        assert rules.quote == state.account.currency
        assert broker.rules([]) == {}

    def test_balances_are_by_asset(self, broker: Broker, state: AccountState) -> None:
        balances = broker.balances(state)
        assert balances[state.account.currency].total == state.money
