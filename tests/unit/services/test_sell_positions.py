"""Selling by hand, on the practice exchange."""

from decimal import Decimal

import pytest

from algo_trading.calendars import trading_calendar
from algo_trading.domain.account import Position
from algo_trading.domain.ledger import EntryKind
from algo_trading.domain.order import OrderStatus
from algo_trading.domain.signal import Side
from algo_trading.repositories.kill_switch import KillSwitch
from algo_trading.services.sell_positions import SellPositions
from support.spot_exchange import SpotDesk, SpotExchange

pytestmark = pytest.mark.unit


def everything(_account: str, _position: Position) -> bool:
    return True


@pytest.fixture
def desk() -> SpotDesk:
    """An account that has bought two coins."""
    exchange = SpotExchange()
    desk = SpotDesk(exchange)
    exchange.world.wait(10)
    desk.put(exchange.order(1), exchange.order(2, symbol="DOGEUSDT"))
    desk.work()
    return desk


def selling(desk: SpotDesk) -> SellPositions:
    return SellPositions(
        desk.accounts, desk.submit, desk.book, desk.locks, lambda _: trading_calendar("BINANCE"), desk.clock
    )


def test_everything_is_sold_and_dust_becomes_cash(desk: SpotDesk) -> None:
    sales = selling(desk)(everything, "sold by hand")
    assert [(sale.order.series.symbol, sale.order.status) for sale in sales] == [
        ("BTCUSDT", OrderStatus.FILLED),
        ("DOGEUSDT", OrderStatus.FILLED),
    ]
    assert desk.state.positions == ()
    balances = desk.exchange.world.account.balances
    assert desk.state.cash == {asset: balances[asset].free for asset in ("USDT", "BTC", "DOGE")}
    assert 0 < desk.state.cash["DOGE"] < 1
    dust = [entry for entry in desk.accounts.entries("spot") if entry.kind is EntryKind.CORRECTION]
    assert len(dust) == 4
    (report,) = desk.reconcile()
    assert report.agrees


def test_a_strategy_may_enter_again_after_dust(desk: SpotDesk) -> None:
    selling(desk)(everything, "sold by hand")
    desk.put(desk.exchange.order(3))
    desk.work()
    (position,) = desk.state.positions
    assert position.opened_by == "o3"


def test_what_is_too_little_to_be_sold_is_no_position_any_more(desk: SpotDesk) -> None:
    sell = desk.exchange.order(4, Side.SELL)
    state = desk.state
    (btc, doge) = state.positions
    small = state.holding(Position(btc.strategy, btc.series, Decimal("0.00000877"), *btc_prices(btc)))
    report = desk.submit(small.ordering(sell))
    assert report.rejected == 1
    assert [position.series for position in report.state.positions] == [doge.series]
    assert report.state.cash["BTC"] == Decimal("0.00000877")


def btc_prices(position: Position) -> tuple[Decimal, Decimal, str]:
    return position.entry_price, position.best_price, position.opened_by


def test_the_kill_switch_does_not_keep_anybody_from_selling(desk: SpotDesk) -> None:
    desk.kill_switch.add(KillSwitch(engaged=True, at=desk.exchange.now(), by="owner"))
    assert len(selling(desk)(lambda _, position: position.series.symbol == "BTCUSDT", "sold")) == 1


def test_requests_are_shown_and_not_sent(desk: SpotDesk) -> None:
    before, sent = desk.state, desk.exchange.sent()
    shown = selling(desk).preview(everything)
    assert [sale.request.split("&")[1] for sale in shown] == ["side=SELL", "side=SELL"]
    assert (desk.state, desk.exchange.sent()) == (before, sent)


def test_what_waits_is_left_alone(desk: SpotDesk) -> None:
    desk.put(desk.exchange.order(5, Side.SELL))
    sales = selling(desk)(everything, "sold by hand")
    assert [sale.order.series.symbol for sale in sales] == ["DOGEUSDT"]
