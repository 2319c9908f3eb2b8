"""The newest scores: stored ones while they are current."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from algo_trading.calendars import trading_calendar
from algo_trading.domain.scores import DEFAULT_POINTS, PairScore, PointsTable
from algo_trading.domain.time import Interval, moment_of
from algo_trading.repositories.bars import bars_table
from algo_trading.services.current_scores import ReadCurrentScores
from algo_trading.services.score_candles import ScoreCandles
from fakes.bars import FakeBars
from fakes.clock import FakeClock
from fakes.scores import FakeScores
from support.candles import candles

pytestmark = pytest.mark.unit

HOURS = candles(24 * 40, Interval.HOUR_1, seed=3, first="2022-01-01T00:00")
PAIR, FRAMES = HOURS.instrument, (Interval.HOUR_1, Interval.HOUR_4)
CLOSE = moment_of(HOURS.closed_at[-1])
NOW = CLOSE + timedelta(minutes=20)


class Desk:
    """The candles of a pair, stored scores, and how the newest ones are read."""

    def __init__(self) -> None:
        self.bars, self.scores, self.clock = FakeBars(), FakeScores(), FakeClock(NOW)
        self.bars.upsert(bars_table([HOURS]), "test")
        self.score = ScoreCandles(self.bars, trading_calendar, DEFAULT_POINTS)

    def read(self) -> PairScore:
        (found,) = ReadCurrentScores(self.score, self.scores, self.bars, self.clock)([(PAIR, FRAMES)])
        return found

    @property
    def computed(self) -> PairScore:
        return self.score(PAIR, FRAMES, NOW)


def marked(score: PairScore) -> PairScore:
    """The same with a price that no candle has."""
    return replace(score, price=-1.0)


def test_without_stored_scores_they_are_computed() -> None:
    desk = Desk()
    assert repr(desk.read()) == repr(desk.computed)


@pytest.mark.parametrize("minutes", [0, 1, 20])
def test_stored_scores_count_while_no_candle_has_closed_since(minutes: int) -> None:
    desk = Desk()
    stored = marked(replace(desk.computed, at=CLOSE + timedelta(minutes=minutes)))
    desk.scores.store([stored])
    assert repr(desk.read()) == repr(stored)


@pytest.mark.parametrize(
    "change",
    [
        lambda one: replace(one, at=CLOSE - timedelta(seconds=1)),  # before the newest close
        lambda one: replace(one, at=NOW + timedelta(seconds=1)),
        lambda one: replace(one, timeframes={Interval.HOUR_1: one.timeframes[Interval.HOUR_1]}),
        lambda one: replace(one, maximum=10),
    ],
)
def test_stored_scores_of_something_else_do_not_count(change: Callable[[PairScore], PairScore]) -> None:
    desk = Desk()
    desk.scores.store([marked(change(desk.computed))])
    assert repr(desk.read()) == repr(desk.computed)


def test_scores_with_points_of_another_table_do_not_count() -> None:
    desk = Desk()
    desk.scores.store([marked(desk.computed)])
    desk.score = replace(desk.score, points=PointsTable.parse("100:6"))
    assert repr(desk.read()) == repr(desk.computed)
