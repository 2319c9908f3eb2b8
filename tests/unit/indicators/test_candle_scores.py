"""Bull and bear scores over history."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from algo_trading.calendars import trading_calendar
from algo_trading.domain.bars import Bars
from algo_trading.domain.scores import DEFAULT_POINTS, PointsTable
from algo_trading.domain.time import Interval
from algo_trading.indicators.candle_ranks import Integers, rank_history, running_metrics
from algo_trading.indicators.candle_scores import Prices, score_history
from reference import candle_ranks as reference
from support.candles import candles, real_candles, rows_of
from support.fuzz import examples
from support.shared_data import needs_shared_data

pytestmark = pytest.mark.unit

BINANCE = trading_calendar("BINANCE")


def numbers(bars: Bars, *intervals: str) -> list[Integers]:
    return [BINANCE.spans(Interval(name), bars.interval, bars.opened_at)[1] for name in intervals]


def prices(bars: Bars) -> Prices:
    return bars.open, bars.high, bars.low, bars.close


@settings(max_examples=examples(13), deadline=None)
@given(
    n=st.integers(1, 900),
    seed=st.integers(0, 10_000),
    missing=st.sampled_from([0.0, 0.2]),
    step=st.sampled_from([0.0, 2.0]),
    threads=st.sampled_from([1, 2]),
)
def test_scores_are_those_of_the_definition(n: int, seed: int, missing: float, step: float, threads: int) -> None:
    bars = candles(n + 1, seed=seed, missing=missing, step=step)
    intervals = ("5m", "15m", "1h", "1d")
    scores = score_history(prices(bars), numbers(bars, *intervals), threads=threads)
    assert list(map(tuple, scores.T.tolist())) == reference.scores(rows_of(bars), intervals)


@needs_shared_data
def test_every_step_of_a_real_series() -> None:
    bars = real_candles("BTCUSDT", Interval.HOUR_1)[-examples(10_000) :]  # a year and more
    intervals = ("1h", "4h", "12h", "1d", "3d", "1w")
    scores = score_history(prices(bars), numbers(bars, *intervals), threads=2)
    assert list(map(tuple, scores.T.tolist())) == reference.scores(rows_of(bars), intervals)
    assert scores.max() > 20


@settings(max_examples=40, deadline=None)
@given(
    n=st.integers(2, 500),
    window=st.integers(0, 200),
    seed=st.integers(0, 1000),
    step=st.sampled_from([0.0, 2.0]),
    points=st.sampled_from(["25:1", "100:2", "1:9 50:3 99.5:1", str(DEFAULT_POINTS)]),
)
def test_points_are_those_of_the_ranks(n: int, window: int, seed: int, step: float, points: str) -> None:
    """Also where candles leave the window, one by one or many at once."""
    bars, table = candles(n, seed=seed, step=step), PointsTable.parse(points)
    (candle,) = numbers(bars, "15m")
    oldest = np.maximum.accumulate(np.maximum(0, candle - window + candle % 7))
    ranks = rank_history(running_metrics(*prices(bars), candle), candle, oldest)
    expected = [[table.of(rank) for rank in row] for row in ranks[2:]]
    np.testing.assert_array_equal(score_history(prices(bars), [candle], table, oldest=[oldest]), expected)


def test_no_timeframe_and_no_bar_have_no_score() -> None:
    bars = candles(5)
    np.testing.assert_array_equal(score_history(prices(bars), []), np.zeros((2, 5)))
    assert score_history(prices(bars[:0]), [np.empty(0, np.int64)]).shape == (2, 0)
