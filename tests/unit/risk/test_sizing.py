"""From a signal to an order, or to a refusal that says why."""

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from algo_trading.domain.account import AccountState, Position
from algo_trading.domain.exits import Exits
from algo_trading.domain.instrument import Instrument, Series
from algo_trading.domain.order import Order, OrderStatus
from algo_trading.domain.signal import Side, Signal, StrategyId
from algo_trading.risk.sizing import Placing, client_order_id, orders_for
from support.paper_desk import FAST, IBM, MSFT, SLOW, START, a_buy, a_sell, a_signal, a_state, held

pytestmark = pytest.mark.unit

EQUITY = Decimal("1000.00")
CLOSE = datetime(2013, 1, 2, 21, tzinfo=UTC)
PLACING = Placing(CLOSE)


def half(
    cash: str = "1000.00", *positions: Position, pending: Sequence[Order] = (), shorts: bool = False
) -> AccountState:
    """An account whose entries may spend half of it."""
    return a_state(cash, *positions, pending=pending, fraction="0.5", shorts=shorts)


def order_for(signal: Signal, state: AccountState, equity: Decimal = EQUITY) -> Order:
    """The only order that a signal leads to."""
    (order,) = orders_for(signal, state, equity, PLACING)
    return order


def test_a_hold_orders_nothing() -> None:
    assert orders_for(a_signal(Side.HOLD), half(), EQUITY, PLACING) == ()


def test_a_buy_may_spend_its_share_of_the_equity() -> None:
    signal = a_signal(Side.BUY, size=0.3)
    order = order_for(signal, half())
    assert (order.status, order.side, order.budget) == (OrderStatus.NEW, Side.BUY, Decimal("150.00"))
    assert (order.strategy, order.series, order.period) == (FAST, Series(IBM), str(START))
    assert (order.decided_at, order.signal, order.closes) == (CLOSE, signal.key, False)
    assert order.reason == "it is buy"
    assert order.client_order_id == client_order_id("paper", signal.key)


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
    order = order_for(a_signal(Side.BUY, size=size), a_state(fraction=fraction), Decimal(equity))
    assert order.budget == Decimal(budget)
    assert order.status is OrderStatus.NEW


def test_a_sell_is_of_the_whole_position() -> None:
    order = order_for(a_signal(Side.SELL), half("0.00", held("7.5")))
    assert (order.status, order.side, order.budget, order.quantity) == (OrderStatus.NEW, Side.SELL, None, None)
    assert order.closes


@pytest.mark.parametrize(
    ("side", "account", "reason"),
    [
        (Side.BUY, half("500.00", held("7.50")), "the strategy already holds 7.5 IBM"),
        (Side.BUY, half("500.00", held("70")), "the strategy already holds 70 IBM"),
        (Side.BUY, half(pending=[a_buy("10.00")]), "an order to buy IBM is still waiting"),
        (Side.BUY, half("1.00", held("7"), pending=[a_sell()]), "the strategy already holds 7 IBM"),
        (Side.SELL, half(), "the strategy holds no IBM to sell"),
        (Side.SELL, half(pending=[a_buy("10.00")]), "the strategy holds no IBM to sell"),
        (Side.SELL, half("1.00", held("7"), pending=[a_sell()]), "an order to sell IBM is still waiting"),
        (Side.SELL, half("1.00", held("7", strategy=SLOW), held("7", MSFT)), "the strategy holds no IBM to sell"),
    ],
)
def test_refusals(side: Side, account: AccountState, reason: str) -> None:
    order = order_for(a_signal(side), account)
    assert (order.status, order.reason) == (OrderStatus.REJECTED, reason)


@pytest.mark.parametrize(("equity", "size"), [("0.00", 1.0), ("1000.00", 0.0), ("0.01", 0.5)])
def test_with_nothing_to_spend_there_is_no_order(equity: str, size: float) -> None:
    order = order_for(a_signal(Side.BUY, size=size), half("0.00"), Decimal(equity))
    assert order.status is OrderStatus.REJECTED
    assert order.reason.startswith(f"nothing to spend: equity {equity}, share of it 0.")


@pytest.mark.parametrize(
    ("shares", "quantity"),
    [(10.0, "10"), (40.7, "40.7"), (1.0, "1"), (100 / 3, "33.33333333"), (1e9, "1000000000"), (None, None)],
)
def test_a_buy_takes_no_more_shares_than_the_signal_asks_for(shares: float | None, quantity: str | None) -> None:
    order = order_for(replace(a_signal(Side.BUY), shares=shares), half())
    assert order.status is OrderStatus.NEW
    assert order.quantity == (None if quantity is None else Decimal(quantity))
    assert order.budget == Decimal("500.00")


@pytest.mark.parametrize(("shares", "told"), [(0.4, "0.4"), (0.0, "0"), (0.999999999, "0.99999999")])
def test_a_part_of_a_share_is_no_order(shares: float, told: str) -> None:
    order = order_for(replace(a_signal(Side.BUY), shares=shares), half())
    assert order.status is OrderStatus.REJECTED
    assert order.reason == f"the strategy asks for {told} of a share, and shares are whole"


def test_what_others_hold_or_wait_for_does_not_matter() -> None:
    account = half(
        "500.00", held("7", MSFT), held("7", strategy=SLOW), pending=[a_buy("1.00", MSFT), a_buy("1.00", strategy=SLOW)]
    )
    order = order_for(a_signal(Side.BUY), account)
    assert order.status is OrderStatus.NEW


def test_the_same_signal_has_the_same_order_id_whatever_it_says() -> None:
    signal = a_signal(Side.BUY)
    order_id = client_order_id("paper", signal.key)
    assert order_id == client_order_id("paper", replace(signal, side=Side.SELL, reason="x").key)
    assert order_id != client_order_id("other", signal.key)
    assert order_id != client_order_id("paper", replace(signal, series=Series(MSFT)).key)


def test_an_order_id_is_what_it_always_was() -> None:
    """Orders of a daily signal keep their ids from version to version."""
    signal = replace(a_signal(Side.BUY), strategy=StrategyId("sma_cross", '{"fast":7,"slow":21}'))
    key = '["sma_cross","{\\"fast\\":7,\\"slow\\":21}","IBM","XNYS","1d","2013-01-02"]'
    assert signal.key == key
    assert client_order_id("paper", key) == hashlib.sha256(f"paper\n{key}".encode()).hexdigest()[:32]


def test_exits_and_the_time_to_send_go_with_the_order() -> None:
    placing = Placing(CLOSE, datetime(2013, 1, 3, 21, tzinfo=UTC), Exits(stop=0.05))
    (order,) = orders_for(a_signal(Side.BUY), half(), EQUITY, placing)
    assert (order.valid_until, order.exits) == (placing.valid_until, placing.exits)


COIN = replace(a_signal(Side.BUY), series=Series(Instrument("INJUSDT", "BINANCE")))


def test_where_quantities_are_fractions_budgets_have_eight_decimals() -> None:
    order = order_for(replace(COIN, size=1 / 3), half())
    assert order.budget == Decimal("166.66666666")
    assert order_for(replace(COIN, shares=0.4), half()).status is OrderStatus.NEW
    tiny = order_for(replace(COIN, shares=1e-9), half())
    assert (tiny.status, tiny.reason) == (OrderStatus.REJECTED, "the strategy asks for 0 INJUSDT")


class TestShorts:
    def test_a_sell_of_nothing_opens_a_short_position(self) -> None:
        order = order_for(a_signal(Side.SELL), half(shorts=True))
        assert (order.status, order.side, order.budget) == (OrderStatus.NEW, Side.SELL, Decimal("500.00"))
        assert not order.closes

    def test_no_spot_market_of_coins_has_them(self) -> None:
        order = order_for(replace(COIN, side=Side.SELL), half(shorts=True))
        assert (order.status, order.reason) == (OrderStatus.REJECTED, "the strategy holds no INJUSDT to sell")

    def test_a_sell_while_short_is_rejected(self) -> None:
        order = order_for(a_signal(Side.SELL), half("500.00", held("-7"), shorts=True))
        assert (order.status, order.reason) == (OrderStatus.REJECTED, "the strategy already is short of 7 IBM")

    @pytest.mark.parametrize(("side", "quantity"), [(Side.SELL, "7"), (Side.BUY, "-7")])
    def test_a_change_of_sides_is_two_orders(self, side: Side, quantity: str) -> None:
        signal = a_signal(side)
        closing, opening = orders_for(signal, half("500.00", held(quantity), shorts=True), EQUITY, PLACING)
        assert (closing.side, closing.closes, closing.client_order_id) == (
            side,
            True,
            client_order_id("paper", signal.key),
        )
        assert (opening.side, opening.closes, opening.budget) == (side, False, Decimal("500.00"))
        assert opening.client_order_id != closing.client_order_id

    def test_without_shorts_a_buy_covers_what_is_still_short(self) -> None:
        order = order_for(a_signal(Side.BUY), half("500.00", held("-7")))
        assert (order.status, order.side, order.closes, order.budget) == (OrderStatus.NEW, Side.BUY, True, None)

    def test_what_closes_is_not_sent_twice(self) -> None:
        order = order_for(a_signal(Side.SELL), half("1.00", held("7"), pending=[a_sell()], shorts=True))
        assert (order.status, order.reason) == (OrderStatus.REJECTED, "an order to sell IBM is still waiting")
