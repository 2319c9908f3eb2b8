"""Orders against the market and one another."""

from decimal import Decimal
from typing import Any

import pytest

from algo_trading.exchange.errors import RefusalError
from algo_trading.exchange.orders import NewOrder
from algo_trading.exchange.tape import Print
from support.exchange_world import BTC, PAIRS, World, check_sums, limit, market

pytestmark = pytest.mark.unit


def trade(world: World, price: int, lots: int, *, bought: bool) -> None:
    """Let one trade of the market meet the orders."""
    book = world.exchange.books["BTCUSDT"]
    meeting = Print(world.clock.now(), price, lots, bought, 1)
    for side in ("BUY", "SELL"):
        world.exchange.matching._fill_resting(book, meeting, side)


def test_a_market_order_walks_the_book() -> None:
    world = World(USDT="100000000")
    levels = world.exchange.book("BTCUSDT").levels("SELL", 3)
    order = world.exchange.place(market("BUY", str(BTC.quantity(levels[0].lots + 1))))
    assert [(fill.price, fill.lots) for fill in order.fills] == [
        (levels[0].price, levels[0].lots),
        (levels[1].price, 1),
    ]
    assert order.status == "FILLED"
    left = world.exchange.book("BTCUSDT").levels("SELL", 1)[0]
    assert (left.price, left.lots) == (levels[1].price, levels[1].lots - 1)
    check_sums(world)


def test_what_was_taken_comes_back_with_the_next_trade_of_the_market() -> None:
    world = World(USDT="100000000")
    best = world.exchange.book("BTCUSDT").levels("SELL", 1)[0]
    world.exchange.place(market("BUY", str(BTC.quantity(best.lots))))
    assert world.exchange.book("BTCUSDT").levels("SELL", 1)[0].price > best.price
    world.wait(10)
    assert not world.exchange.book("BTCUSDT")._taken


def test_a_market_order_of_a_value_spends_no_more() -> None:
    world = World()
    order = world.exchange.place(NewOrder("me", BTC, "BUY", "MARKET", quote_quantity=Decimal(5000)))
    assert order.status == "FILLED"
    assert Decimal(4999) < order.value <= 5000
    check_sums(world)


def test_a_limit_order_rests_and_pays_its_own_price_when_traded_through() -> None:
    world = World()
    order = world.exchange.place(limit("BUY", world.near("0.999"), "0.05"))
    assert (order.status, world.account.balances["USDT"].locked) == (
        "NEW",
        order.pair.price(order.price) * Decimal("0.05"),
    )
    trade(world, order.price - 1, 2000, bought=True)
    assert (order.status, order.executed) == ("PARTIALLY_FILLED", 2000)
    trade(world, order.price - 1, 10_000, bought=False)
    assert order.status == "FILLED"
    assert {fill.price for fill in order.fills} == {order.price}
    assert {fill.maker for fill in order.fills} == {True}
    check_sums(world)


def test_at_the_same_price_only_sellers_fill_a_bid_and_what_came_first_goes_first() -> None:
    world = World()
    order = world.exchange.place(limit("BUY", world.near("0.99"), "0.05"))
    order.ahead = 300
    trade(world, order.price, 1000, bought=True)
    assert order.executed == 0
    trade(world, order.price, 200, bought=False)
    assert (order.executed, order.ahead) == (0, 100)
    trade(world, order.price, 150, bought=False)
    assert (order.executed, order.ahead) == (50, 0)


def test_orders_meet_by_price_and_then_by_time() -> None:
    world = World()
    price = world.near("0.99")
    late_best = price + 10 * BTC.tick
    orders = [world.exchange.place(limit("BUY", at, "0.01")) for at in (price, price, late_best)]
    trade(world, orders[0].price - 1, 1500, bought=False)
    assert [order.executed for order in orders] == [500, 0, 1000]


def test_a_resting_order_shows_in_the_book_behind_the_market() -> None:
    world = World()
    level = world.exchange.book("BTCUSDT").levels("BUY", 3)[2]
    order = world.exchange.place(limit("BUY", BTC.price(level.price), "0.01"))
    assert order.ahead == level.lots
    shown = world.exchange.book("BTCUSDT").levels("BUY", 3)[2]
    assert shown.lots == level.lots + 1000


def test_immediate_or_cancel_and_fill_or_kill() -> None:
    world = World(USDT="100000000")
    best = world.exchange.book("BTCUSDT").levels("SELL", 1)[0]
    too_much = str(BTC.quantity(best.lots + 5))
    killed = world.exchange.place(limit("BUY", BTC.price(best.price), too_much, time_in_force="FOK"))
    assert (killed.status, killed.executed) == ("EXPIRED", 0)
    partly = world.exchange.place(limit("BUY", BTC.price(best.price), too_much, time_in_force="IOC"))
    assert (partly.status, partly.executed) == ("EXPIRED", best.lots)
    check_sums(world)


def test_a_maker_order_is_refused_where_it_would_take() -> None:
    world = World()
    best = world.exchange.book("BTCUSDT").levels("SELL", 1)[0]
    with pytest.raises(RefusalError, match="-2010: Order would immediately match and take"):
        world.exchange.place(limit("BUY", BTC.price(best.price), "0.01", type="LIMIT_MAKER"))


def stop(kind: str, side: str, world: World, factor: str, **more: Any) -> NewOrder:
    return NewOrder("me", BTC, side, kind, quantity=Decimal("0.01"), stop_price=world.near(factor), **more)


@pytest.mark.parametrize(
    ("kind", "side", "wrong", "right"),
    [
        ("STOP_LOSS", "SELL", "1.01", "0.99"),
        ("STOP_LOSS", "BUY", "0.99", "1.01"),
        ("TAKE_PROFIT", "SELL", "0.99", "1.01"),
        ("TAKE_PROFIT", "BUY", "1.01", "0.99"),
    ],
)
def test_stops_lie_on_their_side_and_trigger_when_reached(kind: str, side: str, wrong: str, right: str) -> None:
    world = World(USDT="10000", BTC="1")
    with pytest.raises(RefusalError, match="Order would trigger immediately"):
        world.exchange.place(stop(kind, side, world, wrong))
    order = world.exchange.place(stop(kind, side, world, right))
    assert (order.status, order.working_since) == ("NEW", None)
    for _ in range(400):
        if not order.is_open:
            break
        world.wait(3600)
    assert order.status == "FILLED"
    reached = min(order.fills[0].price, order.stop) / max(order.fills[0].price, order.stop)
    assert reached > 0.99
    check_sums(world)


def test_a_trailing_stop_follows_the_price() -> None:
    world = World(BTC="1")
    order = world.exchange.place(NewOrder("me", BTC, "SELL", "STOP_LOSS", quantity=Decimal("0.01"), trailing_delta=100))
    best = 0
    while order.is_open:
        world.wait(60)
        newest = world.exchange.last("BTCUSDT")
        assert newest
        best = max(best, newest.price)
    assert order.status == "FILLED"
    assert order.extreme
    assert order.extreme >= best * 0.999
    assert 0.98 < order.fills[0].price / order.extreme < 0.9901


def pair_of_orders(world: World) -> tuple[NewOrder, NewOrder]:
    above = limit("SELL", world.near("1.01"), "0.1", type="LIMIT_MAKER")
    below = limit("SELL", world.near("0.98"), "0.1", type="STOP_LOSS_LIMIT", stop_price=world.near("0.985"))
    return above, below


def test_of_two_tied_orders_one_ends_the_other_and_the_coins_are_put_aside_once() -> None:
    world = World(BTC="0.1", USDT="0")
    made = world.exchange.place_list(*pair_of_orders(world), None)
    assert world.account.balances["BTC"].locked == Decimal("0.1")
    while made.status == "EXECUTING":
        world.wait(600)
        check_sums(world)
    assert sorted(order.status for order in made.orders) == ["EXPIRED", "FILLED"]
    data = [event for event in world.events if event["e"] == "listStatus"]
    assert [event["l"] for event in data] == ["EXEC_STARTED", "ALL_DONE"]
    assert [[order["i"] for order in event["O"]] for event in data] == [[1, 2], [1, 2]]
    assert world.account.balances["BTC"].free == 0


def test_a_partial_fill_of_one_ends_the_other_and_keeps_what_was_put_aside() -> None:
    world = World(BTC="0.1")
    made = world.exchange.place_list(*pair_of_orders(world), None)
    above, below = made.orders
    trade(world, above.price + 1, 4000, bought=True)
    assert (above.status, below.status, above.locked) == ("PARTIALLY_FILLED", "EXPIRED", Decimal("0.06"))
    assert made.status == "EXECUTING"
    world.exchange.cancel(above)
    assert made.status == "ALL_DONE"
    assert world.account.balances["BTC"].locked == 0
    check_sums(world)


def test_cancelling_one_of_two_cancels_both() -> None:
    world = World(BTC="0.1")
    made = world.exchange.place_list(*pair_of_orders(world), "mine")
    world.exchange.cancel(made.orders[1])
    assert [order.status for order in made.orders] == ["CANCELED", "CANCELED"]
    assert world.account.balances["BTC"].free == Decimal("0.1")
    check_sums(world)


@pytest.mark.parametrize(
    ("mode", "maker", "taker", "executed"),
    [
        ("NONE", "FILLED", "FILLED", 2000),
        ("EXPIRE_TAKER", "NEW", "EXPIRED_IN_MATCH", 0),
        ("EXPIRE_MAKER", "EXPIRED_IN_MATCH", "NEW", 0),
        ("EXPIRE_BOTH", "EXPIRED_IN_MATCH", "EXPIRED_IN_MATCH", 0),
        ("DECREMENT", "EXPIRED_IN_MATCH", "EXPIRED_IN_MATCH", 0),
    ],
)
def test_self_trade_prevention(mode: str, maker: str, taker: str, executed: int) -> None:
    world = World(USDT="10000", BTC="1")
    bid, ask = (world.exchange.book("BTCUSDT").levels(side, 1)[0].price for side in ("BUY", "SELL"))
    assert ask - bid >= 2
    between = BTC.price(bid + 1)
    first = world.exchange.place(limit("BUY", between, "0.02"))
    second = world.exchange.place(limit("SELL", between, "0.02", self_trade=mode))
    assert (first.status, second.status, second.executed) == (maker, taker, executed)
    if mode != "NONE":
        match = world.exchange.matching.prevented["BTCUSDT"][0]
        assert (match.maker_id, match.taker_id, match.mode) == (first.id, second.id, mode)
    check_sums(world)


def test_two_accounts_trade_with_each_other() -> None:
    world = World(USDT="10000")
    world.exchange.open_account("you", {"BTC": Decimal(1)})
    bid = world.exchange.book("BTCUSDT").levels("BUY", 1)[0].price
    mine = world.exchange.place(limit("BUY", BTC.price(bid + 1), "0.02"))
    yours = world.exchange.place(
        NewOrder("you", BTC, "SELL", "LIMIT", quantity=Decimal("0.02"), price=BTC.price(bid + 1))
    )
    assert (mine.fills[0].id, mine.fills[0].maker, yours.fills[0].maker) == (yours.fills[0].id, True, False)
    assert mine.value == yours.value
    assert world.exchange.accounts.total("BTC") == world.exchange.accounts.total("USDT") == 0


@pytest.mark.parametrize(
    ("in_bnb", "balance", "asset", "share"),
    [(False, "5", "BTC", "0.001"), (True, "5", "BNB", "0.00075"), (True, "0", "BTC", "0.001")],
)
def test_fees_are_taken_in_the_right_coin(in_bnb: bool, balance: str, asset: str, share: str) -> None:
    world = World(USDT="10000", BNB=balance)
    world.account.pays_in_bnb = in_bnb
    order = world.exchange.place(market("BUY", "0.1"))
    fill = order.fills[0]
    assert fill.fee_asset == asset
    in_btc = fill.fee if asset == "BTC" else fill.fee * world.last("BNBBTC")
    assert float(in_btc) == pytest.approx(float(Decimal("0.1") * Decimal(share)), rel=1e-3)
    check_sums(world)


def test_fees_of_a_sale_are_taken_in_the_quote_asset() -> None:
    world = World(BTC="1")
    order = world.exchange.place(market("SELL", "0.1"))
    assert order.fills[0].fee_asset == "USDT"
    assert world.account.free("USDT") == order.value - sum(fill.fee for fill in order.fills)


def test_too_little_money_is_refused_and_changes_nothing() -> None:
    world = World(USDT="100")
    for request in (market("BUY", "1"), limit("BUY", world.near("0.99"), "1"), market("SELL", "0.01")):
        with pytest.raises(RefusalError, match="-2010: Account has insufficient balance"):
            world.exchange.place(request)
    assert world.account.balances["USDT"].free == 100
    assert not world.exchange.orders["BTCUSDT"]


def test_an_id_may_be_used_again_once_its_order_is_done() -> None:
    world = World()
    first = world.exchange.place(limit("BUY", world.near("0.9"), "0.01", client_id="one"))
    with pytest.raises(RefusalError, match="-2010: Duplicate order sent"):
        world.exchange.place(limit("BUY", world.near("0.9"), "0.01", client_id="one"))
    world.exchange.cancel(first)
    second = world.exchange.place(limit("BUY", world.near("0.9"), "0.01", client_id="one"))
    assert world.exchange.find("me", "BTCUSDT", None, "one") is second


def test_a_halted_pair_takes_no_orders_and_stands_still() -> None:
    world = World()
    order = world.exchange.place(limit("BUY", world.near("0.9999"), "0.01"))
    world.exchange.set_status("BTCUSDT", "HALT")
    before = world.exchange.last("BTCUSDT")
    world.wait(86_400)
    assert (world.exchange.status("BTCUSDT"), world.exchange.last("BTCUSDT"), order.status) == ("HALT", before, "NEW")
    with pytest.raises(RefusalError, match="-2010: Market is closed"):
        world.exchange.place(market("BUY", "0.01"))
    world.exchange.set_status("BTCUSDT", "TRADING")
    world.wait(86_400)
    assert world.exchange.last("BTCUSDT") != before
    assert world.exchange.status("BTCUSDT") == "TRADING"


def test_pairs_without_orders_cost_nothing() -> None:
    world = World()
    world.wait(30 * 86_400)
    assert all(book.seen == 0 for book in world.exchange.books.values())
    assert set(world.exchange.books) == set(PAIRS)
