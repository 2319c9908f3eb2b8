"""RSI and MACD against Wilder's and Appel's recursions and figures of other libraries."""

import csv

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from algo_trading.domain.bars import Floats
from algo_trading.indicators import ema, macd, rsi
from support.bar_series import random_walk, sample_closes
from support.shared_data import SHARED_DATA, needs_shared_data

pytestmark = pytest.mark.unit

prices = st.lists(st.floats(0.01, 1e6), max_size=60).map(np.array)


def wilder(values: Floats, window: int) -> Floats:
    """RSI from the definition, as relative strength."""
    out = np.full(len(values), np.nan)
    changes = np.diff(values)
    if len(changes) < window:
        return out
    gain, loss = np.maximum(changes, 0)[:window].mean(), np.maximum(-changes, 0)[:window].mean()
    for i in range(window, len(values)):
        if i > window:
            gain = (gain * (window - 1) + max(changes[i - 1], 0)) / window
            loss = (loss * (window - 1) + max(-changes[i - 1], 0)) / window
        out[i] = 100 - 100 / (1 + gain / loss) if loss > 0 else (100 if gain > 0 else 50)
    return out


@given(prices, st.integers(1, 20))
def test_rsi_is_wilders_recursion(values: Floats, window: int) -> None:
    np.testing.assert_allclose(rsi(values, window), wilder(values, window), rtol=1e-9, atol=1e-9)


@given(st.lists(st.floats(0, 1e300), max_size=60).map(np.array), st.integers(1, 20))
def test_rsi_stays_within_its_bounds(values: Floats, window: int) -> None:
    known = rsi(values, window)[window:]
    assert ((known >= 0) & (known <= 100)).all()


def test_rsi_of_a_line() -> None:
    assert rsi(np.arange(1.0, 40), 14)[-1] == 100
    assert rsi(np.arange(40.0, 1, -1), 14)[-1] == 0
    assert (rsi(np.full(40, 7.7), 14)[14:] == 50).all()


def test_rsi_skips_leading_nan_and_remembers_later_ones() -> None:
    values = random_walk(60)
    late = np.concatenate([np.full(3, np.nan), values])
    np.testing.assert_array_equal(rsi(late, 14)[3:], rsi(values, 14))
    values[30] = np.nan
    assert not np.isnan(rsi(values, 14)[14:30]).any()
    assert np.isnan(rsi(values, 14)[30:]).all()


@pytest.mark.parametrize("n", [0, 1, 2, 14])
def test_short_series_give_nan_oscillators(n: int) -> None:
    values = random_walk(n)
    for out in (rsi(values, 14), *macd(values)):
        assert len(out) == n
        assert np.isnan(out).all()


def test_macd_is_the_distance_of_two_emas_and_its_own_ema() -> None:
    values = random_walk(100)
    line, signal = macd(values, 5, 10, 4)
    np.testing.assert_array_equal(line, ema(values, 5) - ema(values, 10))
    np.testing.assert_array_equal(signal, ema(line, 4))
    assert np.isnan(line[:9]).all()
    assert np.isnan(signal[:12]).all()
    assert signal[12] == pytest.approx(line[9:13].mean(), rel=1e-12)


def test_figures_of_talib_on_ibm_oscillators() -> None:
    closes = sample_closes()["IBM"]
    assert rsi(closes, 14)[14] == pytest.approx(70.70959674898168, rel=1e-11)
    assert rsi(closes, 14)[-1] == pytest.approx(57.87737473818678, rel=1e-11)
    line, signal = macd(closes)
    assert line[-1] == pytest.approx(0.7061883412413579, rel=1e-9)
    assert signal[-1] == pytest.approx(0.7571174068130808, rel=1e-9)


@needs_shared_data
def test_figures_of_backtrader_oscillators() -> None:
    path = SHARED_DATA / "backtests" / "backtrader" / "2006-day-001.txt"
    with path.open(encoding="utf-8", newline="") as lines:
        closes = np.array([float(row["Close"]) for row in csv.DictReader(lines)])
    line, signal = macd(closes)
    assert rsi(closes, 14)[-1] == pytest.approx(57.644284, abs=5e-7)
    assert line[-1] == pytest.approx(25.821368, abs=5e-7)
    assert signal[-1] == pytest.approx(21.977853, abs=5e-7)
