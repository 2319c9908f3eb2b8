"""Candle metrics and ranks, against their definition in plain Python and by their properties."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from algo_trading.calendars import trading_calendar
from algo_trading.domain.bars import Bars, Floats
from algo_trading.domain.time import Interval
from algo_trading.indicators.candle_ranks import (
    ClosedCandles,
    Integers,
    candle_metrics,
    closed_metrics,
    rank_history,
    running_metrics,
)
from reference import candle_ranks as reference
from support.candles import candles, real_candles, rows_of
from support.shared_data import needs_shared_data

pytestmark = pytest.mark.unit

BINANCE = trading_calendar("BINANCE")
LONGER = ("5m", "15m", "1h", "4h", "12h", "1d", "3d", "1w", "1M")


def numbers(bars: Bars, interval: Interval) -> Integers:
    return BINANCE.spans(interval, bars.interval, bars.opened_at)[1]


def check_against_reference(bars: Bars, interval: Interval) -> None:
    """Metrics and ranks at every step, the count of closed candles, and the newest candle ranked by itself."""
    candle = numbers(bars, interval)
    running = running_metrics(bars.open, bars.high, bars.low, bars.close, candle)
    ranks = rank_history(running, candle)
    steps = reference.history(rows_of(bars), reference.label_of(str(interval)))
    np.testing.assert_array_equal(running.T, [step.metrics for step in steps])
    np.testing.assert_array_equal(ranks.T, [step.ranks for step in steps])
    np.testing.assert_array_equal(candle, [step.closed for step in steps])
    newest = ClosedCandles.of(closed_metrics(running, candle)[:, : candle[-1]])
    np.testing.assert_array_equal(newest.ranks(running[:, -1]), ranks[:, -1])


@settings(max_examples=60, deadline=None)
@given(
    n=st.integers(1, 700),
    seed=st.integers(0, 10_000),
    interval=st.sampled_from(LONGER),
    missing=st.sampled_from([0.0, 0.0, 0.3]),
    step=st.sampled_from([0.0, 2.0]),
)
def test_every_step_is_that_of_the_definition(n: int, seed: int, interval: str, missing: float, step: float) -> None:
    bars = candles(n + 1, Interval.MINUTE_5, seed=seed, missing=missing, step=step)
    if len(bars):
        check_against_reference(bars, Interval(interval))


@needs_shared_data
@pytest.mark.parametrize("interval", ["1h", "4h", "1d", "3d", "1w", "1M"])
def test_every_step_of_a_real_series(interval: str) -> None:
    check_against_reference(real_candles("DOGEUSDT", Interval.HOUR_1), Interval(interval))


@settings(max_examples=40, deadline=None)
@given(n=st.integers(2, 400), window=st.integers(1, 500), seed=st.integers(0, 1000), ties=st.booleans())
def test_a_window_forgets_what_is_older(n: int, window: int, seed: int, ties: bool) -> None:
    bars = candles(n, seed=seed, step=2.0 if ties else 0.0)
    candle = numbers(bars, Interval.MINUTE_15)
    running = running_metrics(bars.open, bars.high, bars.low, bars.close, candle)
    oldest = np.maximum(0, candle - window)
    closed = closed_metrics(running, candle)
    expected = [ClosedCandles.of(closed[:, oldest[i] : candle[i]]).ranks(running[:, i]) for i in range(len(bars))]
    np.testing.assert_array_equal(rank_history(running, candle, oldest).T, expected)


def test_metrics_of_a_candle() -> None:
    (change, amplitude, up, down) = candle_metrics(*(np.array([price]) for price in (100.0, 112.0, 80.0, 95.0)))[:, 0]
    assert (change, amplitude, up, down) == pytest.approx((-5.0, 40.0, 12.0, -20.0))


def closed(*changes: float) -> ClosedCandles:
    """Candles that rose or fell so far in per cent and stayed there."""
    values = np.array(changes)
    return ClosedCandles.of(np.stack([values, np.abs(values), np.maximum(values, 0), np.minimum(values, 0)]))


def ranks(closed: ClosedCandles, change: float) -> list[float]:
    return list(closed.ranks(np.array([change, abs(change), max(change, 0), min(change, 0)])))


def test_averages_are_those_of_the_closed_candles() -> None:
    np.testing.assert_allclose(closed(5.0, -2.0, 0.0).averages, [1.0, 7 / 3, 5 / 3, -2 / 3])
    assert np.isnan(closed().averages).all()


def test_the_first_candle_has_no_rank() -> None:
    assert np.isnan(ranks(closed(), 3.0)).all()
    single = candles(1)
    running = candle_metrics(single.open, single.high, single.low, single.close)
    assert np.isnan(rank_history(running, np.array([0]))).all()


@given(st.floats(-20, 20), st.floats(-25, 25))
def test_among_one_candle_every_rank_is_100(only: float, change: float) -> None:
    """It is the first of one, however far it went."""
    found = np.array(ranks(closed(only), change))
    assert (found[~np.isnan(found)] == 100.0).all()
    assert np.isnan(found).tolist() == [False, False, change < 0, change > 0]


def test_ranks_count_the_strictly_more_extreme() -> None:
    before = closed(5.0, 3.0, 3.0, 1.0, -2.0)
    assert ranks(before, 6.0)[2] == 20.0  # none of five went further
    assert ranks(before, 5.0)[2] == 20.0  # as far as the furthest is not less extreme
    assert ranks(before, 3.0)[2] == 40.0  # ties count as one
    assert ranks(before, 2.9)[2] == 80.0
    assert ranks(before, 0.5)[2] == 100.0
    assert ranks(before, -2.0)[3] == 20.0
    assert ranks(before, -2.5)[3] == 20.0
    assert ranks(before, -1.0)[3] == 40.0
    assert ranks(before, -3.0)[0] == 100.0  # change counts from the highest down: all five rose more


def test_a_rank_is_not_there_for_the_other_sign() -> None:
    before = closed(5.0, 3.0, -3.0)
    assert np.isnan(ranks(before, -1.0)).tolist() == [False, False, True, False]
    assert np.isnan(ranks(before, 1.0)).tolist() == [False, False, False, True]


def test_a_candle_that_has_just_opened_ranks_100() -> None:
    both_ways = ClosedCandles.of(np.array([[1.0, -2.0], [4.0, 5.0], [3.0, 1.0], [-1.0, -4.0]]))
    assert ranks(both_ways, 0.0)[1:] == [100.0, 100.0, 100.0]


@settings(deadline=None)
@given(st.lists(st.floats(-20, 20).map(lambda value: round(value, 1)), min_size=1, max_size=60), st.floats(-25, 25))
def test_adding_candles_one_by_one_is_sorting_them_all(changes: list[float], change: float) -> None:
    one_by_one = closed()
    for value in changes:
        metrics: Floats = np.array([value, abs(value), max(value, 0), min(value, 0)])
        one_by_one = one_by_one.with_closed(metrics)
    assert len(one_by_one) == len(changes)
    np.testing.assert_array_equal(ranks(one_by_one, change), ranks(closed(*changes), change))
    np.testing.assert_allclose(one_by_one.averages, closed(*changes).averages, atol=1e-12)
    known = [rank for rank in ranks(one_by_one, change) if not np.isnan(rank)]
    assert all(100 / len(changes) <= rank <= 100 for rank in known)


def test_what_comes_later_changes_nothing() -> None:
    bars = candles(600, seed=3)
    candle = numbers(bars, Interval.HOUR_1)
    running = running_metrics(bars.open, bars.high, bars.low, bars.close, candle)
    whole = rank_history(running, candle)
    for cut in (1, 7, 300, 599):
        np.testing.assert_array_equal(rank_history(running[:, :cut], candle[:cut]), whole[:, :cut])


@pytest.mark.parametrize("candle", [[1, 1, 2], [0, 2, 2], [0, 1, 0], [0, 1]])
def test_candles_are_numbered_without_a_gap(candle: list[int]) -> None:
    ones = np.ones(3)
    with pytest.raises(ValueError, match=r"numbered 0, 1, 2|differ in length"):
        running_metrics(ones, ones, ones, ones, np.array(candle))
