"""Signals become mails, once for each address, in the order of sessions."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from algo_trading.calendars import market_calendar
from algo_trading.domain.instrument import Instrument
from algo_trading.domain.limits import Limits
from algo_trading.domain.post import Level
from algo_trading.domain.signal import Side
from algo_trading.domain.subscription import EVERY, OutboxStatus, Subscription
from algo_trading.errors import AlgoTradingError
from contracts.signals import a_signal
from fakes.subscriptions import FakeSubscriptions
from trading_world import DAYS, FAST, IBM, MSFT, SAID, SLOW, World

pytestmark = pytest.mark.unit

ALL = range(len(DAYS))
NOON = datetime(2013, 2, 1, 12, tzinfo=UTC)


def a_world(*subscriptions: Subscription) -> World:
    world = World()
    for subscription in subscriptions or (a_subscription(),):
        world.subscriptions.add(subscription)
    return world


def a_subscription(
    symbol: str = EVERY, strategy: str = EVERY, start: date = DAYS[0], address: str = "a@localhost"
) -> Subscription:
    return Subscription(address, symbol, strategy, "XNYS", start)


def heard(world: World, address: str = "a@localhost") -> list[tuple[int, str, str]]:
    """Session (by index), strategy and symbol of each mail to an address, sorted."""
    found = [world.signals.find(item.signal_key) for item in world.outbox.items() if item.address == address]
    return sorted((DAYS.index(s.session), s.strategy.name, s.instrument.symbol) for s in found if s is not None)


EVERYTHING = sorted((day, strategy.name, instrument.symbol) for day, strategy, instrument in SAID)


@pytest.fixture(scope="module")
def in_order() -> World:
    """Two overlapping subscriptions of one reader and one of another, session after session."""
    world = a_world(*OVERLAPPING)
    for day in ALL:
        world.decide(day)
        world.notify()
    return world


OVERLAPPING = (
    a_subscription(),
    a_subscription("IBM"),
    a_subscription("IBM", "fast"),
    a_subscription("MSFT", "slow", DAYS[3], "b@localhost"),
)


def test_nothing_decided_nothing_queued() -> None:
    world = a_world()
    assert world.notify() == 0
    assert world.mails() == ([a_subscription()], {})


def test_buys_and_sells_are_mailed_and_holds_are_not() -> None:
    world = a_world()
    world.decide(*ALL)
    assert world.notify() == len(SAID)
    assert heard(world) == EVERYTHING
    (item,) = [item for item in world.outbox.items() if item.session == DAYS[0]]
    (signal,) = [s for s in world.signals.of_session("XNYS", DAYS[0]) if s.side is not Side.HOLD]
    assert (item.signal_key, item.status, item.attempts) == (signal.key, OutboxStatus.PENDING, 0)
    assert len(item.dedupe_key) == 32


@pytest.mark.parametrize(
    ("symbol", "strategy", "expected"),
    [
        ("IBM", EVERY, [m for m in EVERYTHING if m[2] == "IBM"]),
        (EVERY, "slow", [m for m in EVERYTHING if m[1] == "slow"]),
        ("MSFT", "fast", [m for m in EVERYTHING if m[1:] == ("fast", "MSFT")]),
        ("ibm", EVERY, []),
        ("IB", EVERY, []),
    ],
)
def test_a_subscription_hears_of_what_it_names(
    symbol: str, strategy: str, expected: list[tuple[int, str, str]]
) -> None:
    world = a_world(a_subscription(symbol, strategy))
    world.decide(*ALL)
    assert world.notify() == len(expected)
    assert heard(world) == expected


def test_overlapping_subscriptions_bring_each_mail_once(in_order: World) -> None:
    assert heard(in_order) == EVERYTHING
    assert heard(in_order, "b@localhost") == [(5, "slow", "MSFT"), (9, "slow", "MSFT")]


def test_running_again_changes_nothing(in_order: World) -> None:
    before = in_order.mails()
    assert in_order.notify() == 0
    assert in_order.mails() == before


@settings(max_examples=20, deadline=None)
@given(order=st.permutations(list(ALL)), pauses=st.lists(st.booleans(), min_size=len(DAYS), max_size=len(DAYS)))
def test_whatever_order_sessions_are_decided_in(in_order: World, order: Sequence[int], pauses: Sequence[bool]) -> None:
    world = a_world(*OVERLAPPING)
    for day, notify in zip(order, pauses, strict=True):
        world.decide(day)
        if notify:
            world.notify()
    world.notify()
    assert world.mails() == in_order.mails()


def test_it_stops_before_a_session_that_is_not_decided() -> None:
    world = a_world()
    world.decide(0, 1, 3, 4)
    world.notify()
    assert [s.cursor for s in world.subscriptions.all()] == [DAYS[1]]
    assert heard(world) == [m for m in EVERYTHING if m[0] < 2]
    world.decide(2)
    world.notify()
    assert [s.cursor for s in world.subscriptions.all()] == [DAYS[4]]
    assert heard(world) == [m for m in EVERYTHING if m[0] < 5]


def test_what_was_before_the_start_is_never_mailed() -> None:
    world = a_world(a_subscription(start=DAYS[5]))
    world.decide(*ALL)
    world.notify()
    assert heard(world) == [m for m in EVERYTHING if m[0] >= 5]


def test_a_later_subscription_does_not_repeat_mails_of_an_earlier_one() -> None:
    world = a_world()
    world.decide(*range(6))
    world.notify()
    world.subscriptions.remove("a@localhost")
    world.subscriptions.add(a_subscription("IBM"))
    assert world.notify() == 0


class TestFullOutbox:
    def test_a_full_outbox_is_told_and_cursors_wait(self) -> None:
        world = a_world()
        world.outbox_limit = 2
        world.decide(*ALL)
        with pytest.raises(AlgoTradingError) as caught:
            world.notify()
        assert str(caught.value) == (
            "the outbox is full: 2 mails wait (mail.outbox_limit is 2); "
            "repair the channel and run `algo-trading deliver`, or raise the limit"
        )
        assert heard(world) == EVERYTHING[:2]
        assert [s.cursor for s in world.subscriptions.all()] == [DAYS[1]]

    def test_it_goes_on_where_it_stopped(self) -> None:
        world = a_world()
        world.outbox_limit = 2
        world.decide(*ALL)
        for _ in range(20):
            try:
                world.notify()
            except AlgoTradingError:
                with world.outbox.claim(NOON) as claimed:
                    assert claimed is not None
                    claimed.sent(NOON)
            else:
                break
        assert heard(world) == EVERYTHING

    def test_a_session_without_mails_needs_no_room(self) -> None:
        world = a_world(a_subscription("IBM", "slow"))
        world.outbox_limit = 1
        world.decide(*range(8))
        assert world.notify() == 1
        assert [s.cursor for s in world.subscriptions.all()] == [DAYS[7]]

    def test_mails_that_are_there_already_need_no_room(self) -> None:
        """The same reader's second subscription queues nothing, so a full outbox does not stop it."""
        world = a_world(a_subscription("IBM"), a_subscription("IBM", "fast"))
        world.outbox_limit = 1
        world.decide(0)
        assert world.notify() == 1
        assert [s.cursor for s in world.subscriptions.all()] == [DAYS[0]] * 2


def test_a_subscription_that_is_removed_meanwhile_is_passed_over() -> None:
    class Leaving(FakeSubscriptions):
        """The first reader unsubscribes just after the list was made."""

        def all(self) -> list[Subscription]:
            found = super().all()
            self.remove(found[0].address)
            return found

    world = a_world()
    world.subscriptions = Leaving()
    world.subscriptions.add(a_subscription(address="a@localhost"))
    world.subscriptions.add(a_subscription(address="b@localhost"))
    world.decide(0)
    assert world.notify() == 1
    assert heard(world, "b@localhost") == [(0, FAST.name, IBM.symbol)]


HOUR = timedelta(hours=1)
MAILED, ORDERED = Limits(mail_from=Level.MEDIUM, order_from=Level.HIGH), Limits(order_from=Level.HIGH)


def close(day: int) -> datetime:
    """The close of a session by its index; -1 is the one before the first."""
    calendar = market_calendar("XNYS")
    session = calendar.session(DAYS[day]) if day >= 0 else calendar.previous(DAYS[0])
    return session.closes_at


def posted(
    world: World,
    at: datetime,
    confidence: float = 0.5,
    identity: str = "1",
    *,
    side: Side = Side.BUY,
    instrument: Instrument = IBM,
) -> str:
    """A signal on a post that became available at a moment; its key."""
    session = market_calendar("XNYS").newest_closed(at - HOUR).date
    signal = a_signal(side, instrument, session, FAST)
    signal = replace(signal, confidence=confidence, post=f"file:{identity}", available_at=at)
    world.signals.add([signal])
    return signal.key


def mailed_on_posts(world: World, address: str = "a@localhost") -> list[str]:
    """The posts that an address has mails about, sorted."""
    found = [world.signals.find(item.signal_key) for item in world.outbox.items() if item.address == address]
    return sorted(signal.post for signal in found if signal is not None and signal.post)


class TestSignalsOnPosts:
    def test_a_mail_goes_out_without_waiting_for_a_session(self) -> None:
        world = a_world()
        key = posted(world, close(-1) + 2 * HOUR)
        assert world.notify() == 1
        (item,) = world.outbox.items()
        assert (item.signal_key, item.status) == (key, OutboxStatus.PENDING)
        assert [subscription.cursor for subscription in world.subscriptions.all()] == [None]

    @pytest.mark.parametrize(("confidence", "mails"), [(0.39, 0), (0.4, 1), (0.69, 1), (0.7, 1), (1.0, 1)])
    def test_the_level_from_which_it_is_mailed(self, confidence: float, mails: int) -> None:
        world = a_world()
        world.limits[FAST] = MAILED
        posted(world, close(-1) + 2 * HOUR, confidence)
        assert world.notify() == mails

    def test_without_limits_every_one_is_mailed(self) -> None:
        world = a_world()
        posted(world, close(-1) + 2 * HOUR, 0.01)
        assert world.notify() == 1

    def test_levels_hold_for_signals_at_the_close_too(self) -> None:
        world = a_world()
        world.limits[FAST] = Limits(mail_from=Level.HIGH)
        world.decide(*ALL)
        world.notify()
        assert {strategy for _, strategy, _ in heard(world)} == {SLOW.name}

    def test_a_hold_is_not_mailed(self) -> None:
        world = a_world()
        posted(world, close(-1) + 2 * HOUR, 0.9, side=Side.HOLD)
        assert world.notify() == 0

    def test_only_to_those_whom_it_concerns(self) -> None:
        world = a_world(a_subscription("IBM"), a_subscription("MSFT", address="b@localhost"))
        posted(world, close(-1) + 2 * HOUR)
        posted(world, close(-1) + 2 * HOUR, identity="2", instrument=MSFT)
        assert world.notify() == 2
        assert (mailed_on_posts(world), mailed_on_posts(world, "b@localhost")) == (["file:1"], ["file:2"])

    def test_never_twice(self) -> None:
        world = a_world(*OVERLAPPING)
        posted(world, close(0) + 2 * HOUR)
        for day in (None, None, 0, 1, None, 2, 3):
            if day is not None:
                world.decide(day)
            world.notify()
        assert mailed_on_posts(world) == ["file:1"]

    def test_what_comes_before_the_start_is_not_mailed(self) -> None:
        world = a_world(a_subscription(start=DAYS[3]))
        posted(world, close(2) - HOUR, identity="before")
        posted(world, close(2), identity="after")
        world.notify()
        assert mailed_on_posts(world) == ["file:after"]

    def test_a_session_behind_the_cursor_has_been_told_of(self) -> None:
        """Who catches up on years of posts is not mailed about them."""
        world = a_world()
        world.decide(0, 1)
        world.notify()
        posted(world, close(1) - HOUR, identity="late")
        posted(world, close(1), identity="new")
        world.notify()
        assert mailed_on_posts(world) == ["file:new"]

    def test_one_that_was_told_of_in_the_same_step_as_its_session(self) -> None:
        world = a_world()
        posted(world, close(0) + 2 * HOUR, identity="1")
        posted(world, close(2) - HOUR, identity="2")
        posted(world, close(2) + HOUR, identity="3")
        world.decide(0, 1, 2)
        assert world.notify() == 3 + len([m for m in EVERYTHING if m[0] < 3])
        assert mailed_on_posts(world) == ["file:1", "file:2", "file:3"]

    def test_a_full_outbox_loses_none(self) -> None:
        world = a_world()
        world.outbox_limit = 1
        posted(world, close(-1) + 2 * HOUR, identity="1")
        posted(world, close(-1) + 3 * HOUR, identity="2")
        with pytest.raises(AlgoTradingError, match="the outbox is full"):
            world.notify()
        world.outbox_limit = 10
        world.notify()
        assert mailed_on_posts(world) == ["file:1", "file:2"]

    @settings(max_examples=30, deadline=None)
    @given(steps=st.permutations([*range(6), *("posts" for _ in range(4)), *("notify" for _ in range(6))]))
    def test_whatever_order_things_run_in(self, steps: Sequence[int | str]) -> None:
        """A post is mailed about once if its signal is there before a session after it is passed, and never twice."""
        world = a_world()
        waiting, expected = list(range(5)), []
        for step in (*steps, "notify"):
            if isinstance(step, int):
                world.decide(step)
            elif step == "notify":
                world.notify()
            elif waiting:
                number = waiting.pop(0)
                (subscription,) = world.subscriptions.all()
                if subscription.cursor is None or DAYS.index(subscription.cursor) <= number:
                    expected.append(f"file:{number}")
                posted(world, close(number) + 2 * HOUR, identity=str(number))
        assert mailed_on_posts(world) == expected
