"""Signals on posts are queued at once, and the level of confidence from which a signal is."""

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from algo_trading.domain.limits import Limits
from algo_trading.domain.notice import NoticeStatus
from algo_trading.domain.post import Level
from algo_trading.domain.signal import Side
from algo_trading.domain.time import Interval
from algo_trading.errors import AlgoTradingError
from support.notice_queue import (
    ALL,
    DAYS,
    EVERYTHING,
    FAST,
    HOUR,
    MSFT,
    OVERLAPPING,
    SLOW,
    a_desk,
    a_subscription,
    close,
)

pytestmark = pytest.mark.unit


class TestLevels:
    @pytest.mark.parametrize(("confidence", "notices"), [(0.39, 0), (0.4, 1), (0.69, 1), (0.7, 1), (1.0, 1)])
    def test_the_level_from_which_a_notice_is_sent(self, confidence: float, notices: int) -> None:
        desk = a_desk()
        desk.assignments.rows = []
        desk.limit(Limits(mail_from=Level.MEDIUM, order_from=Level.HIGH))
        desk.posted(close(-1) + 2 * HOUR, confidence)
        assert desk.notify() == notices

    def test_of_several_accounts_the_lowest_level_counts(self) -> None:
        desk = a_desk()
        desk.assignments.rows = []
        desk.limit(Limits(mail_from=Level.HIGH))
        desk.limit(Limits(mail_from=Level.MEDIUM), account="second")
        desk.posted(close(-1) + 2 * HOUR, 0.5)
        assert desk.notify() == 1

    def test_without_limits_every_one_is_sent(self) -> None:
        desk = a_desk()
        desk.posted(close(-1) + 2 * HOUR, 0.01)
        assert desk.notify() == 1

    def test_they_hold_for_signals_at_the_close_too(self) -> None:
        desk = a_desk()
        desk.assignments.rows = []
        desk.limit(Limits(mail_from=Level.HIGH))
        desk.decide(*ALL)
        desk.notify()
        assert {strategy for _, strategy, _ in desk.received()} == {SLOW.name}


class TestSignalsOnPosts:
    def test_a_notice_goes_out_without_waiting_for_a_session(self) -> None:
        desk = a_desk()
        key = desk.posted(close(-1) + 2 * HOUR)
        assert desk.notify() == 1
        (notice,) = desk.outbox.notices()
        assert (notice.content.key, notice.status) == (key, NoticeStatus.PENDING)

    def test_a_hold_is_not_queued(self) -> None:
        desk = a_desk()
        desk.posted(close(-1) + 2 * HOUR, 0.9, side=Side.HOLD)
        assert desk.notify() == 0

    def test_only_to_those_whom_it_concerns(self) -> None:
        desk = a_desk(a_subscription("IBM"), a_subscription("MSFT", address="b@localhost"))
        desk.posted(close(-1) + 2 * HOUR)
        desk.posted(close(-1) + 2 * HOUR, identity="2", instrument=MSFT)
        assert desk.notify() == 2
        assert (desk.received_on_posts(), desk.received_on_posts("b@localhost")) == (["file:1"], ["file:2"])

    def test_never_twice(self) -> None:
        desk = a_desk(*OVERLAPPING)
        desk.posted(close(0) + 2 * HOUR)
        for day in (None, None, 0, 1, None, 2, 3):
            if day is not None:
                desk.decide(day)
            desk.notify()
        assert desk.received_on_posts() == ["file:1"]

    def test_what_comes_before_the_start_is_not_queued(self) -> None:
        desk = a_desk(a_subscription(day=3))
        desk.posted(close(2) - HOUR, identity="before")
        desk.posted(close(2), identity="after")
        desk.notify()
        assert desk.received_on_posts() == ["file:after"]

    def test_one_from_before_a_session_that_was_queued_is_too_late(self) -> None:
        """Whoever catches up on years of posts sends no mails about them."""
        desk = a_desk()
        desk.decide(0, 1)
        desk.notify()
        desk.posted(close(1) - HOUR, identity="late")
        desk.posted(close(1), identity="new")
        desk.notify()
        assert desk.received_on_posts() == ["file:new"]

    def test_one_that_is_queued_together_with_the_sessions_after_it(self) -> None:
        desk = a_desk()
        desk.posted(close(0) + 2 * HOUR, identity="1")
        desk.posted(close(2) - HOUR, identity="2")
        desk.posted(close(2) + HOUR, identity="3")
        desk.decide(0, 1, 2)
        assert desk.notify() == 3 + len([m for m in EVERYTHING if m[0] < 3])
        assert desk.received_on_posts() == ["file:1", "file:2", "file:3"]

    def test_of_strategies_that_are_not_assigned_any_more_there_is_none(self) -> None:
        desk = a_desk()
        desk.assignments.rows = [one for one in desk.assignments.rows if one.strategy != FAST]
        desk.posted(close(-1) + 2 * HOUR)
        assert desk.notify() == 0

    def test_a_full_outbox_loses_none(self) -> None:
        desk = a_desk()
        desk.outbox_limit = 1
        desk.posted(close(-1) + 2 * HOUR, identity="1")
        desk.posted(close(-1) + 3 * HOUR, identity="2")
        with pytest.raises(AlgoTradingError, match="the outbox is full"):
            desk.notify()
        desk.outbox_limit = 10
        desk.notify()
        assert desk.received_on_posts() == ["file:1", "file:2"]

    @settings(max_examples=30, deadline=None)
    @given(steps=st.permutations([*range(6), *("posts" for _ in range(4)), *("notify" for _ in range(6))]))
    def test_whatever_order_things_run_in(self, steps: Sequence[int | str]) -> None:
        """There is a notice about a post if its signal comes before those of a later session are queued, never two."""
        desk = a_desk()
        waiting, expected = list(range(5)), []
        for step in (*steps, "notify"):
            if isinstance(step, int):
                desk.decide(step)
            elif step == "notify":
                desk.notify()
            elif waiting:
                number = waiting.pop(0)
                newest = desk.outbox.newest("stocks", Interval.DAY)
                if newest is None or DAYS.index(newest) <= number:
                    expected.append(f"file:{number}")
                desk.posted(close(number) + 2 * HOUR, identity=str(number))
        assert desk.received_on_posts() == expected
