"""Strategies decide once for each pair and session, on what the session knew."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import ClassVar

import pyarrow as pa
import pytest

from algo_trading.domain.bars import Bars
from algo_trading.domain.corporate_actions import ActionKind, CorporateAction
from algo_trading.domain.instrument import Instrument, Series
from algo_trading.domain.signal import Side, Signal, StrategyId
from algo_trading.domain.strategy_failure import StrategyFailure
from algo_trading.domain.time import Interval, Period, midnight
from algo_trading.errors import ConfigError
from algo_trading.repositories.bars import bars_table
from algo_trading.services import evaluate
from algo_trading.services.evaluate import EvaluateReport, EvaluateStrategies, decide_last, streaks
from algo_trading.services.features import JoinFeatures, Knowledge
from algo_trading.services.inputs_hash import inputs_hash
from algo_trading.strategies.base import Decisions, Strategy
from algo_trading.strategies.ema_cross import EmaCross
from algo_trading.strategies.event_driven import EventDriven
from algo_trading.strategies.influencer_mention import InfluencerMention
from algo_trading.strategies.sma_cross import SmaCross
from algo_trading.strategies.unusable import strategy_to_ask
from algo_trading.strategies.volatility_drop import VolatilityDrop
from fakes.assignments import FakeAssignments, assigned, strategies_among
from fakes.bars import FakeBars, FakeCorporateActions
from fakes.signals import FakeSignals
from fakes.strategy_failures import FakeStrategyFailures
from support.bar_series import bars_of, random_walk
from support.factories import a_mention, chatter, joining, looked_up, moment_of

pytestmark = pytest.mark.unit

DAY = Interval.DAY
A, B, C = Instrument("A"), Instrument("B"), Instrument("C")
FIRST = date(2000, 1, 3)
LENGTH = 80


def day(index: int) -> date:
    return FIRST + timedelta(days=index)


def at(index: int) -> datetime:
    return midnight(day(index))


def period(index: int) -> Period:
    return Period(DAY, at(index), at(index), at(index) + timedelta(hours=21))


def split(instrument: Instrument, index: int, ratio: float = 2.0) -> CorporateAction:
    return CorporateAction(instrument, day(index), ActionKind.SPLIT, ratio)


@dataclass
class Desk:
    """Eighty bars of A and B; B's last one is missing."""

    pairs: Sequence[tuple[Strategy, Instrument]] = (
        (SmaCross(fast=3, slow=9, trend=0), A),
        (SmaCross(fast=3, slow=9, trend=0), B),
        (EmaCross(fast=3, slow=9), A),
    )
    bars: FakeBars = field(default_factory=FakeBars)
    actions: FakeCorporateActions = field(default_factory=FakeCorporateActions)
    signals: FakeSignals = field(default_factory=FakeSignals)
    join: JoinFeatures = field(default_factory=joining)
    failures: FakeStrategyFailures = field(default_factory=FakeStrategyFailures)

    def __post_init__(self) -> None:
        for seed, instrument in enumerate((A, B)):
            series = bars_of(random_walk(LENGTH - seed, seed), instrument.symbol)
            self.bars.upsert(bars_table([series]), "test")

    def run(self, index: int, *instruments: Instrument) -> EvaluateReport:
        assignments = FakeAssignments(assigned(*self.pairs))
        service = EvaluateStrategies(
            self.bars, self.actions, self.join, self.signals, assignments, strategies_among(*self.pairs), self.failures
        )
        return service(period(index), [Series(instrument) for instrument in instruments or (A, B)])


def test_one_signal_for_each_pair() -> None:
    desk = Desk()
    assert desk.run(50) == EvaluateReport(decided=3, new=3, skipped=())
    signals = desk.signals.of_period("XNYS", DAY, at(50))
    assert [(s.strategy.name, s.instrument) for s in signals] == [("ema_cross", A), ("sma_cross", A), ("sma_cross", B)]
    assert all(s.close == desk.bars.read([s.series], at(50), at(50))["close"][0].as_py() for s in signals)


@dataclass(frozen=True)
class Fragile(EmaCross):
    """Fails on one symbol."""

    def decide(self, bars: Bars) -> Decisions:
        if bars.instrument == B:
            raise ZeroDivisionError("no volume at all")
        return super().decide(bars)


def test_a_strategy_that_cannot_be_built_stops_itself_alone(caplog: pytest.LogCaptureFixture) -> None:
    """Its package was removed, or installed after this process began."""
    gone, sound = strategy_to_ask(StrategyId("sma_corss", "{}")), SmaCross(fast=3, slow=9, trend=0)
    desk = Desk(pairs=((gone, A), (sound, A), (sound, B)))
    with caplog.at_level("CRITICAL"):
        report = desk.run(50)
    assert (report.decided, len(report.failed)) == (2, 1)
    assert report.failed[0].startswith("sma_corss A: ConfigError: there is no strategy 'sma_corss'; did you mean")
    assert [failure.strategy for failure in desk.failures.open()] == [gone.id] == [StrategyId("sma_corss", "{}")]
    assert strategy_to_ask(sound.id) == sound


def test_a_strategy_that_raises_an_error_stops_itself_alone(caplog: pytest.LogCaptureFixture) -> None:
    fragile, sound = Fragile(fast=3, slow=9), SmaCross(fast=3, slow=9, trend=0)
    desk = Desk(pairs=((fragile, A), (fragile, B), (sound, B)))
    with caplog.at_level("ERROR"):
        report = desk.run(50)
    assert report == EvaluateReport(2, 2, (), failed=("ema_cross B: ZeroDivisionError: no volume at all",))
    assert {(s.strategy.name, s.instrument) for s in desk.signals.of_period("XNYS", DAY, at(50))} == {
        ("ema_cross", A),
        ("sma_cross", B),
    }
    (said,) = caplog.records
    assert said.getMessage() == f"ema_cross failed on B in {day(50)}"
    assert said.exc_info
    (failure,) = desk.failures.open()
    assert (failure.strategy.name, str(failure.series)) == ("ema_cross", "B")
    assert failure.error == "ZeroDivisionError: no volume at all"
    assert failure.since == failure.newest == at(50)
    with caplog.at_level("CRITICAL"):
        desk.run(51)
    assert [(one.since, one.newest) for one in desk.failures.open()] == [(at(50), at(51))]
    desk.pairs = ((EmaCross(fast=3, slow=9), B),)  # repaired
    desk.run(52)
    assert desk.failures.open() == []


def test_a_failure_within_a_range_is_kept_and_over() -> None:
    key, last = (StrategyId("x", "{}"), Series(B)), at(9)
    bad = [StrategyFailure(*key, at(day), at(day), f"error {day}") for day in (3, 5)]
    assert streaks(bad, {key}, last) == [StrategyFailure(*key, at(3), at(5), "error 5", last)]
    assert streaks(bad, set(), last) == [StrategyFailure(*key, at(3), at(5), "error 5")]


def test_holds_are_written_too() -> None:
    desk = Desk()
    for index in range(30, 50):
        desk.run(index)
    sides = [s.side for index in range(30, 50) for s in desk.signals.of_period("XNYS", DAY, at(index))]
    assert len(sides) == 60
    assert {Side.HOLD, Side.BUY, Side.SELL} == set(sides)


def test_during_the_warm_up_it_holds() -> None:
    desk = Desk()
    assert desk.run(0).decided == 3
    assert {s.side for s in desk.signals.of_period("XNYS", DAY, at(0))} == {Side.HOLD}


def test_running_again_writes_nothing() -> None:
    desk = Desk()
    desk.run(50)
    before = desk.signals.of_period("XNYS", DAY, at(50))
    assert desk.run(50) == EvaluateReport(decided=3, new=0, skipped=())
    assert desk.signals.of_period("XNYS", DAY, at(50)) == before


def test_a_pair_without_a_bar_of_the_session_is_skipped_and_named() -> None:
    desk = Desk()
    assert desk.run(LENGTH - 1) == EvaluateReport(decided=2, new=2, skipped=("sma_cross B",))
    desk.pairs = [*desk.pairs, (EmaCross(), C)]
    assert desk.run(50, A, B, C).skipped == ("ema_cross C",)


def test_only_the_instruments_asked_for() -> None:
    desk = Desk()
    assert desk.run(50, B, Instrument("X")) == EvaluateReport(1, 1, ())
    assert desk.run(50, C) == EvaluateReport(0, 0, ())
    assert EvaluateStrategies(desk.bars, desk.actions, desk.join, desk.signals, FakeAssignments(), strategies_among())(
        period(50), [Series(A)]
    ) == EvaluateReport(0, 0, ())


def test_the_same_pair_configured_twice_is_one_signal() -> None:
    desk = Desk()
    desk.pairs = [*desk.pairs, desk.pairs[0]]
    assert desk.run(50).new == 3


def test_what_came_later_changes_nothing() -> None:
    """Whether bars and a split of later sessions are there already or not."""
    late, early = Desk(), Desk()
    late.actions.upsert([split(A, 55)], "test")
    early.bars = FakeBars()
    for seed, instrument in enumerate((A, B)):
        series = bars_of(random_walk(LENGTH - seed, seed), instrument.symbol)
        early.bars.upsert(bars_table([series[:51]]), "test")
    assert late.run(50) == early.run(50)
    assert late.signals.of_period("XNYS", DAY, at(50)) == early.signals.of_period("XNYS", DAY, at(50))


def test_actions_up_to_the_session_count() -> None:
    """A split of the day itself: the strategy sees a flat price where the quotes halved."""
    flat = bars_of([100.0] * 40 + [50.0] * 10, "S")
    strategy = SmaCross(fast=3, slow=9, trend=0)
    assert decide_last(strategy, flat[:41], []).side is Side.SELL
    known = decide_last(strategy, flat[:41], [split(Instrument("S"), 40)])
    assert known.side is Side.HOLD
    assert known.close == 50.0  # as traded


def test_actions_of_another_instrument_do_not_count() -> None:
    desk, plain = Desk(), Desk()
    desk.actions.upsert([split(B, 40, 3.0)], "test")
    desk.run(50)
    plain.run(50)
    of_a = [[s for s in d.signals.of_period("XNYS", DAY, at(50)) if s.instrument == A] for d in (desk, plain)]
    assert of_a[0] == of_a[1]


def gloomy(index: int, sentiment: float = -0.9) -> JoinFeatures:
    """A bad mood about A from the close of this bar on."""
    return joining([a_mention(A, moment_of(bars_of([1.0] * LENGTH), index), sentiment=sentiment)])


class Counted(JoinFeatures):
    """Counts for each instrument how often it is read about."""

    reads: ClassVar[Counter[Instrument]] = Counter()

    def read(self, bars: Bars, names: Sequence[str], after: datetime | None = None) -> Knowledge:
        self.reads[bars.instrument] += 1
        return super().read(bars, names, after)


class TestText:
    """A strategy that needs to know more than prices."""

    MOODY = VolatilityDrop(window=2, sigmas=0, drop=0, sentiment=-0.5, shares=7)

    def test_what_was_written_by_the_close_counts(self) -> None:
        falls = next(i for i in range(50, LENGTH) if self.said(i, gloomy(i)).side is Side.BUY)
        bought = self.said(falls, gloomy(falls))
        assert bought.shares == 7
        assert bought.confidence == 0.9
        assert "the sentiment is -0.90" in bought.reason
        for silent in (joining(), gloomy(falls + 1), gloomy(falls - 1), gloomy(falls, sentiment=0.3)):
            assert self.said(falls, silent).side is Side.HOLD

    def test_what_is_written_later_is_not_read(self) -> None:
        assert self.said(50, gloomy(51)) == self.said(50, joining())
        assert self.said(50, gloomy(50)).inputs_hash != self.said(50, joining()).inputs_hash

    def test_shares_are_for_buys_alone(self) -> None:
        assert self.said(50, joining()).shares is None

    def test_a_strategy_that_decides_at_posts_is_not_asked(self) -> None:
        desk = Desk(pairs=[(InfluencerMention(), A), (self.MOODY, A)])
        assert desk.run(50) == EvaluateReport(decided=1, new=1, skipped=())
        assert Desk(pairs=[(InfluencerMention(), A)]).run(50) == EvaluateReport(0, 0, ())

    def test_an_unknown_feature_is_one_sentence(self) -> None:
        class Curious(VolatilityDrop):
            features = ("gossip",)

        with pytest.raises(ConfigError, match="there is no feature 'gossip'; known are: impact, "):
            Desk(pairs=[(Curious(), A)]).run(50)

    def test_what_was_written_is_read_once_for_all_strategies_of_an_instrument(self) -> None:
        """And each decides as it does alone."""
        series = [bars_of(random_walk(LENGTH - seed, seed), name) for seed, name in enumerate("AB")]
        mentions = [mention for bars in series for mention in chatter(bars, a_day=2)]
        join = joining(mentions, [figures for bars in series for figures in looked_up(bars)])
        counted = Counted(join.mentions, join.fundamentals, join.thresholds)
        strategies = (self.MOODY, replace(self.MOODY, sentiment=0.5), EventDriven(), EmaCross(fast=3, slow=9))
        pairs = [(strategy, instrument) for strategy in strategies for instrument in (A, B)]
        together, alone = Desk(pairs=pairs, join=counted), FakeSignals()
        for index in (40, 70):
            together.run(index)
            assert counted.reads.pop(A) == counted.reads.pop(B) == 1
            for pair in pairs:
                Desk(pairs=[pair], join=join, signals=alone).run(index)
            assert together.signals.of_period("XNYS", DAY, at(index)) == alone.of_period("XNYS", DAY, at(index))
        assert together.signals.count() == 2 * len(pairs)

    def said(self, index: int, join: JoinFeatures) -> Signal:
        desk = Desk(pairs=[(self.MOODY, A)], join=join)
        desk.run(index)
        (signal,) = desk.signals.of_period("XNYS", DAY, at(index))
        return signal


class CountedBars(FakeBars):
    """Notes how many bars each read gave."""

    def __init__(self) -> None:
        super().__init__()
        self.given: list[int] = []

    def read(self, series: Sequence[Series], first: datetime | None, last: datetime | None) -> pa.Table:
        table = super().read(series, first, last)
        self.given.append(table.num_rows)
        return table

    def read_last(self, series: Sequence[Series], last: datetime, count: int) -> pa.Table:
        table = super().read_last(series, last, count)
        self.given.append(table.num_rows)
        return table


class Endless(SmaCross):
    """Does not say what it remembers."""

    memory = Strategy.memory  # type: ignore[assignment]  # that of the base class says less


class TestMemory:
    """No more is read and hashed than the strategies remember."""

    SMA = SmaCross(fast=3, slow=9, trend=0)

    def test_as_many_bars_are_read_as_the_most_mindful_remembers(self) -> None:
        desk = Desk(pairs=[(self.SMA, A), (replace(self.SMA, slow=20), A), (self.SMA, B)], bars=CountedBars())
        assert isinstance(desk.bars, CountedBars)
        assert desk.run(70).decided == 3
        assert sorted(desk.bars.given) == [11, 22]  # one more than the bars of the average and the one before

    def test_one_that_does_not_say_gets_all(self) -> None:
        desk = Desk(pairs=[(Endless(fast=3, slow=9, trend=0), A)], bars=CountedBars())
        assert isinstance(desk.bars, CountedBars)
        desk.run(70)
        assert desk.bars.given == [71]
        (signal,) = desk.signals.of_period("XNYS", DAY, at(70))
        assert signal.inputs_hash == inputs_hash(bars_of(random_walk(LENGTH), "A")[:71], [])

    def test_series_beyond_one_batch_are_decided_too(self, monkeypatch: pytest.MonkeyPatch) -> None:
        whole = Desk()
        assert whole.run(50).new == 3
        monkeypatch.setattr(evaluate, "BATCH", 1)
        parts = Desk()
        assert parts.run(50).new == 3
        assert parts.signals.of_period("XNYS", DAY, at(50)) == whole.signals.of_period("XNYS", DAY, at(50))

    def test_the_hash_says_how_many_bars_it_covers(self) -> None:
        bars = bars_of(random_walk(LENGTH), "A")
        assert decide_last(self.SMA, bars, []).inputs_hash == f"10:{inputs_hash(bars[-10:], [])}"
        assert decide_last(self.SMA, bars[:4], []).inputs_hash == f"4:{inputs_hash(bars[:4], [])}"

    def test_older_bars_and_actions_change_nothing(self) -> None:
        bars = bars_of(random_walk(LENGTH), "A")
        signal = decide_last(self.SMA, bars, [])
        first = LENGTH - 10
        assert decide_last(self.SMA, bars[-30:], [split(A, first), split(A, 7)]) == signal
        assert decide_last(self.SMA, bars, [split(A, first + 1)]).inputs_hash != signal.inputs_hash

    def test_a_stored_signal_is_derived_from_as_many_bars_as_it_says(self) -> None:
        bars = bars_of(random_walk(LENGTH), "A")
        for like, covered in ((f"30:{'0' * 64}", bars[-30:]), ("0" * 64, bars)):
            digest = inputs_hash(covered, [])
            derived = decide_last(self.SMA, bars, [], like)
            assert derived.inputs_hash == ("30:" + digest if ":" in like else digest)
        assert decide_last(self.SMA, bars, [], "0" * 64) == decide_last(Endless(fast=3, slow=9, trend=0), bars, [])

    def test_text_is_what_it_is_with_all_bars(self) -> None:
        """What was written before the bars that are read is not lumped into the first of them."""
        moody = VolatilityDrop(window=2, sigmas=0, drop=0, sentiment=-0.5, shares=7)
        bars = bars_of(random_walk(LENGTH), "A")
        join = joining(chatter(bars, a_day=2))
        desk = Desk(pairs=[(moody, A)], join=join)
        for index in (5, 13, 14, 15, 40, LENGTH - 1):
            desk.run(index)
            (signal,) = desk.signals.of_period("XNYS", DAY, at(index))
            assert signal == decide_last(moody, join(bars[: index + 1], moody.features), [])
