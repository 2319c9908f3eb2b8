"""Positions at a market are left when an exit is met, whatever is refused, and the order says which one it was."""

from dataclasses import replace
from decimal import Decimal

import pytest

from algo_trading.domain.exits import Exits
from algo_trading.domain.order import Order, OrderStatus, OrderType
from algo_trading.domain.signal import Side
from algo_trading.repositories.accounts import AccountStep
from support.spot_exchange import SpotDesk, SpotExchange

pytestmark = pytest.mark.unit

BOTH = Exits(stop=0.02, target=0.02)


class Desk(SpotDesk):
    """An account that has bought bitcoin for 100 USDT, with some exits."""

    def __init__(self, exits: Exits) -> None:
        super().__init__(SpotExchange())
        self.exchange.world.wait(10)
        self.put(self.exchange.order(1, exits=exits))
        self.work()

    def look(self) -> list[str]:
        """Watch once, and see that book and exchange agree."""
        self.clock.time = self.exchange.now()
        reports = self.watch()
        (report,) = self.reconcile()
        assert report.agrees, report
        return [sentence for one in reports for sentence in one.left]

    def closing(self) -> list[Order]:
        return [order for order in self.accounts.orders("spot") if order.closes]

    def entered_at_price(self, factor: str) -> None:
        """As if the position had been bought at another price: the market stands at `factor` times the entry."""
        (position,) = self.state.positions
        entry = self.exchange.world.last() / Decimal(factor)
        before = self.state
        after = before.holding(replace(position, entry_price=entry, best_price=entry))
        self.accounts.store(AccountStep(before, after, self.exchange.now()))


def test_stop_and_target_rest_at_the_exchange_once() -> None:
    desk = Desk(BOTH)
    assert desk.look() == desk.look() == []
    (order,) = desk.closing()
    assert (order.type, order.status) == (OrderType.OCO, OrderStatus.OPEN)
    assert order.reason.startswith("stop at ")
    legs = desk.exchange.world.exchange.open_orders("me")
    assert sorted(leg.request.type for leg in legs) == ["LIMIT_MAKER", "STOP_LOSS"]


@pytest.mark.parametrize(("stop", "target", "reason"), [(0.02, 0.0001, "target"), (0.0001, 0.02, "stop")])
def test_what_the_exchange_held_is_booked_with_its_reason(stop: float, target: float, reason: str) -> None:
    desk = Desk(Exits(stop, target))
    desk.look()
    for _ in range(30):
        desk.exchange.world.wait(60)
        desk.look()
        if not desk.state.positions:
            break
    (order,) = desk.closing()
    assert order.status is OrderStatus.FILLED
    assert order.reason.startswith(f"{reason} at ")
    assert order.reason.endswith("held by the exchange")


@pytest.mark.parametrize(
    ("exits", "factor", "reason"),
    [
        (Exits(stop=0.02, trailing=0.5), "0.97", "stop at "),
        (Exits(target=0.02, trailing=0.5), "1.03", "target at "),
        (Exits(trailing=0.02), "0.97", "trailing stop at "),
    ],
)
def test_what_is_watched_is_sold_at_the_market(exits: Exits, factor: str, reason: str) -> None:
    desk = Desk(exits)
    assert desk.look() == []
    desk.entered_at_price(factor)
    (sentence,) = desk.look()
    assert sentence.startswith(f"BTCUSDT_5m: {reason}")
    assert desk.state.positions == ()
    assert [(o.type, o.status) for o in desk.closing()] == [(OrderType.MARKET, OrderStatus.FILLED)]


def test_a_trailing_stop_follows_the_best_price() -> None:
    desk = Desk(Exits(trailing=0.5))
    desk.entered_at_price("1.01")
    desk.look()
    (position,) = desk.state.positions
    assert position.best_price == desk.exchange.world.last() > position.entry_price


def test_at_its_age_a_position_is_sold_and_what_rests_gives_way() -> None:
    desk = Desk(replace(BOTH, max_age=0.5))
    desk.look()
    desk.exchange.world.wait(1700)
    assert desk.look() == []
    desk.exchange.world.wait(120)
    assert [sentence.split(",")[0] for sentence in desk.look()] == ["BTCUSDT_5m: maximum age of 0.5 hours"]
    assert desk.state.positions == ()
    assert {o.type: o.status for o in desk.closing()} == {
        OrderType.OCO: OrderStatus.CANCELLED,
        OrderType.MARKET: OrderStatus.FILLED,
    }


def test_the_strategys_own_sell_takes_back_what_rests() -> None:
    desk = Desk(BOTH)
    desk.look()
    desk.put(desk.exchange.order(2, Side.SELL))
    desk.work()
    assert desk.state.positions == ()
    assert desk.stored(2).status is OrderStatus.FILLED
    assert desk.state.orders == ()


def test_a_sell_finds_nothing_left_where_the_exchange_was_faster() -> None:
    desk = Desk(Exits(stop=0.02, target=0.0001))
    desk.look()
    desk.exchange.world.wait(600)
    desk.put(desk.exchange.order(2, Side.SELL))
    desk.work()
    assert (desk.stored(2).status, desk.stored(2).reason) == (OrderStatus.REJECTED, "nothing is left to sell")
    assert desk.state.positions == ()
    assert desk.reconcile()[0].agrees


def test_what_the_exchange_does_not_hold_is_watched() -> None:
    desk = Desk(BOTH)
    desk.entered_at_price("1.01")
    desk.exchange.fault("answer", path="/api/v3/orderList/oco", status=400, code=-2010, message="It would trigger.")
    desk.look()
    assert [order.status for order in desk.closing()] == [OrderStatus.REJECTED]
    desk.look()
    assert len(desk.closing()) == 1
    desk.entered_at_price("1.03")
    assert len(desk.look()) == 1
    assert desk.state.positions == ()


def test_a_refused_exit_is_tried_again_a_minute_later() -> None:
    desk = Desk(Exits(trailing=0.02))
    desk.entered_at_price("0.9")
    desk.exchange.fault("halt", symbol="BTCUSDT")
    for _ in range(4):
        desk.look()
        desk.exchange.world.wait(20)
    assert 1 <= len(desk.closing()) <= 2
    assert {order.status for order in desk.closing()} == {OrderStatus.REJECTED}
    desk.exchange.fault("resume", symbol="BTCUSDT")
    desk.exchange.world.wait(60)
    desk.look()
    assert desk.state.positions == ()


def test_positions_without_exits_and_paper_accounts_are_left_alone() -> None:
    desk = Desk(Exits())
    assert desk.look() == []
    assert desk.closing() == []
