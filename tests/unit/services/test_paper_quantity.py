"""Orders for a number of shares: never more than was asked for, never more than the budget buys."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from algo_trading.domain.limits import Limits
from algo_trading.domain.order import OrderStatus
from algo_trading.domain.signal import Side
from support.fuzz import examples
from support.paper_desk import FAST, IBM, MSFT, NEXT, USUAL, PaperDesk, a_buy, a_signal, a_split, a_state, quantities

pytestmark = pytest.mark.unit

FLAT = {IBM: ("10", "10"), MSFT: ("20", "20")}


@pytest.mark.parametrize(
    ("asked", "bought"), [("10", 10), ("40.7", 40), ("49", 49), ("50", 50), ("50.5", 50), ("1000", 50), (None, 50)]
)
def test_a_fill_takes_the_least_of_what_is_asked_for_and_what_the_budget_buys(asked: str | None, bought: int) -> None:
    desk = PaperDesk(a_state(fraction="0.5"))
    desk.session(FLAT, replace(a_signal(Side.BUY), shares=None if asked is None else float(asked)))
    desk.session(FLAT)
    assert quantities(desk.state) == {(FAST, IBM): bought}
    assert desk.state.money == 1000 - 10 * bought


@pytest.mark.parametrize(
    ("ratio", "asked", "bought"), [(2.0, "10", 20), (0.5, "10", 5), (1.5, "5", 7), (20.0, "10", 50)]
)
def test_a_waiting_order_is_for_as_many_shares_as_a_split_makes_of_it(ratio: float, asked: str, bought: int) -> None:
    order = replace(a_buy("500.00"), quantity=Decimal(asked))
    desk = PaperDesk(a_state(pending=[order]))
    desk.session({IBM: ("10", "10")}, actions=[a_split(ratio)])
    assert quantities(desk.state) == {(FAST, IBM): bought}
    assert desk.orders["buy"].status is OrderStatus.FILLED
    assert desk.orders["buy"].quantity == Decimal(asked) * Decimal(repr(ratio))


def test_a_split_before_a_session_without_an_open_is_remembered() -> None:
    order = replace(a_buy("500.00"), quantity=Decimal(10))
    desk = PaperDesk(a_state(pending=[order]))
    step = desk.session({IBM: ("10", "10")}, actions=[a_split(2.0)], closed=[IBM])
    split = replace(order, quantity=Decimal(20), status=OrderStatus.OPEN)
    assert step.orders == step.state.orders == (split,)
    desk.session(FLAT)
    assert quantities(desk.state) == {(FAST, IBM): 20}


def test_a_split_of_another_instrument_or_an_order_without_a_number_changes_nothing() -> None:
    order, other = a_buy("500.00"), replace(a_buy("500.00", MSFT, order_id="other"), quantity=Decimal(3))
    desk = PaperDesk(a_state(pending=[order, other]))
    desk.session(FLAT, actions=[a_split(2.0)], closed=[IBM, MSFT])
    waiting = tuple(replace(one, status=OrderStatus.OPEN) for one in (order, other))
    assert desk.state.orders == waiting
    day = desk.session(FLAT, actions=[a_split(2.0, day=NEXT)], closed=[IBM, MSFT])
    assert (day.orders, day.state.orders) == ((), waiting)


def test_what_a_split_leaves_less_than_a_share_of_is_rejected() -> None:
    desk = PaperDesk(a_state(pending=[replace(a_buy("500.00"), quantity=Decimal(5))]))
    desk.session({IBM: ("10", "10")}, actions=[a_split(0.1)])
    assert desk.orders["buy"].status is OrderStatus.REJECTED
    assert desk.orders["buy"].reason == "a split has left 0.5 of a share to buy"
    assert desk.state.money == 1000


def test_no_more_positions_than_the_limits_allow_even_in_one_session() -> None:
    desk = PaperDesk(a_state(fraction="0.5"), limits={FAST: Limits(max_positions=1)})
    desk.session(FLAT, a_signal(Side.BUY, IBM), a_signal(Side.BUY, MSFT))
    statuses = {order.instrument: order.status for order in desk.orders.values()}
    assert statuses == {IBM: OrderStatus.OPEN, MSFT: OrderStatus.REJECTED}
    desk.session(FLAT, a_signal(Side.BUY, MSFT))
    assert [order.reason for order in desk.orders.values() if order.instrument == MSFT] == [
        "the strategy holds or is buying 1 of at most 1 positions"
    ] * 2


@settings(max_examples=examples(50), deadline=None)
@given(
    budget=st.decimals("1", "5000", places=2),
    opened=st.decimals("0.01", "900", places=4),
    asked=st.decimals("1", "3000", places=3),
)
def test_neither_bound_is_ever_exceeded(budget: Decimal, opened: Decimal, asked: Decimal) -> None:
    order = replace(a_buy(str(budget)), quantity=asked)
    free = replace(order, quantity=None)
    bounded, unbounded = (PaperDesk(a_state("9000.00", pending=[one], costs=USUAL)) for one in (order, free))
    for desk in (bounded, unbounded):
        desk.session({IBM: (str(opened), str(opened))})
    shares, most = (sum(e.quantity for e in d.accounts.executions("paper")) for d in (bounded, unbounded))
    assert shares == min(most, int(asked))
