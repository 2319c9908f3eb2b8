"""A strategy that ranks a watchlist decides live what it decides in a backtest, and its signals are derived again."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import numpy as np
import pytest

from algo_trading.domain.bars import Bars
from algo_trading.domain.corporate_actions import ActionKind, CorporateAction, adjusted
from algo_trading.domain.instrument import Instrument, Series
from algo_trading.domain.signal import Side
from algo_trading.domain.time import Interval, Period, moment_of
from algo_trading.repositories.bars import bars_table
from algo_trading.services.evaluate import EvaluateReport, EvaluateStrategies
from algo_trading.strategies.base import Decisions
from algo_trading.strategies.cross_section import decide_all
from algo_trading.strategies.top_momentum import TopMomentum
from back_testing.analysis.verify_live import VerifyLive
from fakes.assignments import FakeAssignments, assigned, strategies_among
from fakes.bars import FakeBars, FakeCorporateActions
from fakes.signals import FakeSignals
from support.bar_series import bars_of, random_walk
from support.factories import joining

pytestmark = pytest.mark.unit

STRATEGY = TopMomentum(top=1, lookback=10, skip=2, rebalance="week")
SYMBOLS = ("A", "B", "C", "D")
N = 45
SPLIT = CorporateAction(Instrument("B"), bars_of(np.ones(N)).session(30), ActionKind.SPLIT, 2.0)


class Desk:
    """Four symbols, as traded: a split of B, and no bar of C on one day."""

    def __init__(self) -> None:
        self.series = [bars_of(random_walk(N, seed), symbol) for seed, symbol in enumerate(SYMBOLS)]
        before = np.arange(N) < 30
        prices: dict[str, Any] = {
            name: np.where(before, 2.0, 1.0) * self.series[1].close for name in ("open", "high", "low", "close")
        }
        self.series[1] = replace(self.series[1], **prices)
        kept = np.arange(N) != 28  # the first day of a week
        columns = ("opened_at", "closed_at", "open", "high", "low", "close", "volume")
        self.series[2] = replace(self.series[2], **{name: getattr(self.series[2], name)[kept] for name in columns})
        self.bars, self.actions, self.signals = FakeBars(), FakeCorporateActions(), FakeSignals()
        for bars in self.series:
            self.bars.upsert(bars_table([bars]), "test")
        self.actions.upsert([SPLIT], "test")
        pairs = [(STRATEGY, bars.instrument) for bars in self.series]
        self.evaluate = EvaluateStrategies(
            self.bars,
            self.actions,
            joining(),
            self.signals,
            FakeAssignments(assigned(*pairs)),
            strategies_among(*pairs),
        )

    def period(self, index: int) -> Period:
        at = moment_of(self.series[0].opened_at[index])
        return Period(Interval.DAY, at, at, at + timedelta(hours=21))

    def sides(self) -> dict[tuple[str, int], Side]:
        first = self.series[0]
        days = {moment_of(opened): number for number, opened in enumerate(first.opened_at)}
        return {
            (signal.series.symbol, days[signal.opened_at]): signal.side
            for one in self.signals.series()
            for signal in self.signals.of_series(one)
        }


def backtest_sides(series: list[Bars]) -> dict[tuple[str, int], Side]:
    """What is decided with all bars, prices adjusted as of the last one."""
    known = [adjusted(bars, [SPLIT] if bars.instrument == SPLIT.instrument else []) for bars in series]
    days = {opened: number for number, opened in enumerate(series[0].opened_at.tolist())}
    return {
        (bars.instrument.symbol, days[opened]): decisions.side(i)
        for bars, decisions in zip(known, decide_all(STRATEGY, known), strict=True)
        for i, opened in enumerate(bars.opened_at.tolist())
    }


@pytest.fixture(scope="module")
def desk() -> Desk:
    """Decided period by period, in two shards."""
    desk = Desk()
    for index in range(N):
        for shard in (desk.series[:1], desk.series[1:]):
            desk.evaluate(desk.period(index), [bars.series for bars in shard])
    return desk


def test_live_decisions_are_those_of_the_backtest(desk: Desk) -> None:
    expected = backtest_sides(desk.series)
    assert desk.sides() == expected
    assert {Side.BUY, Side.SELL, Side.HOLD} == set(expected.values())
    bought = [key for key, side in expected.items() if side is Side.BUY]
    assert len({symbol for symbol, _ in bought}) > 1


def test_each_period_has_one_hash_for_all(desk: Desk) -> None:
    signals = desk.signals.of_period("XNYS", Interval.DAY, desk.period(40).opened_at)
    assert len(signals) == 4
    assert len({signal.inputs_hash for signal in signals}) == 1
    assert signals[0].inputs_hash.startswith("11:")


def test_they_are_derived_again(desk: Desk) -> None:
    report = VerifyLive(desk.bars, desk.actions, joining(), desk.signals)()
    assert (report.checked, report.agreed) == (4 * N - 1, 4 * N - 1)


def test_a_bar_that_was_revised_explains_all_that_was_weighed_with_it(desk: Desk) -> None:
    bars = FakeBars()
    for one in desk.series:
        changed = replace(one, close=np.append(one.close[:-1], one.close[-1] * 3)) if one is desk.series[3] else one
        bars.upsert(bars_table([changed]), "test")
    report = VerifyLive(bars, desk.actions, joining(), desk.signals)()
    assert (report.mismatches, report.revised) == ((), 4)


def test_a_series_without_a_bar_is_named_and_the_others_are_ranked() -> None:
    again = Desk()
    report = again.evaluate(again.period(28), [bars.series for bars in again.series])
    assert report == EvaluateReport(3, 3, ("top_momentum C",))


def test_several_periods_at_once_are_the_same(desk: Desk) -> None:
    again = Desk()
    periods = [again.period(index) for index in range(20, N)]
    again.evaluate.over(periods, [bars.series for bars in again.series])
    assert again.sides() == {key: side for key, side in desk.sides().items() if key[1] >= 20}
    (one,) = again.signals.of_period("XNYS", Interval.DAY, periods[-1].opened_at)[:1]
    (other,) = desk.signals.of_period("XNYS", Interval.DAY, periods[-1].opened_at)[:1]
    assert one == other


class Broken(TopMomentum):
    def decide_together(self, series: Sequence[Bars]) -> list[Decisions]:
        raise ZeroDivisionError(f"of {len(series)}")


def test_an_error_is_named_and_stops_nobody_else() -> None:
    desk, broken = Desk(), Broken()
    pairs = [(one, bars.instrument) for one in (broken, STRATEGY) for bars in desk.series]
    evaluate = replace(
        desk.evaluate, assignments=FakeAssignments(assigned(*pairs)), strategies=strategies_among(*pairs)
    )
    report = evaluate(desk.period(40), [Series(Instrument("A"))])
    assert (report.decided, report.failed) == (1, ("top_momentum A: ZeroDivisionError: of 4",))
