"""What holds in any life of an account: nothing is lost, nothing overdrawn, a replay is the same."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from algo_trading.exchange.errors import RefusalError
from algo_trading.exchange.orders import NewOrder, Order
from support.exchange_world import BTC, World, check_sums
from support.fuzz import examples

pytestmark = pytest.mark.unit


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


@settings(max_examples=examples(40), deadline=None)
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
