"""Signals become notices, once for each address, whatever order periods are decided in."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from algo_trading.calendars import trading_calendar
from algo_trading.domain.instrument import Instrument, Series
from algo_trading.domain.limits import NO_LIMITS, Limits
from algo_trading.domain.notice import NoticeKind, NoticeStatus, dedupe_key
from algo_trading.domain.post import Level, Levels
from algo_trading.domain.signal import Side, Signal, StrategyId
from algo_trading.domain.subscription import EVERY, Subscription
from algo_trading.domain.time import Interval
from algo_trading.domain.watchlist import Assignment
from algo_trading.errors import AlgoTradingError
from algo_trading.repositories.notices import Outcome
from algo_trading.repositories.periods import Stage
from algo_trading.services.notify import QueueNotices
from contracts.signals import a_signal
from fakes.assignments import FakeAssignments
from fakes.notices import FakeNotices
from fakes.periods import FakePeriodLog
from fakes.signals import FakeSignals
from fakes.subscriptions import FakeSubscriptions

pytestmark = pytest.mark.unit

IBM, MSFT = Instrument("IBM"), Instrument("MSFT")
FAST, SLOW = StrategyId("fast", "{}"), StrategyId("slow", "{}")
LEVELS = Levels(medium=0.4, high=0.7)
NEW_YORK = trading_calendar("XNYS")
PERIODS = NEW_YORK.periods(Interval.DAY, datetime(2013, 1, 2, tzinfo=UTC), datetime(2013, 1, 17, tzinfo=UTC))
DAYS = [period.opened_at for period in PERIODS]
BEFORE = NEW_YORK.previous(Interval.DAY, DAYS[0]).closed_at
ALL = range(len(DAYS))
HOUR = timedelta(hours=1)
NOON = datetime(2013, 2, 1, 12, tzinfo=UTC)
# Which session (by index) brings a buy or a sell of whom; everything else is a hold.
SAID = {
    (0, FAST, IBM): Side.BUY,
    (1, SLOW, IBM): Side.BUY,
    (2, FAST, MSFT): Side.BUY,
    (4, FAST, IBM): Side.SELL,
    (5, SLOW, MSFT): Side.BUY,
    (6, FAST, IBM): Side.BUY,
    (8, SLOW, IBM): Side.SELL,
    (8, FAST, MSFT): Side.SELL,
    (9, SLOW, MSFT): Side.SELL,
    (10, FAST, MSFT): Side.BUY,
}
EVERYTHING = sorted((day, strategy.name, instrument.symbol) for day, strategy, instrument in SAID)


def close(day: int) -> datetime:
    """The close of a session by its index; -1 is the one before the first."""
    return PERIODS[day].closed_at if day >= 0 else BEFORE


@dataclass
class Desk:
    """What strategies said is stored from the beginning; what is decided is what `decide` was called for."""

    signals: FakeSignals = field(default_factory=FakeSignals)
    periods: FakePeriodLog = field(default_factory=FakePeriodLog)
    subscriptions: FakeSubscriptions = field(default_factory=FakeSubscriptions)
    assignments: FakeAssignments = field(default_factory=FakeAssignments)
    outbox_limit: int = 10_000

    def __post_init__(self) -> None:
        self.outbox = FakeNotices(self.subscriptions, self.periods)
        self.limit()
        for day, opened_at in enumerate(DAYS):
            self.signals.add(
                [
                    a_signal(SAID.get((day, strategy, instrument), Side.HOLD), instrument, opened_at, strategy)
                    for strategy in (FAST, SLOW)
                    for instrument in (IBM, MSFT)
                ]
            )

    def limit(self, limits: Limits = NO_LIMITS, account: str = "paper") -> None:
        """Let every strategy trade everything for an account, FAST under these limits."""
        self.assignments.rows += [
            Assignment(strategy, Series(one), "stocks", account, "owner", limits if strategy is FAST else NO_LIMITS)
            for strategy in (FAST, SLOW)
            for one in (IBM, MSFT)
        ]

    def decide(self, *days: int, watchlist: str = "stocks") -> None:
        for day in days:
            self.periods.mark(watchlist, Interval.DAY, DAYS[day], Stage.DECIDED)

    def notify(self) -> int:
        return QueueNotices(
            self.subscriptions, self.outbox, self.signals, self.assignments, LEVELS, trading_calendar, self.outbox_limit
        )()

    def signal_of(self, key: str) -> Signal:
        signal = self.signals.find(key)
        assert signal is not None
        return signal

    def received(self, address: str = "a@localhost") -> list[tuple[int, str, str]]:
        """Session (by index), strategy and symbol of each notice to an address at a close, sorted."""
        found = [self.signal_of(one.content.key) for one in self.outbox.notices() if one.recipient == address]
        return sorted((DAYS.index(s.opened_at), s.strategy.name, s.instrument.symbol) for s in found if not s.post)

    def received_on_posts(self, address: str = "a@localhost") -> list[str]:
        """The posts that an address has notices about, sorted."""
        found = [self.signal_of(one.content.key) for one in self.outbox.notices() if one.recipient == address]
        return sorted(signal.post for signal in found if signal.post)

    def posted(
        self,
        at: datetime,
        confidence: float = 0.5,
        identity: str = "1",
        *,
        side: Side = Side.BUY,
        instrument: Instrument = IBM,
    ) -> str:
        """A signal on a post that became available at a moment; its key."""
        opened_at = NEW_YORK.newest_closed(Interval.DAY, at - HOUR).opened_at
        signal = a_signal(side, instrument, opened_at, FAST)
        signal = replace(signal, confidence=confidence, post=f"file:{identity}", available_at=at)
        self.signals.add([signal])
        return signal.key


def a_desk(*subscriptions: Subscription) -> Desk:
    desk = Desk()
    for subscription in subscriptions or (a_subscription(),):
        desk.subscriptions.add(subscription)
    return desk


def a_subscription(
    symbol: str = EVERY, strategy: str = EVERY, day: int = 0, address: str = "a@localhost", venue: str = EVERY
) -> Subscription:
    """One that begins with the session with this index."""
    return Subscription(address, symbol, strategy, venue, close(day - 1))


OVERLAPPING = (
    a_subscription(),
    a_subscription("IBM"),
    a_subscription("IBM", "fast"),
    a_subscription("MSFT", "slow", 3, "b@localhost"),
)


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
