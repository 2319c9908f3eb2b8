"""SMA and EMA against numpy, the textbook recursion and figures of other libraries."""

import csv
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.lib.stride_tricks import sliding_window_view

from algo_trading.domain.bars import Floats
from algo_trading.indicators import ema, sma
from support.bar_series import random_walk, sample_closes
from support.shared_data import SHARED_DATA, needs_shared_data

pytestmark = pytest.mark.unit

prices = st.lists(st.floats(0.01, 1e6), max_size=60).map(np.array)
windows = st.integers(1, 40)
Average = Callable[[Any, int], Floats]


def means(values: Floats, window: int) -> Floats:
    """SMA from the definition."""
    out = np.full(len(values), np.nan)
    if len(values) >= window:
        out[window - 1 :] = sliding_window_view(values, window).mean(axis=1)
    return out


def smoothed(values: Floats, window: int) -> Floats:
    """EMA from the definition."""
    out = np.full(len(values), np.nan)
    if len(values) >= window:
        out[window - 1] = values[:window].mean()
        for i in range(window, len(values)):
            out[i] = out[i - 1] + 2 / (window + 1) * (values[i] - out[i - 1])
    return out


@given(prices, windows)
def test_sma_is_the_mean_of_the_window(values: Floats, window: int) -> None:
    np.testing.assert_allclose(sma(values, window), means(values, window), rtol=1e-14)


@given(prices, windows)
def test_ema_is_the_recursion_seeded_with_the_sma(values: Floats, window: int) -> None:
    largest = max(values, default=0.0)
    np.testing.assert_allclose(ema(values, window), smoothed(values, window), rtol=0, atol=1e-13 * largest)


@pytest.mark.parametrize("window", [1, 2, 7, 21, 50, 100, 200, 1023, 1024, 4097, 9000])
def test_sma_over_several_tiles_agrees_with_numpy(window: int) -> None:
    values = random_walk(10_000)
    np.testing.assert_allclose(sma(values, window), means(values, window), rtol=1e-13)


@pytest.mark.parametrize("huge", [1e9, 1e15, 1e300, np.inf, np.nan])
@pytest.mark.parametrize("window", [7, 50, 200])
def test_sma_forgets_what_has_left_the_window(huge: float, window: int) -> None:
    values = random_walk(5000)
    clean = sma(values, window)
    values[1000:1003] = huge
    found = sma(values, window)
    untouched = np.r_[0:1000, 1002 + window : 5000]
    np.testing.assert_array_equal(found[untouched], clean[untouched])
    if np.isnan(huge):
        assert np.isnan(found[1000 : 1002 + window]).all()


def test_sma_is_the_same_to_the_last_bit_wherever_the_series_begins() -> None:
    values = random_walk(9000)
    whole = sma(values, 200)
    for first in (1, 7, 200, 4095, 4097):
        np.testing.assert_array_equal(sma(values[first:], 200)[199:], whole[first + 199 :])


@pytest.mark.parametrize("average", [sma, ema])
def test_leading_nan_delay_the_first_average(average: Average) -> None:
    values = random_walk(50)
    late = np.concatenate([np.full(5, np.nan), values])
    np.testing.assert_array_equal(average(late, 10)[5:], average(values, 10))
    assert np.isnan(average(np.full(30, np.nan), 10)).all()


def test_ema_remembers_a_nan_for_ever() -> None:
    values = random_walk(50)
    values[20] = np.nan
    assert not np.isnan(ema(values, 5)[4:20]).any()
    assert np.isnan(ema(values, 5)[20:]).all()


@pytest.mark.parametrize("average", [sma, ema])
@pytest.mark.parametrize("n", [0, 1, 2])
def test_short_series_give_nan(average: Average, n: int) -> None:
    assert np.isnan(average(np.ones(n), 3)).all()
    assert len(average(np.ones(n), 3)) == n


@pytest.mark.parametrize("average", [sma, ema])
def test_any_array_of_numbers_is_taken(average: Average) -> None:
    values = np.arange(40.0)
    expected = average(values, 5)
    frozen = values.copy()
    frozen.flags.writeable = False
    for same in (frozen, values.astype(np.int64), np.repeat(values, 2)[::2], values.tolist()):
        np.testing.assert_array_equal(average(same, 5), expected)
    with pytest.raises(ValueError, match="one series, not an array of shape"):
        average(np.ones((3, 3)), 2)
    with pytest.raises(ValueError, match="at least 1 bar"):
        average(values, 0)


def test_figures_of_talib_on_ibm() -> None:
    closes = sample_closes()["IBM"]
    assert sma(closes, 7)[6] == pytest.approx(76.80968502230085, rel=1e-12)
    assert sma(closes, 200)[-1] == pytest.approx(168.48617128980604, rel=1e-12)
    assert ema(closes, 12)[11] == pytest.approx(77.72403604534958, rel=1e-12)
    assert ema(closes, 26)[-1] == pytest.approx(172.58945385523208, rel=1e-12)


@needs_shared_data
def test_figures_of_backtrader() -> None:
    path = SHARED_DATA / "backtests" / "backtrader" / "2006-day-001.txt"
    with path.open(encoding="utf-8", newline="") as lines:
        closes = np.array([float(row["Close"]) for row in csv.DictReader(lines)])
    assert ema(closes, 30)[-1] == pytest.approx(4070.115719, abs=5e-7)
