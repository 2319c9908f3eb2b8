"""Orders at a broker that answers late, partly or not at all: each is sent once, and each execution booked once."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from algo_trading.domain.account import AccountState, Mode, Position
from algo_trading.domain.instrument import Instrument, Series
from algo_trading.domain.ledger import EntryKind, Holding
from algo_trading.domain.order import Order, OrderStatus
from algo_trading.domain.signal import Side, StrategyId
from algo_trading.domain.time import Interval
from algo_trading.errors import ServiceUnavailableError
from algo_trading.gateways.brokers import Broker, BrokerReport, DoubtfulError, OrderReport, Query
from algo_trading.repositories.accounts import AccountStep, Submission
from contracts.brokers import BrokerContract
from fakes.accounts import FakeAccounts
from fakes.broker import FakeBroker
from support.trading import Trading, an_account, opening

pytestmark = pytest.mark.unit

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
SCALP = StrategyId("scalp", "{}")
COIN = Series(Instrument("INJUSDT", "BINANCE"), Interval.MINUTE_5)
HOLDING = Holding(SCALP, COIN)
NEW, SUBMITTED, OPEN = OrderStatus.NEW, OrderStatus.SUBMITTED, OrderStatus.OPEN


def an_order(number: int = 1, side: Side = Side.BUY, **changes: object) -> Order:
    budget = Decimal(100) if side is Side.BUY else None
    order = Order(
        f"o{number}", "live", SCALP, COIN, side, NOW - timedelta(minutes=5), NOW, "it falls", budget=budget,
        closes=side is Side.SELL,
    )  # fmt: skip
    return replace(order, **changes)  # type: ignore[arg-type]  # fields by name


class Desk(Trading):
    """An account at an exchange, with these orders placed."""

    def __init__(self, *orders: Order, held: str = "0") -> None:
        super().__init__()
        self.exchange = FakeBroker()
        self.find_broker = lambda _: self.exchange
        self.clock.time = NOW
        account = an_account("live", NOW - timedelta(days=1), currency="USDT", mode=Mode.LIVE)
        state = self.accounts.open(opening(account, "1000"))
        after = state
        if Decimal(held):
            after = after.holding(Position(SCALP, COIN, Decimal(held), Decimal(20), Decimal(20), "o0"))
        for order in orders:
            after = after.ordering(order)
        self.accounts.store(AccountStep(state, after, NOW, orders))

    @property
    def state(self) -> AccountState:
        return self.accounts.state("live")

    def order(self, number: int = 1) -> Order:
        order = self.accounts.order(f"o{number}")
        assert order is not None
        return order

    def send(self) -> None:
        """Submit, and see that what is returned is what is stored."""
        assert self.submit(self.state).state == self.state

    def collect(self) -> int:
        """Book, and see that what is returned is what is stored."""
        report = self.book(self.state)
        assert report.state == self.state
        return report.executed


class TestFakeBroker(BrokerContract):
    @pytest.fixture
    def broker(self) -> FakeBroker:
        broker = FakeBroker()
        broker.held["USDT"] = Decimal(1000)
        return broker

    @pytest.fixture
    def state(self) -> AccountState:
        return AccountState(an_account("live", currency="USDT"), {"USDT": Decimal(1000)}, orders=(an_order(),))

    def execute(self, broker: Broker, order: Order) -> None:
        assert isinstance(broker, FakeBroker)
        broker.fill(order.client_order_id, "5", "20", NOW)

    def query(self, state: AccountState) -> Query:
        return Query(state, NOW)


class TestSubmit:
    def test_what_is_new_is_sent_once(self) -> None:
        desk = Desk(an_order(1), an_order(2))
        desk.send()
        desk.send()
        assert desk.exchange.received == ["o1", "o2"]
        assert [order.status for order in desk.state.orders] == [OPEN, OPEN]
        assert desk.accounts.submission("o1") == Submission("o1", 1)
        assert desk.exchange.asked == []

    def test_a_refusal_is_a_rejection_with_the_brokers_reason(self) -> None:
        desk = Desk(an_order(1), an_order(2))
        desk.exchange.answers = ["refused"]
        assert desk.submit(desk.state).rejected == 1
        assert (desk.order(1).status, desk.order(1).reason) == (OrderStatus.REJECTED, "insufficient balance")
        assert desk.order(2).status is OPEN

    @pytest.mark.parametrize(("answer", "received"), [("late", ["o1"]), ("lost", ["o1"])])
    def test_after_a_doubtful_answer_the_broker_is_asked_before_the_order_is_sent_again(
        self, answer: str, received: list[str]
    ) -> None:
        desk = Desk(an_order())
        desk.exchange.answers = [answer]
        desk.send()
        assert (desk.exchange.asked, desk.exchange.received) == (["o1"], received)
        assert desk.order().status is OPEN

    def test_what_is_filled_at_once_is_open_until_that_is_booked(self) -> None:
        desk = Desk(an_order())
        desk.exchange.answers = ["filled"]
        desk.send()
        assert (desk.order().status, desk.state.positions) == (OPEN, ())
        assert desk.collect() == 1
        assert (desk.order().status, desk.order().filled) == (OrderStatus.FILLED, Decimal(5))

    def test_what_stays_in_doubt_is_asked_for_the_next_time(self) -> None:
        desk = Desk(an_order())
        desk.exchange.answers = ["lost", "late"]
        with pytest.raises(DoubtfulError):
            desk.submit(desk.state)
        assert desk.order().status is SUBMITTED
        assert desk.accounts.submission("o1") == Submission("o1", 1, "no answer within 5 s")
        desk.send()
        assert desk.exchange.received == ["o1"]
        assert desk.accounts.submission("o1") == Submission("o1", 2)
        assert desk.order().status is OPEN

    def test_a_broker_that_cannot_be_reached_is_told_with_what_was_sent_before(self) -> None:
        desk = Desk(an_order(1), an_order(2), an_order(3))
        desk.exchange.answers = ["accepted", "down"]
        with pytest.raises(ServiceUnavailableError):
            desk.submit(desk.state)
        assert [order.status for order in desk.state.orders] == [OPEN, SUBMITTED, SUBMITTED]
        assert desk.accounts.submission("o2") == Submission("o2", 1, "the broker does not answer")
        assert desk.accounts.submission("o3") == Submission("o3")
        desk.send()
        assert desk.exchange.received == ["o1", "o2", "o3"]

    def test_an_order_found_submitted_is_asked_for_before_anything_is_sent(self) -> None:
        """The process died after it was marked; whether it was sent nobody knows."""
        desk = Desk(an_order(1, status=SUBMITTED), an_order(2, status=SUBMITTED))
        desk.exchange.submit(an_order(1))
        desk.send()
        assert desk.exchange.asked == ["o1", "o2"]
        assert desk.exchange.received == ["o1", "o2"]

    def test_what_closes_a_position_is_sent_with_as_much_as_there_is(self) -> None:
        desk = Desk(an_order(1, Side.SELL), held="4.995")
        desk.send()
        assert desk.exchange.orders["o1"].quantity == Decimal("4.995")
        assert desk.order().quantity is None

    def test_an_order_whose_time_is_over_is_not_sent(self) -> None:
        desk = Desk(an_order(1, valid_until=NOW), an_order(2, valid_until=NOW + timedelta(seconds=1)))
        desk.send()
        assert desk.exchange.received == ["o2"]
        assert (desk.order(1).status, desk.order(1).reason) == (
            OrderStatus.EXPIRED,
            "it was to be sent before 2026-11-20 12:00 UTC",
        )

    def test_nothing_to_send_is_no_transaction(self) -> None:
        desk = Desk()
        assert isinstance(desk.accounts, FakeAccounts)
        before = desk.accounts.stored
        desk.send()
        assert desk.accounts.stored == before


class TestBook:
    def test_parts_are_booked_as_they_come_each_once(self) -> None:
        desk = Desk(an_order())
        desk.send()
        desk.exchange.fill("o1", "2", "20", NOW, whole=False)
        assert (desk.collect(), desk.collect()) == (1, 0)
        assert (desk.order().status, desk.order().filled) == (OrderStatus.PARTLY_FILLED, Decimal(2))
        desk.exchange.fill("o1", "3", "20.10", NOW + timedelta(seconds=1))
        assert desk.collect() == 1
        assert (desk.order().status, desk.order().filled) == (OrderStatus.FILLED, Decimal(5))
        (position,) = desk.state.positions
        assert (position.quantity, position.entry_price, position.opened_by) == (Decimal(5), Decimal("20.06"), "o1")
        assert desk.state.money == 1000 - 40 - Decimal("60.30")
        assert [str(event.status) for event in desk.accounts.events("o1")] == [
            "new", "submitted", "open", "partly filled", "filled",
        ]  # fmt: skip

    def test_a_commission_in_the_coin_leaves_less_of_it(self) -> None:
        desk = Desk(an_order())
        desk.send()
        desk.exchange.fill("o1", "5", "20", NOW, commission="0.005", asset="INJ")
        desk.collect()
        assert desk.state.sums.held == {HOLDING: Decimal("4.995")}
        assert desk.state.money == 900
        (entry,) = (e for e in desk.accounts.entries("live") if e.kind is EntryKind.COMMISSION)
        assert (entry.asset, entry.amount, entry.holding) == ("", Decimal("-0.005"), HOLDING)

    def test_a_commission_in_a_third_asset_is_cash_of_its_own(self) -> None:
        desk = Desk(an_order())
        desk.send()
        desk.exchange.fill("o1", "5", "20", NOW, commission="0.001", asset="BNB")
        desk.collect()
        assert desk.state.cash == {"USDT": Decimal(900), "BNB": Decimal("-0.001")}
        assert desk.books("live")[0] == desk.state

    def test_an_execution_that_is_told_late_is_booked_too(self) -> None:
        desk = Desk(an_order(1), an_order(2))
        desk.send()
        desk.exchange.fill("o1", "2", "20", NOW, whole=False)
        cancelled = desk.order(1).moved(OrderStatus.CANCELLED)
        desk.accounts.store(AccountStep(desk.state, desk.state.ordering(cancelled), NOW, (cancelled,)))
        told = desk.exchange.executions(Query(replace(desk.state, orders=(replace(cancelled, status=OPEN),)), NOW))
        desk.exchange.told = told
        assert desk.collect() == 1
        assert (desk.order(1).status, desk.order(1).filled) == (OrderStatus.CANCELLED, Decimal(2))
        assert desk.state.sums.held == {HOLDING: 2}

    def test_what_somebody_traded_by_hand_is_not_booked_but_found(self) -> None:
        desk = Desk(an_order())
        desk.send()
        desk.exchange.submit(an_order(9))
        by_hand = desk.exchange.fill("o9", "5", "20", NOW)
        told = replace(desk.exchange.executions(Query(desk.state, NOW)), executions=(by_hand,))
        desk.exchange.told = told
        assert desk.collect() == 0
        desk.exchange.held = {"USDT": Decimal(900), "INJ": Decimal(5)}
        (report,) = desk.reconcile()
        assert report.broker == ("INJ: the account has 0, the broker 5", "USDT: the account has 1000, the broker 900")
        assert (report.book, report.orders) == ((), ())

    def test_a_status_that_the_order_has_passed_already_changes_nothing(self) -> None:
        desk = Desk(an_order())
        desk.send()
        desk.exchange.fill("o1", "2", "20", NOW, whole=False)
        desk.collect()
        desk.exchange.told = BrokerReport(orders=(OrderReport("o1", OPEN),))
        assert desk.collect() == 0
        assert desk.order().status is OrderStatus.PARTLY_FILLED

    def test_an_order_that_ends_unfilled(self) -> None:
        desk = Desk(an_order())
        desk.send()
        desk.exchange.cancel(desk.order())
        assert desk.collect() == 0
        assert desk.order().status is OrderStatus.CANCELLED
        assert desk.state.orders == ()


class TestReconcile:
    def test_an_account_that_agrees(self) -> None:
        desk = Desk(an_order())
        desk.send()
        desk.exchange.fill("o1", "5", "20", NOW, commission="0.005", asset="INJ")
        desk.collect()
        desk.exchange.held = {"USDT": Decimal(900), "INJ": Decimal("4.995"), "ETH": Decimal(0)}
        (report,) = desk.reconcile()
        assert report.agrees

    def test_orders_that_stand_otherwise_at_the_broker(self) -> None:
        desk = Desk(an_order(1), an_order(2, status=OPEN))
        desk.send()
        desk.exchange.held = {"USDT": Decimal(1000)}
        desk.exchange.cancel(desk.order(1))
        (report,) = desk.reconcile()
        assert report.orders == (
            "order o1 is open here and cancelled at the broker",
            "order o2 is open here, and the broker does not know it",
        )
        assert not report.agrees

    def test_a_book_that_does_not_add_up(self) -> None:
        desk = Desk()
        rich = desk.state.paid("USDT", Decimal(1))
        desk.accounts.store(AccountStep(desk.state, rich, NOW))
        desk.exchange.held = {"USDT": Decimal(1001)}
        (report,) = desk.reconcile()
        assert report.book == ("USDT: the book has 1000, not 1001",)
        assert desk.locks.taken == ["account live"]
