"""Signals on posts become orders at the next open, within the assignment's limits."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, time, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from algo_trading.calendars import trading_calendar
from algo_trading.domain.instrument import Instrument, Series
from algo_trading.domain.limits import Limits, TradeWindow
from algo_trading.domain.order import Order
from algo_trading.domain.post import Level, Post, PostKey, PostKind
from algo_trading.domain.signal import Side, Signal, StrategyId
from algo_trading.domain.time import midnight
from contracts.signals import a_signal
from support.account_world import COSTS, DAY, DAYS, IBM, MSFT, PERIODS, World
from support.dispatch_world import ALL, CASH, a_world
from support.fuzz import examples

pytestmark = pytest.mark.unit


HOUR = timedelta(hours=1)


TALK = StrategyId("talk", "{}")  # driven by posts


SESSIONS = PERIODS


def a_quiet_world(limits: Limits = Limits()) -> World:  # noqa: B008 - frozen
    """The same bars, and strategies that say nothing."""
    world = a_world()
    world.signals = type(world.signals)()
    world.assign(TALK, IBM, MSFT, limits=limits)
    return world


def post_signal(
    at: datetime,
    side: Side = Side.BUY,
    instrument: Instrument = IBM,
    *,
    confidence: float = 0.9,
    identity: str = "1",
    shares: float | None = None,
) -> Signal:
    """What a strategy says about a post that became available at a moment."""
    session = trading_calendar("XNYS").newest_closed(DAY, at - HOUR)
    return replace(
        a_signal(side, instrument, session.opened_at, TALK),
        confidence=confidence,
        size=0.1,
        shares=shares,
        post=f"file:{identity}",
        available_at=at,
    )


def post_of(signal: Signal, published: datetime | None = None) -> Post:
    assert signal.available_at is not None
    published = published or signal.available_at
    return Post(
        PostKey.parse(signal.post), "file", PostKind.POST, "ann", published, signal.available_at, "", "$IBM", "", "en"
    )


def tell(world: World, *signals: Signal, published: datetime | None = None) -> None:
    """Posts are stored and decided on."""
    world.posts.add([post_of(signal, published) for signal in signals])
    world.signals.add(signals)


def run(world: World, *days: int) -> None:
    world.decide(*(days or ALL))
    world.dispatch()


def only_order(world: World) -> Order:
    (order,) = world.accounts.orders("paper")
    return order


class TestOrdersOnPosts:
    @pytest.mark.parametrize(
        ("at", "filled"),
        [
            (SESSIONS[1].closed_at + 2 * HOUR, 2),  # in the evening
            (SESSIONS[2].starts_at - HOUR, 2),
            (SESSIONS[2].starts_at, 3),  # at the open it is too late for it
            (SESSIONS[2].starts_at + HOUR, 3),
            (SESSIONS[2].closed_at + 24 * HOUR, 3),  # on Saturday
        ],
    )
    def test_it_is_filled_at_the_next_open_after_the_post(self, at: datetime, filled: int) -> None:
        world = a_quiet_world()
        tell(world, post_signal(at))
        run(world)
        (fill,) = world.accounts.executions("paper")
        assert DAYS.index(fill.at.date()) == filled
        order = only_order(world)
        assert (order.status, order.reason) == ("filled", post_signal(at).reason)
        assert fill.price == COSTS.fill_price(Side.BUY, Decimal(repr(_open_of(world, filled))))

    def test_the_budget_is_of_the_last_close_before_the_post_is_acted_on(self) -> None:
        world = a_quiet_world()
        tell(world, post_signal(SESSIONS[0].closed_at + 2 * HOUR))
        run(world)
        assert only_order(world).budget == CASH * Decimal("0.3") * Decimal("0.1")

    @pytest.mark.parametrize(("confidence", "orders"), [(0.39, 0), (0.4, 0), (0.69, 0), (0.7, 1), (1.0, 1)])
    def test_the_level_from_which_there_is_an_order(self, confidence: float, orders: int) -> None:
        world = a_quiet_world(Limits(order_from=Level.HIGH))
        tell(world, post_signal(SESSIONS[0].closed_at + 2 * HOUR, confidence=confidence))
        run(world)
        assert len(world.accounts.orders("paper")) == len(world.accounts.executions("paper")) == orders

    def test_a_hold_is_no_order(self) -> None:
        world = a_quiet_world()
        tell(world, post_signal(SESSIONS[0].closed_at + 2 * HOUR, Side.HOLD))
        run(world)
        assert world.accounts.orders("paper") == []

    def test_nothing_is_ordered_twice(self) -> None:
        world = a_quiet_world()
        tell(world, post_signal(SESSIONS[0].closed_at + 2 * HOUR))
        for day in ALL:
            world.decide(day)
            world.dispatch()
            world.dispatch()
        assert len(world.accounts.orders("paper")) == len(world.accounts.executions("paper")) == 1

    def test_a_signal_whose_session_has_passed_never_trades(self) -> None:
        world = a_quiet_world()
        run(world, 0, 1, 2)
        tell(world, post_signal(SESSIONS[0].closed_at + 2 * HOUR))
        run(world)
        assert world.accounts.orders("paper") == []

    def test_one_before_the_account_began_never_trades(self) -> None:
        world = a_world(3)
        world.signals = type(world.signals)()
        world.assign(TALK, IBM)
        tell(world, post_signal(SESSIONS[1].closed_at + 2 * HOUR))
        run(world)
        assert world.accounts.orders("paper") == []


class TestRefusalsOnPosts:
    EVENING = SESSIONS[0].closed_at + 2 * HOUR  # 18:00 in New York

    @pytest.mark.parametrize(
        ("limits", "sentence"),
        [
            (
                Limits(trade_window=TradeWindow(time(9), time(16))),
                "18:00 in America/New_York is outside the trade window 09:00-16:00",
            ),
            (Limits(max_price_age=HOUR), "the newest price is 2.0 hours old, more than the 1 allowed"),
            (Limits(max_positions=0), "the strategy holds or is buying 0 of at most 0 positions"),
        ],
    )
    def test_they_are_told_in_a_sentence(self, limits: Limits, sentence: str) -> None:
        world = a_quiet_world(limits)
        tell(world, post_signal(self.EVENING))
        run(world)
        assert (only_order(world).status, only_order(world).reason) == ("rejected", sentence)
        assert world.accounts.state("paper").money == CASH

    @pytest.mark.parametrize(
        "limits",
        [
            Limits(trade_window=TradeWindow(time(12), time(6))),
            Limits(max_price_age=2 * HOUR),
            Limits(max_positions=1),
            Limits(max_move=0.01),
        ],
    )
    def test_what_is_within_them_is_filled(self, limits: Limits) -> None:
        world = a_quiet_world(limits)
        tell(world, post_signal(self.EVENING))
        run(world)
        assert only_order(world).status == "filled"

    def test_a_price_that_has_moved_since_the_post(self) -> None:
        """Published before the close of the first session, seen after that of the second: 100 became 103."""
        world = a_quiet_world(Limits(max_move=0.02))
        tell(world, post_signal(SESSIONS[1].closed_at + 2 * HOUR), published=SESSIONS[0].closed_at + HOUR)
        run(world)
        assert only_order(world).reason == "the price has moved by +3.0% since the post, more than the 2.0% allowed"

    def test_a_split_is_no_move(self) -> None:
        """Published at a close of 106, seen at one of 109 that a split has halved: +2.8 %, not -48.6 %."""
        world = a_quiet_world(Limits(max_move=0.03))
        tell(world, post_signal(SESSIONS[3].closed_at + 2 * HOUR), published=SESSIONS[2].closed_at + HOUR)
        run(world)
        assert only_order(world).status == "filled"

    def test_a_sale_is_never_refused_by_limits(self) -> None:
        world = a_quiet_world(Limits(max_price_age=3 * HOUR, trade_window=TradeWindow(time(18), time(19))))
        tell(
            world,
            post_signal(self.EVENING),
            post_signal(SESSIONS[5].starts_at - HOUR, Side.SELL, identity="2"),
        )
        run(world)
        assert [(order.side, order.status) for order in reversed(world.accounts.orders("paper"))] == [
            ("buy", "filled"),
            ("sell", "filled"),
        ]
        assert world.accounts.state("paper").positions == ()
        assert [fill.at.date() for fill in world.accounts.executions("paper")] == [DAYS[1], DAYS[5]]

    def test_a_sale_of_nothing(self) -> None:
        world = a_quiet_world()
        tell(world, post_signal(self.EVENING, Side.SELL))
        run(world)
        assert only_order(world).reason == "the strategy holds no IBM to sell"

    def test_several_posts_on_one_instrument_are_one_purchase(self) -> None:
        world = a_quiet_world()
        tell(
            world,
            post_signal(self.EVENING, identity="1"),
            post_signal(self.EVENING, identity="2"),
            post_signal(self.EVENING + HOUR, identity="3"),
            post_signal(SESSIONS[4].closed_at + HOUR, identity="4"),
        )
        run(world)
        told = [(order.status, order.reason.partition(" 2")[0]) for order in reversed(world.accounts.orders("paper"))]
        assert sorted(told) == sorted(
            [
                ("filled", "because of"),
                ("rejected", "an order to buy IBM is still waiting"),
                ("rejected", "an order to buy IBM is still waiting"),
                ("rejected", f"the strategy already holds {_held(world)} IBM"),
            ]
        )
        assert len(world.accounts.executions("paper")) == 1

    def test_positions_are_counted_over_instruments(self) -> None:
        world = a_quiet_world(Limits(max_positions=1))
        tell(world, post_signal(self.EVENING), post_signal(self.EVENING, instrument=MSFT))
        run(world)
        assert sorted((str(order.instrument), order.status) for order in world.accounts.orders("paper")) == [
            ("IBM", "filled"),
            ("MSFT", "rejected"),
        ]


class TestSharesOnPosts:
    def test_no_more_than_the_strategy_asks_for(self) -> None:
        world = a_quiet_world()
        tell(world, post_signal(SESSIONS[0].closed_at + 2 * HOUR, shares=7))
        run(world, 0, 1)
        assert [fill.quantity for fill in world.accounts.executions("paper")] == [Decimal(7)]

    @pytest.mark.parametrize(("shares", "bought"), [(None, 55), (7, 7)])  # of 3,000 at 54
    def test_a_split_between_the_post_and_the_fill(self, shares: float | None, bought: int) -> None:
        """The order is placed after the split of the morning: its shares are new ones."""
        world = a_quiet_world()
        tell(world, post_signal(SESSIONS[2].closed_at + 2 * HOUR, shares=shares))
        run(world, 0, 1, 2, 3)
        (fill,) = world.accounts.executions("paper")
        assert (fill.at.date(), fill.quantity) == (DAYS[3], Decimal(bought))


@settings(max_examples=examples(7), deadline=None)
@given(order=st.permutations(list(ALL)), pauses=st.lists(st.booleans(), min_size=len(DAYS), max_size=len(DAYS)))
def test_posts_and_sessions_in_any_order(order: Sequence[int], pauses: Sequence[bool]) -> None:
    """What is decided on posts is there before the sessions after it are; then the order of all else is no matter."""
    said = [
        post_signal(SESSIONS[0].closed_at + 2 * HOUR, identity="1"),
        post_signal(SESSIONS[2].starts_at + HOUR, instrument=MSFT, identity="2"),
        post_signal(SESSIONS[4].closed_at + 2 * HOUR, Side.SELL, identity="3"),
        post_signal(SESSIONS[5].closed_at + 2 * HOUR, identity="4", shares=3),
    ]
    plain, shuffled = a_world(), a_world()
    for world in (plain, shuffled):
        world.assign(TALK, IBM, MSFT)
    tell(plain, *said)
    run(plain)
    tell(shuffled, *reversed(said))
    for day, execute in zip(order, pauses, strict=True):
        shuffled.decide(day)
        if execute:
            shuffled.dispatch()
    shuffled.dispatch()
    assert shuffled.books() == plain.books()
    assert len([order for order in plain.accounts.orders("paper") if order.strategy == TALK]) == len(said)


def _open_of(world: World, day: int) -> float:
    table = world.bars.read([Series(IBM)], midnight(DAYS[day]), midnight(DAYS[day]))
    return float(table.column("open")[0].as_py())


def _held(world: World) -> str:
    (position,) = world.accounts.state("paper").positions
    return f"{position.quantity.normalize():f}"
