"""Signals become notices, once for each address, whatever order periods are decided in."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from algo_trading.domain.instrument import Instrument, Series
from algo_trading.domain.notice import NoticeKind, NoticeStatus, dedupe_key
from algo_trading.domain.signal import Side
from algo_trading.domain.subscription import EVERY, Subscription
from algo_trading.domain.time import Interval
from algo_trading.domain.watchlist import Assignment
from algo_trading.errors import AlgoTradingError
from algo_trading.repositories.notices import Outcome
from algo_trading.repositories.periods import Stage
from contracts.signals import a_signal
from support.notice_queue import (
    ALL,
    DAYS,
    EVERYTHING,
    FAST,
    HOUR,
    OVERLAPPING,
    SAID,
    Desk,
    a_desk,
    a_subscription,
)

pytestmark = pytest.mark.unit


NOON = datetime(2013, 2, 1, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def in_order() -> Desk:
    """Overlapping subscriptions of one reader and one of another, session after session."""
    desk = a_desk(*OVERLAPPING)
    for day in ALL:
        desk.decide(day)
        desk.notify()
    return desk


def test_nothing_decided_nothing_queued() -> None:
    desk = a_desk()
    assert desk.notify() == 0
    assert desk.outbox.notices() == []


def test_buys_and_sells_are_queued_and_holds_are_not() -> None:
    desk = a_desk()
    desk.decide(*ALL)
    assert desk.notify() == len(SAID)
    assert desk.received() == EVERYTHING
    (notice,) = [notice for notice in desk.outbox.notices() if notice.content.at == DAYS[0]]
    (signal,) = [s for s in desk.signals.of_period("XNYS", Interval.DAY, DAYS[0]) if s.side is not Side.HOLD]
    assert (notice.content.kind, notice.content.key) == (NoticeKind.SIGNAL, signal.key)
    assert (notice.status, notice.attempts, notice.channel) == (NoticeStatus.PENDING, 0, "")
    assert notice.dedupe_key == dedupe_key("a@localhost", signal.key)


@pytest.mark.parametrize(
    ("symbol", "strategy", "venue", "expected"),
    [
        ("IBM", EVERY, EVERY, [m for m in EVERYTHING if m[2] == "IBM"]),
        (EVERY, "slow", EVERY, [m for m in EVERYTHING if m[1] == "slow"]),
        ("MSFT", "fast", "XNYS", [m for m in EVERYTHING if m[1:] == ("fast", "MSFT")]),
        (EVERY, EVERY, "24/7", []),
        ("ibm", EVERY, EVERY, []),
        ("IB", EVERY, EVERY, []),
    ],
)
def test_a_subscription_gets_what_it_names(
    symbol: str, strategy: str, venue: str, expected: list[tuple[int, str, str]]
) -> None:
    desk = a_desk(a_subscription(symbol, strategy, venue=venue))
    desk.decide(*ALL)
    assert desk.notify() == len(expected)
    assert desk.received() == expected


def test_overlapping_subscriptions_bring_each_notice_once(in_order: Desk) -> None:
    assert in_order.received() == EVERYTHING
    assert in_order.received("b@localhost") == [(5, "slow", "MSFT"), (9, "slow", "MSFT")]


def test_running_again_changes_nothing(in_order: Desk) -> None:
    before = dict(in_order.outbox.stored)
    assert in_order.notify() == 0
    assert in_order.outbox.stored == before


@settings(max_examples=20, deadline=None)
@given(order=st.permutations(list(ALL)), pauses=st.lists(st.booleans(), min_size=len(DAYS), max_size=len(DAYS)))
def test_whatever_order_sessions_are_decided_in(in_order: Desk, order: Sequence[int], pauses: Sequence[bool]) -> None:
    desk = a_desk(*OVERLAPPING)
    for day, notify in zip(order, pauses, strict=True):
        desk.decide(day)
        if notify:
            desk.notify()
    desk.notify()
    assert desk.outbox.stored == in_order.outbox.stored


def test_a_session_that_is_not_decided_holds_up_no_other() -> None:
    desk = a_desk()
    desk.decide(0, 1, 3, 4)
    desk.notify()
    assert desk.received() == [m for m in EVERYTHING if m[0] in {0, 1, 3, 4}]
    desk.decide(2)
    desk.notify()
    assert desk.received() == [m for m in EVERYTHING if m[0] < 5]


def test_what_was_before_the_start_is_never_queued() -> None:
    desk = a_desk(a_subscription(day=5))
    desk.decide(*ALL)
    desk.notify()
    assert desk.received() == [m for m in EVERYTHING if m[0] >= 5]


def test_who_subscribes_later_gets_nothing_from_before() -> None:
    desk = a_desk()
    desk.decide(*range(6))
    desk.notify()
    desk.subscriptions.add(a_subscription(address="b@localhost"))
    desk.decide(6)
    desk.notify()
    assert desk.received("b@localhost") == [m for m in EVERYTHING if m[0] == 6]


def test_sessions_without_any_subscriber_are_passed_over() -> None:
    desk = Desk()
    desk.decide(*range(6))
    assert desk.notify() == 0
    assert desk.outbox.waiting() == []
    desk.subscriptions.add(a_subscription())
    assert desk.notify() == 0


def test_a_later_subscription_does_not_repeat_notices_of_an_earlier_one() -> None:
    desk = a_desk()
    desk.decide(*range(6))
    desk.notify()
    desk.subscriptions.remove("a@localhost")
    desk.subscriptions.add(a_subscription("IBM"))
    assert desk.notify() == 0


def test_a_watchlist_without_assignments_is_passed_over() -> None:
    desk = a_desk()
    desk.decide(0, watchlist="gone")
    assert desk.notify() == 0
    assert desk.outbox.waiting() == []


def test_two_watchlists_of_a_venue_bring_each_notice_once() -> None:
    desk = a_desk()
    desk.assignments.rows += [replace(one, watchlist="more") for one in desk.assignments.rows]
    desk.decide(0, 1)
    desk.decide(0, 1, watchlist="more")
    assert desk.notify() == 2
    assert desk.notify() == 0


def test_candles_of_one_day_are_two_periods() -> None:
    desk = Desk()
    coin, opened_at = Series(Instrument("INJUSDT", "24/7"), Interval.HOUR_4), datetime(2013, 1, 2, 4, tzinfo=UTC)
    desk.subscriptions.add(Subscription("a@localhost", EVERY, EVERY, EVERY, opened_at))
    desk.assignments.rows = [Assignment(FAST, coin, "coins", "paper", "owner")]
    for hours in (-4, 0, 4):
        moment = opened_at + hours * HOUR
        desk.signals.add([replace(a_signal(opened_at=moment, strategy=FAST), series=coin)])
        desk.periods.mark("coins", Interval.HOUR_4, moment, Stage.DECIDED)
    assert desk.notify() == 2  # the first one closed when the subscription began
    assert [notice.content.at for notice in desk.outbox.notices()] == [opened_at + 4 * HOUR, opened_at]


class TestFullOutbox:
    def test_a_full_outbox_is_reported_and_periods_wait(self) -> None:
        desk = a_desk()
        desk.outbox_limit = 2
        desk.decide(*ALL)
        with pytest.raises(AlgoTradingError) as caught:
            desk.notify()
        assert str(caught.value) == (
            "the outbox is full: 2 mails wait (mail.outbox_limit is 2); "
            "repair the channel and run `algo-trading deliver`, or raise the limit"
        )
        assert desk.received() == EVERYTHING[:2]
        assert desk.outbox.newest("stocks", Interval.DAY) == DAYS[1]

    def test_it_goes_on_where_it_stopped(self) -> None:
        desk = a_desk()
        desk.outbox_limit = 2
        desk.decide(*ALL)
        for _ in range(20):
            try:
                desk.notify()
            except AlgoTradingError:
                with desk.outbox.sender() as sender:
                    (notice,) = sender.claim(NOON, NOON + HOUR, 1)
                    sender.settle([Outcome(notice.dedupe_key, NoticeStatus.SENT, NOON)])
            else:
                break
        assert desk.received() == EVERYTHING

    def test_notices_that_are_there_already_need_no_room(self) -> None:
        desk = a_desk()
        desk.outbox_limit = 1
        desk.assignments.rows += [replace(one, watchlist="more") for one in desk.assignments.rows]
        desk.decide(0)
        assert desk.notify() == 1
        desk.decide(0, watchlist="more")
        assert desk.notify() == 0
        assert desk.outbox.newest("more", Interval.DAY) == DAYS[0]

    def test_a_session_without_notices_needs_no_room(self) -> None:
        desk = a_desk(a_subscription("IBM", "slow"))
        desk.outbox_limit = 1
        desk.decide(*range(8))
        assert desk.notify() == 1
        assert desk.outbox.newest("stocks", Interval.DAY) == DAYS[7]
