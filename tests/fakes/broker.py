"""A market in memory that tests move."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from algo_trading.domain.account import AccountState
from algo_trading.domain.instrument import Instrument, TradingRules
from algo_trading.domain.order import Execution, Order, OrderStatus
from algo_trading.errors import ServiceUnavailableError
from algo_trading.gateways.brokers import Balance, BrokerReport, DoubtfulError, OrderReport, Query


class FakeBroker:
    """Implements Broker as an exchange does it.

    `answers` says what comes of the next orders: `accepted` (also without an answer), `refused`, `down` (not sent),
    `lost` (in doubt, and not accepted), `late` (in doubt, but accepted) or `filled` (5 at 20 each, at once). `received`
    names every order that arrived, as often as it did; `taken_over` counts how often it was.
    """

    simulated = False
    holds_exits = False

    def __init__(self, *, real_money: bool = False) -> None:
        self.real_money = real_money
        self.answers: list[str] = []
        self.received: list[str] = []
        self.asked: list[str] = []
        self.taken_over = 0
        self.prices: dict[str, Decimal] = {}
        self.held: dict[str, Decimal] = {}
        self.told: BrokerReport | None = None  # instead of what is asked for
        self.orders: dict[str, Order] = {}
        self._executions: list[Execution] = []

    def price(self, instrument: Instrument) -> Decimal | None:
        return self.prices.get(instrument.symbol)

    def preview(self, order: Order) -> str:
        return f"{order.side} {order.instrument}"

    def submit(self, order: Order) -> OrderReport:
        assert order.quantity is not None or order.budget is not None, "nobody said how much"
        answer = self.answers.pop(0) if self.answers else "accepted"
        if answer == "down":
            raise ServiceUnavailableError("the broker does not answer")
        if answer == "lost":
            raise DoubtfulError("no answer within 5 s")
        if answer == "refused":
            return OrderReport(order.client_order_id, OrderStatus.REJECTED, "insufficient balance")
        self.received.append(order.client_order_id)
        self.orders.setdefault(order.client_order_id, replace(order, status=OrderStatus.OPEN))
        if answer == "late":
            raise DoubtfulError("no answer within 5 s")
        if answer == "filled":
            self.fill(order.client_order_id, "5", "20", order.decided_at)
        return self._report(order.client_order_id)

    def cancel(self, order: Order) -> OrderReport:
        known = self.orders[order.client_order_id]
        if not known.status.final:
            self.orders[order.client_order_id] = known.moved(OrderStatus.CANCELLED)
        return self._report(order.client_order_id)

    def take_over(self) -> None:
        self.taken_over += 1

    def order(self, order: Order) -> OrderReport | None:
        self.asked.append(order.client_order_id)
        return self._report(order.client_order_id) if order.client_order_id in self.orders else None

    def executions(self, query: Query) -> BrokerReport:
        if self.told is not None:
            return self.told
        wanted = {order.client_order_id: order for order in query.state.orders if order.status.at_broker}
        found = [e for e in self._executions if e.client_order_id in wanted and e.at >= query.since]
        reports = [self._report(key) for key in wanted if key in self.orders]
        return BrokerReport(
            tuple(found),
            tuple(r for r in reports if r.status is not wanted[r.client_order_id].status),
        )

    def balances(self, state: AccountState) -> Mapping[str, Balance]:  # noqa: ARG002 - it knows them itself
        return {asset: Balance(amount) for asset, amount in self.held.items()}

    def rules(self, instruments: Sequence[Instrument]) -> Mapping[Instrument, TradingRules]:
        return {
            one: TradingRules(one, one.symbol.removesuffix(quote), quote)
            for one in instruments
            for quote in ("USDT", "BTC")
            if one.symbol.endswith(quote)
        }

    def fill(
        self,
        order_id: str,
        quantity: str,
        price: str,
        at: datetime,
        *,
        commission: str = "0",
        asset: str = "USDT",
        whole: bool = True,
    ) -> Execution:
        """Let the market execute an order, or a part of it."""
        shares, each = Decimal(quantity), Decimal(price)
        number = f"t{len(self._executions) + 1}"
        execution = Execution(number, order_id, at, shares, each, shares * each, Decimal(commission), asset)
        self._executions.append(execution)
        status = OrderStatus.FILLED if whole else OrderStatus.PARTLY_FILLED
        self.orders[order_id] = self.orders[order_id].moved(status)
        return execution

    def _report(self, order_id: str) -> OrderReport:
        return OrderReport(order_id, self.orders[order_id].status)
