"""What a broker pushes: whatever comes twice, late or never, each execution is booked once."""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from itertools import permutations

import pytest

from algo_trading.domain.ledger import Holding
from algo_trading.domain.order import Execution, OrderStatus
from algo_trading.domain.signal import Side
from algo_trading.errors import ServiceUnavailableError
from algo_trading.gateways.broker_updates import OrderUpdate
from algo_trading.gateways.brokers import Broker, OrderReport, Query
from algo_trading.repositories.accounts import AccountStep
from support.spot_exchange import SCALP, PushedEvents, SpotDesk, SpotExchange, series_of

pytestmark = pytest.mark.unit


class HearingDesk(SpotDesk):
    """An account whose broker pushes; `asked` counts how often it was asked for executions."""

    def __init__(self) -> None:
        self.pushed: PushedEvents | None = None
        super().__init__(SpotExchange())
        self.hear.subscribe()
        self.hear.wait(0)
        self.clear()

    def restart(self) -> None:
        self.pushed = PushedEvents(self.exchange)
        broker = self.exchange.settled()
        broker.listen = self.pushed.listen  # type: ignore[method-assign]  # without a socket
        self.find_broker = lambda _: broker

    def clear(self) -> None:
        self.exchange.log.clear()

    @property
    def questions(self) -> list[str]:
        return [line for line in self.exchange.log if line.startswith(("GET /api/v3/order ", "GET /api/v3/myTrades "))]

    def send(self, number: int, side: Side = Side.BUY) -> None:
        """Send an order, and book nothing yet."""
        self.clock.time = self.exchange.now()
        self.put(self.exchange.order(number, side))
        self.submit(self.state)
        self.clear()


def executions_at(broker: Broker, desk: SpotDesk) -> Sequence[Execution]:
    return broker.executions(Query(desk.state, desk.exchange.now())).executions


def test_an_execution_is_booked_without_asking() -> None:
    desk = HearingDesk()
    desk.send(1)
    polled = executions_at(desk.brokers(desk.state.account), desk)
    desk.clear()
    assert desk.hear.wait(0) == len(polled) > 0
    assert desk.questions == []
    assert desk.stored(1).status is OrderStatus.FILLED
    assert desk.books("spot")[2] == list(polled)


def test_what_was_polled_before_is_not_booked_again() -> None:
    desk = HearingDesk()
    desk.send(1)
    desk.book(desk.state)
    before = desk.books("spot")
    assert desk.hear.wait(0) == 0
    assert desk.books("spot") == before


def test_the_exchange_is_asked_after_every_connect() -> None:
    desk = HearingDesk()
    assert desk.pushed is not None
    desk.pushed.cut()
    desk.send(1)
    assert desk.hear.wait(0) == 0
    desk.pushed.connect()
    assert desk.hear.wait(0) == 1
    assert desk.stored(1).status is OrderStatus.FILLED


@pytest.mark.parametrize("kind", ["duplicate_events", "reorder_events", "lose_events"])
def test_events_that_come_twice_late_or_never(kind: str) -> None:
    desk = HearingDesk()
    desk.exchange.fault(kind, times=3)
    desk.send(1)
    assert desk.pushed is not None
    desk.hear.wait(0)
    desk.pushed.late()
    desk.hear.wait(0)
    desk.book(desk.state)
    assert desk.stored(1).status is OrderStatus.FILLED
    assert len(desk.books("spot")[2]) == 1
    (report,) = desk.reconcile()
    assert report.agrees


def test_an_order_of_nobody_and_one_of_another_account_are_not_booked() -> None:
    desk = HearingDesk()
    desk.exchange.world.order(side="BUY", type="MARKET", quoteOrderQty=50, newClientOrderId="by-hand")
    assert desk.hear.wait(0) == 0
    assert desk.books("spot")[2] == []


def test_an_exit_that_rests_is_heard_when_it_is_met() -> None:
    """Its report follows from both of its orders, so the exchange is asked for it."""
    desk = HearingDesk()
    desk.send(1)
    desk.hear.wait(0)
    position = desk.state.position(Holding(SCALP, series_of("BTCUSDT")))
    assert position is not None
    after = replace(position, exits=replace(position.exits, stop=0.5, target=0.0001))
    desk.accounts.store(AccountStep(desk.state, desk.state.holding(after), desk.exchange.now()))
    desk.watch()
    desk.clear()
    assert [order.rests for order in desk.state.orders] == [True]
    for _ in range(50):
        desk.exchange.world.wait(30)
        if desk.hear.wait(0):
            break
    sold = next(order for order in desk.accounts.orders("spot") if order.rests)
    assert sold.status is OrderStatus.FILLED
    assert "target" in sold.reason
    assert desk.questions != []


def updates_of(desk: HearingDesk) -> list[OrderUpdate]:
    """An order in three parts, as the exchange would push them."""
    (order,) = desk.state.orders
    found, filled = [], Decimal(0)
    statuses = (OrderStatus.PARTLY_FILLED, OrderStatus.PARTLY_FILLED, OrderStatus.FILLED)
    for number, status in enumerate(statuses):
        quantity = Decimal("0.001")
        filled += quantity
        one = Execution(
            f"BTCUSDT:9{number}", order.client_order_id, desk.exchange.now(), quantity, Decimal(60_000),
            quantity * 60_000, Decimal(0), "USDT",
        )  # fmt: skip
        found.append(OrderUpdate(order.client_order_id, filled, OrderReport(order.client_order_id, status), one))
    return found


def test_any_order_of_parts_ends_in_the_same_book() -> None:
    results = set()
    for sequence in permutations(range(3)):
        desk = HearingDesk()
        desk.put(replace(desk.exchange.order(1), status=OrderStatus.OPEN))
        updates = updates_of(desk)
        for number in sequence:
            # What is missing is asked for; the exchange does not know this order and adds nothing.
            desk.book.pushed(desk.state, [updates[number], updates[number]])
            state, (order,), executions, _ = desk.books("spot")
        assert order.filled == Decimal("0.003")
        results.add((state.money, order.status, frozenset(one.id for one in executions)))
    assert len({(money, ids) for money, _, ids in results}) == 1


def test_what_could_not_be_asked_for_is_booked_by_the_next_look() -> None:
    desk = HearingDesk()
    assert desk.pushed is not None
    desk.pushed.cut()
    desk.send(1)
    desk.pushed.connect()
    desk.exchange.fault("answer", path="/api/v3/order", status=503, times=3)
    with pytest.raises(ServiceUnavailableError):
        desk.hear.wait(0)
    desk.watch()
    assert desk.stored(1).status is OrderStatus.FILLED
