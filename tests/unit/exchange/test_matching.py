"""Orders against the market and one another."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from algo_trading.exchange.errors import RefusalError
from algo_trading.exchange.orders import NewOrder, Order
from algo_trading.exchange.tape import Print
from exchange_world import BTC, PAIRS, World, limit, market

pytestmark = pytest.mark.unit


def trade(world: World, price: int, lots: int, *, bought: bool) -> None:
    """Let one trade of the market meet the orders."""
    book = world.exchange.books["BTCUSDT"]
    meeting = Print(world.clock.now(), price, lots, bought, 1)
    for side in ("BUY", "SELL"):
        world.exchange.matching._fill_resting(book, meeting, side)


def check_sums(world: World) -> None:
    """What must hold at any moment."""
    for asset in ("BTC", "USDT", "BNB", "ETH"):
        assert world.exchange.accounts.total(asset) == 0
    for balance in world.account.balances.values():
        assert balance.free >= 0
        assert balance.locked >= 0
    locked: dict[str, Decimal] = {}
    for orders in world.exchange.orders.values():
        for order in orders:
            assert sum(fill.lots for fill in order.fills) == order.executed
            assert sum(fill.value for fill in order.fills) == order.value
            assert order.executed + order.prevented + order.remaining == order.lots
            locked[order.spent_asset] = locked.get(order.spent_asset, Decimal(0)) + order.locked
            assert order.is_open or not order.locked
    for asset, balance in world.account.balances.items():
        assert balance.locked == locked.get(asset, 0)


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


ACTIONS = some.lists(
    some.one_of(
        some.tuples(some.just("wait"), some.integers(1, 20_000)),
        some.tuples(
            some.sampled_from(["BUY", "SELL"]),
            some.sampled_from(["LIMIT", "MARKET", "IOC", "FOK", "STOP_LOSS", "TAKE_PROFIT", "OCO", "MAKER"]),
            some.integers(-150, 150),
            some.integers(1, 400),
            some.sampled_from(["NONE", "EXPIRE_TAKER", "EXPIRE_MAKER", "EXPIRE_BOTH", "DECREMENT"]),
        ),
        some.tuples(some.just("cancel"), some.integers(0, 20)),
    ),
    max_size=14,
)


def act(world: World, action: tuple[Any, ...]) -> None:
    """One step of a random life; what is refused is refused."""
    if action[0] == "wait":
        world.wait(action[1])
        return
    if action[0] == "cancel":
        orders = world.exchange.open_orders("me")
        if orders:
            world.exchange.cancel(orders[action[1] % len(orders)])
        return
    side, kind, offset, size, mode = action
    price = world.near(str(1 + Decimal(offset) / 10_000))
    quantity = Decimal(size) / 1000
    shared: dict[str, Any] = {"account": "me", "pair": BTC, "side": side, "quantity": quantity, "self_trade": mode}
    try:
        if kind == "OCO":
            limit_leg = NewOrder(**shared, type="LIMIT_MAKER", price=world.near("1.004" if side == "SELL" else "0.996"))
            stop_leg = NewOrder(**shared, type="STOP_LOSS", stop_price=world.near("0.99" if side == "SELL" else "1.01"))
            world.exchange.place_list(*((limit_leg, stop_leg) if side == "SELL" else (stop_leg, limit_leg)), None)
        elif kind == "MARKET":
            world.exchange.place(NewOrder(**shared, type="MARKET"))
        elif kind in {"STOP_LOSS", "TAKE_PROFIT"}:
            world.exchange.place(NewOrder(**shared, type=kind, stop_price=price))
        elif kind == "MAKER":
            world.exchange.place(NewOrder(**shared, type="LIMIT_MAKER", price=price))
        else:
            time_in_force = kind if kind in {"IOC", "FOK"} else "GTC"
            world.exchange.place(NewOrder(**shared, type="LIMIT", price=price, time_in_force=time_in_force))
    except RefusalError as refusal:
        assert refusal.code in {-2010, -1013}  # noqa: PT017 - any other is a bug


@settings(max_examples=120, deadline=None)
@given(ACTIONS)
def test_nothing_is_ever_lost_or_overdrawn(actions: list[tuple[Any, ...]]) -> None:
    world = World(USDT="30000", BTC="0.5", BNB="1")
    world.account.pays_in_bnb = True
    for action in actions:
        act(world, action)
        check_sums(world)


def trades(world: World) -> list[tuple[int, int, int, int]]:
    orders: list[Order] = world.exchange.orders["BTCUSDT"]
    return [(order.id, fill.time, fill.price, fill.lots) for order in orders for fill in order.fills]


@settings(max_examples=25, deadline=None)
@given(ACTIONS, some.integers(1, 900))
def test_a_replay_gives_the_same_trades_however_often_the_exchange_looks_at_the_clock(
    actions: list[tuple[Any, ...]], pause: int
) -> None:
    one, two = World(USDT="30000", BTC="0.5"), World(USDT="30000", BTC="0.5")
    for action in actions:
        act(one, action)
        if action[0] == "wait":
            whole, rest = divmod(action[1], pause)
            for _ in range(min(whole, 40)):
                two.wait(pause)
            two.wait(rest + pause * max(whole - 40, 0))
        else:
            act(two, action)
    assert trades(one) == trades(two)
    assert one.events == two.events
    assert one.account.balances == two.account.balances


def test_pairs_without_orders_cost_nothing() -> None:
    world = World()
    world.wait(30 * 86_400)
    assert all(book.seen == 0 for book in world.exchange.books.values())
    assert set(world.exchange.books) == set(PAIRS)
