"""Signals become mails, once for each address, in the order of sessions."""

from collections.abc import Sequence
from datetime import UTC, date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from algo_trading.domain.signal import Side
from algo_trading.domain.subscription import EVERY, OutboxStatus, Subscription
from algo_trading.errors import AlgoTradingError
from fakes.subscriptions import FakeSubscriptions
from trading_world import DAYS, FAST, IBM, SAID, World

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
