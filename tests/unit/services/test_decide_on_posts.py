"""One signal for each pair and post, from what was known then, whenever it is decided."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import ClassVar

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from algo_trading.calendars import trading_calendar
from algo_trading.domain.bars import Bars, Floats
from algo_trading.domain.corporate_actions import ActionKind, CorporateAction
from algo_trading.domain.features import INFLUENCER_CONFIDENCE
from algo_trading.domain.instrument import Instrument, Series
from algo_trading.domain.post import Mention
from algo_trading.domain.signal import Side, Signal
from algo_trading.domain.time import Interval, midnight
from algo_trading.repositories.periods import Stage
from algo_trading.services.decide_on_posts import PUBLISHED, DecideOnPosts
from algo_trading.services.evaluate import EvaluateReport
from algo_trading.strategies.base import Decisions, Strategy
from algo_trading.strategies.ema_cross import EmaCross
from algo_trading.strategies.influencer_mention import InfluencerMention
from contracts.bars import bar_row, bar_rows
from fakes.assignments import FakeAssignments, assigned, strategies_among
from fakes.bars import FakeBars, FakeCorporateActions
from fakes.clock import FakeClock
from fakes.periods import FakePeriodLog
from fakes.signals import FakeSignals
from support.factories import a_mention, joining
from support.fuzz import examples

pytestmark = pytest.mark.unit

IBM, MSFT = Instrument("IBM"), Instrument("MSFT")
SESSIONS = trading_calendar("XNYS").periods(Interval.DAY, midnight(date(2013, 1, 2)), midnight(date(2013, 1, 17)))
DAYS = tuple(session.date for session in SESSIONS)
LAST = SESSIONS[-1].closed_at + timedelta(days=1)
HOUR, SECOND = timedelta(hours=1), timedelta(seconds=1)


@dataclass(frozen=True)
class Follower(Strategy):
    """Buys whatever is mentioned and tells of the bars that it was shown."""

    name: ClassVar[str] = "follower"
    summary: ClassVar[str] = "buys what is mentioned"
    features: ClassVar[tuple[str, ...]] = (INFLUENCER_CONFIDENCE,)
    on_posts: ClassVar[bool] = True
    warmup: ClassVar[int] = 1

    def decide(self, bars: Bars) -> Decisions:
        known = ~np.isnan(bars.features[INFLUENCER_CONFIDENCE])
        return Decisions(known, ~known, np.nan_to_num(bars.features[INFLUENCER_CONFIDENCE]), np.ones(len(bars)))

    def explain(self, bars: Bars, index: int) -> str:
        return f"{len(bars)} bars up to {bars.session(index)}, closes {bars.close.tolist()}"

    def lines(self, bars: Bars) -> dict[str, Floats]:  # noqa: ARG002 - it looks at no price
        return {}


def by_influencer(at: datetime, identity: str = "1", instrument: Instrument = IBM) -> Mention:
    return a_mention(instrument, at, identity, confidence=0.9, influencer=True)


class Desk:
    """Mentions that are all read, and what is decided on them; bars are there once `trade` has been called."""

    def __init__(
        self, *mentions: Mention, strategies: Sequence[Strategy] = (Follower(),), now: datetime = LAST
    ) -> None:
        self.bars, self.actions, self.signals = FakeBars(), FakeCorporateActions(), FakeSignals()
        self.periods, self.clock = FakePeriodLog(), FakeClock(now)
        self.pairs = [(strategy, instrument) for strategy in strategies for instrument in (IBM, MSFT)]
        self.join = joining(mentions, (), self.signals)

    def trade(self, *days: int, instruments: Sequence[Instrument] = (IBM, MSFT)) -> "Desk":
        rows = [bar_row(instrument, DAYS[day], 100.0 + day) for day in days for instrument in instruments]
        self.bars.upsert(bar_rows(*rows), "test")
        return self

    def __call__(
        self, until: datetime | None = None, progress: Callable[[int], None] = lambda _done: None
    ) -> EvaluateReport:
        decide = DecideOnPosts(
            self.bars,
            self.actions,
            self.join,
            self.signals,
            self.periods,
            FakeAssignments(assigned(*self.pairs)),
            strategies_among(*self.pairs),
            trading_calendar,
            self.clock,
        )
        return decide(until, progress)

    @property
    def decided(self) -> list[Signal]:
        return [*self.signals.of_series(Series(IBM)), *self.signals.of_series(Series(MSFT))]


ALL = range(len(DAYS))
NIGHT = SESSIONS[3].closed_at + 5 * HOUR


class TestSignals:
    def test_one_for_each_pair_and_post(self) -> None:
        mentions = [by_influencer(NIGHT, "1"), by_influencer(NIGHT, "2"), by_influencer(NIGHT, "1", MSFT)]
        desk = Desk(*mentions, strategies=(Follower(), InfluencerMention())).trade(*ALL)
        assert desk() == EvaluateReport(decided=6, new=6, skipped=())
        told = [(signal.strategy.name, str(signal.instrument), signal.post) for signal in desk.decided]
        assert sorted(told) == sorted(
            (name, str(mention.instrument), str(mention.post))
            for name in ("follower", "influencer_mention")
            for mention in mentions
        )

    def test_it_says_what_it_rests_on(self) -> None:
        desk = Desk(by_influencer(NIGHT)).trade(*ALL)
        desk()
        (signal,) = desk.decided
        assert (signal.post, signal.available_at, signal.period) == ("file:1", NIGHT, SESSIONS[3].key)
        assert (signal.side, signal.confidence, signal.close) == (Side.BUY, 0.9, 103.0)

    def test_strategies_that_decide_at_the_close_are_not_asked(self) -> None:
        desk = Desk(by_influencer(NIGHT), strategies=(EmaCross(fast=2, slow=3),)).trade(*ALL)
        assert desk() == EvaluateReport(0, 0, ())

    def test_what_is_not_an_influencers_is_held(self) -> None:
        desk = Desk(a_mention(IBM, NIGHT), strategies=(InfluencerMention(),)).trade(*ALL)
        desk()
        assert [(signal.side, signal.reason) for signal in desk.decided] == [(Side.HOLD, "no influencer mentioned it")]

    def test_never_twice(self) -> None:
        desk = Desk(by_influencer(NIGHT)).trade(*ALL)
        desk()
        before = desk.decided
        for _ in range(2):
            assert desk() == EvaluateReport(0, 0, ())
        assert desk.decided == before

    def test_what_comes_later_is_decided_later(self) -> None:
        desk = Desk(by_influencer(NIGHT), by_influencer(NIGHT + HOUR, "2")).trade(*ALL)
        assert desk(NIGHT - SECOND).decided == 0
        assert desk(NIGHT).decided == 1
        desk.clock = FakeClock(NIGHT + HOUR)
        assert desk().decided == 1
        assert [signal.post for signal in desk.decided] == ["file:1", "file:2"]


class TestKnown:
    @pytest.mark.parametrize(
        ("at", "session"),
        [
            (SESSIONS[3].closed_at + PUBLISHED, 3),
            (SESSIONS[3].closed_at + PUBLISHED - SECOND, 2),
            (SESSIONS[3].closed_at, 2),
            (SESSIONS[3].starts_at, 2),
            (datetime(2013, 1, 6, 12, tzinfo=UTC), 2),  # Sunday
        ],
    )
    def test_bars_are_expected_an_hour_after_their_close(self, at: datetime, session: int) -> None:
        desk = Desk(by_influencer(at)).trade(*ALL)
        desk()
        assert [signal.period for signal in desk.decided] == [SESSIONS[session].key]

    def test_actions_up_to_that_session_count(self) -> None:
        desk = Desk(by_influencer(NIGHT)).trade(*range(4))
        desk.actions.upsert(
            [
                CorporateAction(IBM, DAYS[1], ActionKind.SPLIT, 2.0),
                CorporateAction(IBM, DAYS[4], ActionKind.SPLIT, 5.0),
            ],
            "test",
        )
        desk()
        assert desk.decided[0].reason.endswith("closes [50.0, 101.0, 102.0, 103.0]")


class TestWaiting:
    def test_it_waits_for_the_bars_of_the_last_session_and_names_what_waits(self) -> None:
        desk = Desk(by_influencer(NIGHT)).trade(0, 1, 2)
        assert desk() == EvaluateReport(0, 0, ("follower IBM file:1",), {SESSIONS[3].key: 1})
        assert desk.trade(3)() == EvaluateReport(1, 1, ())
        at_once = Desk(by_influencer(NIGHT)).trade(*ALL)
        at_once()
        assert desk.decided == at_once.decided

    def test_one_instrument_does_not_hold_up_the_other(self) -> None:
        desk = Desk(by_influencer(NIGHT), by_influencer(NIGHT, "1", MSFT)).trade(0, 1, 2)
        desk.trade(3, instruments=[MSFT])
        assert desk() == EvaluateReport(1, 1, ("follower IBM file:1",), {SESSIONS[3].key: 1})

    def test_a_hole_in_a_session_that_was_ingested_does_not_block(self) -> None:
        desk = Desk(by_influencer(NIGHT)).trade(0, 1, 2)
        desk.periods.mark("stocks", Interval.DAY, midnight(DAYS[3]), Stage.ACCEPTED)
        assert desk() == EvaluateReport(1, 1, ())
        assert [signal.period for signal in desk.decided] == [SESSIONS[2].key]

    def test_an_earlier_hole_does_not_either(self) -> None:
        desk = Desk(by_influencer(NIGHT)).trade(0, 3)
        assert desk().new == 1

    def test_before_the_first_bar_there_is_nothing_to_decide_on(self) -> None:
        published = SESSIONS[2].closed_at + PUBLISHED
        desk = Desk(by_influencer(published - SECOND, "early"), by_influencer(published, "1")).trade(*ALL[2:])
        assert desk() == EvaluateReport(1, 1, ())
        assert [signal.post for signal in desk.decided] == ["file:1"]
        assert desk() == EvaluateReport(0, 0, ())

    def test_earlier_bars_that_are_loaded_later_are_decided_on(self) -> None:
        desk = Desk(by_influencer(SESSIONS[2].closed_at), by_influencer(NIGHT, "2")).trade(*ALL[2:])
        desk()
        assert desk.trade(1)() == EvaluateReport(1, 1, ())
        assert [(signal.post, signal.period) for signal in desk.decided] == [
            ("file:1", SESSIONS[1].key),
            ("file:2", SESSIONS[3].key),
        ]

    def test_an_instrument_without_any_bar(self) -> None:
        mentions = [by_influencer(NIGHT), by_influencer(NIGHT, "2"), by_influencer(NIGHT + timedelta(days=1), "3")]
        report = Desk(*mentions)()
        assert (report.decided, len(report.skipped), report.waiting) == (0, 3, {SESSIONS[3].key: 2, SESSIONS[4].key: 1})

    def test_it_tells_how_far_it_is(self) -> None:
        heard: list[int] = []
        desk = Desk(by_influencer(NIGHT), by_influencer(NIGHT, "1", MSFT)).trade(0, 1, 2)
        desk(progress=heard.append)
        assert heard == [1, 2]


MOMENTS = st.integers(1, 15 * 24).map(lambda hours: SESSIONS[0].closed_at + hours * HOUR)
MENTIONS = st.lists(st.tuples(MOMENTS, st.sampled_from([IBM, MSFT])), min_size=1, max_size=8)


def made(drawn: Sequence[tuple[datetime, Instrument]]) -> list[Mention]:
    return [by_influencer(at, str(number), instrument) for number, (at, instrument) in enumerate(drawn)]


class TestIndependence:
    @settings(max_examples=examples(10), deadline=None)
    @given(drawn=MENTIONS)
    def test_other_posts_and_later_bars_change_nothing(self, drawn: list[tuple[datetime, Instrument]]) -> None:
        mentions = made(drawn)
        together = Desk(*mentions).trade(*ALL)
        together()
        alone = []
        for mention in mentions:
            seen = [day for day in ALL if SESSIONS[day].closed_at + PUBLISHED <= mention.available_at]
            desk = Desk(mention).trade(*seen)
            desk(mention.available_at)
            alone += desk.decided
        assert {signal.key: signal for signal in alone} == {signal.key: signal for signal in together.decided}

    @settings(max_examples=examples(10), deadline=None)
    @given(drawn=MENTIONS, looks=st.lists(st.tuples(st.integers(0, len(DAYS)), MOMENTS), max_size=6))
    def test_whenever_it_is_asked(
        self, drawn: list[tuple[datetime, Instrument]], looks: list[tuple[int, datetime]]
    ) -> None:
        at_once, often = Desk(*made(drawn)).trade(*ALL), Desk(*made(drawn))
        at_once()
        for days, until in looks:
            often.trade(*range(days))
            often(until)
        often.trade(*ALL)()
        assert often.decided == at_once.decided
        assert len(often.decided) == len(drawn)
