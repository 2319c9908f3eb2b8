"""Buying by hand: the account's rules hold, and nobody is asked twice."""

from dataclasses import replace
from decimal import Decimal

import pytest

from algo_trading.calendars import trading_calendar
from algo_trading.domain.account_rules import AccountRules
from algo_trading.domain.exits import Exits
from algo_trading.domain.instrument import Instrument, Series
from algo_trading.domain.order import OrderStatus
from algo_trading.domain.watchlist import Watchlist
from algo_trading.errors import ConfigError
from algo_trading.services.buy_at_market import BY_HAND, BuyAtMarket, Purchase
from fakes.broker import FakeBroker
from fakes.watchlists import FakeSetup
from support.account_world import DAY, DAYS, IBM, MSFT, World
from support.trading import opening

pytestmark = pytest.mark.unit

PURCHASE = Purchase("hand", Series(IBM), Decimal(1000), "a key", "ann", Exits(stop=0.05))


def buying(world: World, **rules: Decimal) -> BuyAtMarket:
    """For an account `hand`, with these rules."""
    account = replace(world.open(), name="hand", rules=AccountRules(**rules))  # type: ignore[arg-type]  # fields by name
    world.accounts.open(opening(account, "100000.00"))
    setup = FakeSetup([Watchlist("stocks", "XNYS", "sample", (DAY,), ("IBM", "MSFT"))], [])
    return BuyAtMarket(
        world.accounts, setup.watchlists, world.assignments, world.prices, world.brokers, world.submit, world.book,
        world.locks, trading_calendar, world.clock,
    )  # fmt: skip


def test_an_order_is_stored_and_sent_once() -> None:
    world = World()
    buy = buying(world)
    assert buy.choices() == [Series(IBM), Series(MSFT)]
    assert buy.preview(PURCHASE) == "paper: buy IBM at market, within the next bar"
    assert world.accounts.orders("hand") == []
    first, second = buy(PURCHASE), buy(PURCHASE)
    assert world.accounts.orders("hand") == [first] == [second]
    assert (first.status, first.strategy, first.reason) == (OrderStatus.OPEN, BY_HAND, "bought by ann")
    assert (first.budget, first.exits, first.valid_until) == (Decimal(1000), Exits(stop=0.05), None)


def test_it_is_filled_with_the_next_bar_and_held_by_hand() -> None:
    world = World()
    world.clock.time = world.clock.time.replace(year=2013, month=1, day=3, hour=0)
    buy = buying(world)
    buy(PURCHASE)
    world.decide(*range(len(DAYS)))
    world.dispatch()
    (position,) = world.accounts.state("hand").positions
    assert (position.strategy, position.series) == (BY_HAND, Series(IBM))
    with pytest.raises(ConfigError, match="holds IBM by hand already"):
        buy(replace(PURCHASE, key="another"))


@pytest.mark.parametrize(
    ("changes", "rules", "sentence"),
    [
        ({"budget": Decimal("100000.01")}, {}, "up to the 100,000.00 that are free"),
        ({"budget": Decimal(0)}, {}, "not an amount above 0"),
        ({"series": Series(Instrument("FB"))}, {}, "FB is not followed"),
        ({}, {"max_instrument": Decimal("0.001")}, "would be in IBM, more than 0%"),
        ({}, {"max_exposure": Decimal("0.005")}, "would be in positions"),
    ],
)
def test_what_may_not_be_bought_leaves_no_order(
    changes: dict[str, object], rules: dict[str, Decimal], sentence: str
) -> None:
    world = World()
    buy = buying(world, **rules)
    for ask in (buy, buy.preview):
        with pytest.raises(ConfigError, match=sentence):
            ask(replace(PURCHASE, **changes))  # type: ignore[arg-type]  # fields by name
    assert world.accounts.orders("hand") == []


def test_what_waits_is_not_free_and_not_bought_again() -> None:
    world = World()
    buy = buying(world)
    buy(PURCHASE)
    with pytest.raises(ConfigError, match="still waiting"):
        buy(replace(PURCHASE, key="another"))
    with pytest.raises(ConfigError, match=r"up to the 99,000\.00"):
        buy(replace(PURCHASE, key="another", series=Series(MSFT), budget=Decimal(99001)))


def test_real_money_is_not_spent_by_hand() -> None:
    world = World(find_broker=lambda _: FakeBroker(real_money=True))
    with pytest.raises(ConfigError, match="spent by strategies alone"):
        buying(world)(PURCHASE)
