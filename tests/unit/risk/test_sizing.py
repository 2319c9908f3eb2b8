"""From a signal to an order, or to a refusal that says why."""

from dataclasses import replace
from decimal import Decimal

import pytest

from algo_trading.domain.account import Account, OrderStatus
from algo_trading.domain.signal import Side
from algo_trading.risk.sizing import SizingRules, client_order_id, order_for
from paper_desk import FAST, HALF, IBM, MSFT, SLOW, START, a_buy, a_sell, a_signal, an_account, held

pytestmark = pytest.mark.unit

EQUITY = Decimal("1000.00")


def test_a_hold_orders_nothing() -> None:
    assert order_for(a_signal(Side.HOLD), an_account(), EQUITY, HALF) is None


def test_a_buy_may_spend_its_share_of_the_equity() -> None:
    signal = a_signal(Side.BUY, size=0.3)
    order = order_for(signal, an_account(), EQUITY, HALF)
    assert order is not None
    assert (order.status, order.side, order.budget) == (OrderStatus.PENDING, Side.BUY, Decimal("150.00"))
    assert (order.strategy, order.instrument, order.decided_session) == (FAST, IBM, START)
    assert order.reason == "it is buy"
    assert order.client_order_id == client_order_id("paper", signal)


@pytest.mark.parametrize(
    ("equity", "fraction", "size", "budget"),
    [
        ("1000", "0.15", 1.0, "150.00"),
        ("1000", "0.15", 0.1, "15.00"),  # 0.1 as written, not as the binary number beside it
        ("999.99", "0.3333", 1.0, "333.29"),  # down to the cent: never more than the share
        ("100000", "1", 1 / 3, "33333.33"),
    ],
)
def test_budgets(*, equity: str, fraction: str, size: float, budget: str) -> None:
    order = order_for(a_signal(Side.BUY, size=size), an_account(), Decimal(equity), SizingRules(Decimal(fraction)))
    assert order is not None
    assert order.budget == Decimal(budget)
    assert order.status is OrderStatus.PENDING


def test_a_sell_is_of_the_whole_position() -> None:
    order = order_for(a_signal(Side.SELL), an_account("0.00", held("7.5")), EQUITY, HALF)
    assert order is not None
    assert (order.status, order.side, order.budget) == (OrderStatus.PENDING, Side.SELL, None)


@pytest.mark.parametrize(
    ("side", "account", "reason"),
    [
        (Side.BUY, an_account("500.00", held("7.50")), "the strategy already holds 7.5 IBM"),
        (Side.BUY, an_account("500.00", held("70")), "the strategy already holds 70 IBM"),
        (Side.BUY, an_account(pending=[a_buy("10.00")]), "an order to buy IBM is still waiting"),
        (Side.BUY, an_account("1.00", held("7"), pending=[a_sell()]), "the strategy already holds 7 IBM"),
        (Side.SELL, an_account(), "the strategy holds no IBM to sell"),
        (Side.SELL, an_account(pending=[a_buy("10.00")]), "the strategy holds no IBM to sell"),
        (Side.SELL, an_account("1.00", held("7"), pending=[a_sell()]), "an order to sell IBM is still waiting"),
        (Side.SELL, an_account("1.00", held("7", strategy=SLOW), held("7", MSFT)), "the strategy holds no IBM to sell"),
    ],
)
def test_refusals(side: Side, account: Account, reason: str) -> None:
    order = order_for(a_signal(side), account, EQUITY, HALF)
    assert order is not None
    assert (order.status, order.reason) == (OrderStatus.REFUSED, reason)


@pytest.mark.parametrize(("equity", "size"), [("0.00", 1.0), ("1000.00", 0.0), ("0.01", 0.5)])
def test_with_nothing_to_spend_there_is_no_order(equity: str, size: float) -> None:
    order = order_for(a_signal(Side.BUY, size=size), an_account("0.00"), Decimal(equity), HALF)
    assert order is not None
    assert order.status is OrderStatus.REFUSED
    assert order.reason.startswith(f"nothing to spend: equity {equity}, share of it 0.")


@pytest.mark.parametrize(
    ("shares", "quantity"),
    [(10.0, "10"), (40.7, "40.7"), (1.0, "1"), (100 / 3, "33.33333333"), (1e9, "1000000000"), (None, None)],
)
def test_a_buy_takes_no_more_shares_than_the_signal_asks_for(shares: float | None, quantity: str | None) -> None:
    order = order_for(replace(a_signal(Side.BUY), shares=shares), an_account(), EQUITY, HALF)
    assert order is not None
    assert order.status is OrderStatus.PENDING
    assert order.quantity == (None if quantity is None else Decimal(quantity))
    assert order.budget == Decimal("500.00")


@pytest.mark.parametrize(("shares", "told"), [(0.4, "0.4"), (0.0, "0"), (0.999999999, "0.99999999")])
def test_a_part_of_a_share_is_no_order(shares: float, told: str) -> None:
    order = order_for(replace(a_signal(Side.BUY), shares=shares), an_account(), EQUITY, HALF)
    assert order is not None
    assert order.status is OrderStatus.REFUSED
    assert order.reason == f"the strategy asks for {told} of a share, and shares are whole"


def test_what_others_hold_or_wait_for_does_not_matter() -> None:
    account = an_account(
        "500.00", held("7", MSFT), held("7", strategy=SLOW), pending=[a_buy("1.00", MSFT), a_buy("1.00", strategy=SLOW)]
    )
    order = order_for(a_signal(Side.BUY), account, EQUITY, HALF)
    assert order is not None
    assert order.status is OrderStatus.PENDING


def test_the_same_signal_has_the_same_order_id_whatever_it_says() -> None:
    signal = a_signal(Side.BUY)
    assert client_order_id("paper", signal) == client_order_id("paper", replace(signal, side=Side.SELL, reason="x"))
    assert client_order_id("paper", signal) != client_order_id("other", signal)
    assert client_order_id("paper", signal) != client_order_id("paper", replace(signal, instrument=MSFT))
