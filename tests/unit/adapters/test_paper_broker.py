"""The paper broker: a broker like any other, and order types bar by bar."""

from dataclasses import replace
from decimal import Decimal

import pytest

from algo_trading.adapters.paper_broker import PaperBroker
from algo_trading.domain.account import AccountState
from algo_trading.domain.costs import Costs
from algo_trading.domain.instrument import Instrument, Series
from algo_trading.domain.order import Order, OrderStatus, OrderType
from algo_trading.domain.signal import Side
from algo_trading.domain.time import Interval, midnight
from algo_trading.gateways.brokers import Broker, BrokerReport, Query
from algo_trading.services.prices import ReadPrices
from contracts.bars import bar_row, bar_rows
from contracts.brokers import BrokerContract
from fakes.bars import FakeBars, FakeCorporateActions
from support.paper_desk import BEFORE, CALENDAR, FAST, IBM, START, USUAL, a_buy, a_sell, a_state, held
from support.trading import an_account

pytestmark = pytest.mark.unit

PERIOD = CALENDAR.period(Interval.DAY, midnight(START))


def a_broker(*, low: float = 9, opened: float = 10, high: float = 12, volume: float = 1000.0) -> PaperBroker:
    bars = FakeBars()
    bars.upsert(bar_rows(bar_row(IBM, START, 10.0, open=opened, high=high, low=low, volume=volume)), "test")
    return PaperBroker(ReadPrices(bars, FakeCorporateActions()))


def asked(state: AccountState) -> Query:
    return Query(state, BEFORE.closed_at, "XNYS", PERIOD)


class TestPaperBroker(BrokerContract):
    @pytest.fixture
    def broker(self) -> PaperBroker:
        return a_broker()

    @pytest.fixture
    def state(self) -> AccountState:
        return a_state(pending=[a_buy("500.00")])

    def execute(self, broker: Broker, order: Order) -> None:
        """The bar is there."""

    def query(self, state: AccountState) -> Query:
        return asked(state)


def opened(*orders: Order) -> list[Order]:
    return [replace(order, status=OrderStatus.OPEN) for order in orders]


def executed(broker: PaperBroker, *orders: Order, held_before: str = "0", costs: Costs = USUAL) -> BrokerReport:
    positions = [held(held_before)] if Decimal(held_before) else []
    state = a_state("1000.00", *positions, pending=opened(*orders), costs=costs)
    return broker.executions(asked(state))


def money(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)


def price_of(report: BrokerReport) -> Decimal | None:
    return report.executions[0].price if report.executions else None


def test_without_a_period_nothing_happens() -> None:
    state = a_state(pending=opened(a_buy("500.00")))
    assert a_broker().executions(Query(state, BEFORE.closed_at)) == BrokerReport()


def test_an_order_decided_at_the_close_waits_for_the_next_bar() -> None:
    late = replace(a_buy("500.00"), decided_at=PERIOD.closed_at)
    assert executed(a_broker(), late) == BrokerReport()


def test_orders_of_other_series_wait_for_their_own_bars() -> None:
    hourly = replace(a_buy("500.00"), series=Series(IBM, Interval.HOUR_1))
    assert executed(a_broker(), hourly) == BrokerReport()


def test_nothing_is_executed_where_nobody_traded() -> None:
    assert executed(a_broker(volume=0.0), a_buy("500.00")) == BrokerReport()


def test_the_id_is_made_of_the_order_and_the_period() -> None:
    (execution,) = executed(a_broker(), a_buy("500.00")).executions
    assert execution.id == f"buy:{START}"
    assert execution.at == PERIOD.starts_at


BUY = replace(a_buy("500.00"), quantity=Decimal(10))


@pytest.mark.parametrize(
    ("kind", "limit", "stop", "price"),
    [  # of a bar that opens at 10, between 9 and 12
        (OrderType.MARKET, None, None, "10.005"),
        (OrderType.LIMIT, "9.5", None, "9.5"),  # a limit does not slip
        (OrderType.LIMIT, "9", None, "9"),
        (OrderType.LIMIT, "10.5", None, "10"),  # better than asked for
        (OrderType.LIMIT, "8.9", None, None),
        (OrderType.STOP, None, "11", "11.0055"),
        (OrderType.STOP, None, "9.9", "10.005"),  # the open is beyond it
        (OrderType.STOP, None, "12.1", None),
        (OrderType.TARGET, None, "9.5", "9.50475"),
        (OrderType.TARGET, None, "8", None),
        (OrderType.STOP_LIMIT, "11.5", "11", "11"),
        (OrderType.STOP_LIMIT, "10.5", "11", None),  # whether it came back to 10.50 afterwards nobody knows
        (OrderType.STOP_LIMIT, "10.5", "12.1", None),
        (OrderType.STOP_LIMIT, "9.5", "9.9", "9.5"),  # stopped at the open, and the bar falls to the limit
    ],
)
def test_buys(kind: OrderType, limit: str | None, stop: str | None, price: str | None) -> None:
    order = replace(BUY, type=kind, limit_price=money(limit), stop_price=money(stop))
    assert price_of(executed(a_broker(), order)) == money(price)


@pytest.mark.parametrize(
    ("kind", "limit", "stop", "price"),
    [
        (OrderType.MARKET, None, None, "9.995"),
        (OrderType.LIMIT, "11", None, "11"),
        (OrderType.LIMIT, "9.5", None, "10"),
        (OrderType.LIMIT, "12.1", None, None),
        (OrderType.STOP, None, "9.5", "9.49525"),
        (OrderType.STOP, None, "10.5", "9.995"),
        (OrderType.STOP, None, "8.9", None),
        (OrderType.TARGET, None, "11", "10.9945"),
        (OrderType.TARGET, None, "12.1", None),
        (OrderType.STOP_LIMIT, "9.2", "9.5", "9.5"),
        (OrderType.STOP_LIMIT, "9.8", "9.5", None),
        (OrderType.STOP_LIMIT, "11", "10.5", "11"),
    ],
)
def test_sells(kind: OrderType, limit: str | None, stop: str | None, price: str | None) -> None:
    order = replace(a_sell(), type=kind, limit_price=money(limit), stop_price=money(stop))
    assert price_of(executed(a_broker(), order, held_before="10")) == money(price)


def test_a_stop_limit_that_was_triggered_is_a_limit_from_then_on() -> None:
    order = replace(BUY, type=OrderType.STOP_LIMIT, limit_price=Decimal("10.5"), stop_price=Decimal(11))
    report = executed(a_broker(), order)
    assert report.executions == ()
    assert [(one.status, one.triggered) for one in report.orders] == [(OrderStatus.OPEN, True)]
    again = executed(a_broker(), replace(order, triggered=True))
    assert price_of(again) == 10
    dear = executed(a_broker(opened=11, low=11), replace(order, triggered=True))
    assert (dear.executions, dear.orders) == ((), ())


def test_a_limit_is_executed_at_some_time_within_the_bar() -> None:
    order = replace(BUY, type=OrderType.LIMIT, limit_price=Decimal("9.5"))
    (execution,) = executed(a_broker(), order).executions
    assert execution.at == PERIOD.closed_at


COIN = Series(Instrument("INJUSDT", "24/7"), Interval.DAY)


@pytest.mark.parametrize(("budget", "quantity"), [("1", "0.00009999"), ("0.00000001", None)])
def test_where_quantities_are_fractions_they_have_eight_decimals(budget: str, quantity: str | None) -> None:
    bars = FakeBars()
    bars.upsert(bar_rows(bar_row(COIN.instrument, START, 10_001.0, open=10_001.0)), "test")
    broker = PaperBroker(ReadPrices(bars, FakeCorporateActions()))
    account = an_account(currency="USDT")
    order = replace(opened(a_buy(budget))[0], series=COIN, decided_at=midnight(START))
    period = replace(PERIOD, starts_at=midnight(START))
    state = AccountState(account, {"USDT": Decimal(5)}, orders=(order,))
    report = broker.executions(Query(state, BEFORE.closed_at, "24/7", period))
    if quantity is None:
        assert [one.reason for one in report.orders] == ["the budget of 0.00000001 does not buy any at 10001"]
        return
    (execution,) = report.executions
    assert execution.quantity == Decimal(quantity)
    assert execution.value == execution.quantity * 10_001
    assert execution.value <= Decimal(budget)


class TestShorts:
    def test_a_sell_of_what_is_not_held_opens_a_short_position(self) -> None:
        order = replace(a_buy("500.00"), side=Side.SELL)
        (execution,) = executed(a_broker(), order).executions
        assert (execution.quantity, execution.price) == (Decimal(49), Decimal("9.995"))

    def test_a_short_position_binds_what_it_was_sold_for_and_as_much_again(self) -> None:
        order = replace(a_buy("500.00"), side=Side.SELL, series=Series(IBM))
        state = a_state("1000.00", held("-40", Instrument("MSFT"), price="20"), pending=opened(order))
        report = a_broker().executions(asked(state))
        assert [one.reason for one in report.orders] == [
            "50 shares cost 500.00 with commission, and the account has -600.00"
        ]

    def test_what_is_short_is_bought_back_as_a_whole(self) -> None:
        cover = replace(a_buy("1.00"), closes=True, budget=None)
        state = a_state("1000.00", held("-40"), pending=opened(cover), costs=USUAL)
        (execution,) = a_broker().executions(asked(state)).executions
        assert (execution.quantity, execution.price, execution.value) == (
            Decimal(40),
            Decimal("10.005"),
            Decimal("400.20"),
        )


def test_balances_are_cash_and_what_is_held_of_each_symbol() -> None:
    state = a_state("5.00", held("3"), held("4", strategy=replace(FAST, name="other")))
    assert {asset: balance.total for asset, balance in a_broker().balances(state).items()} == {"USD": 5, "IBM": 7}


def test_whole_shares_are_a_rule_where_the_venue_says_so() -> None:
    rules = a_broker().rules([IBM, COIN.instrument])
    assert (rules[IBM].lot, rules[IBM].quote) == (Decimal(1), "USD")
    assert rules[COIN.instrument].lot == Decimal("0.00000001")
