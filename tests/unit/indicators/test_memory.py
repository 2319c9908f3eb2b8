"""The last value of an indicator is the one with all values before it, if it gets as many as it remembers."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from algo_trading.domain.bars import Floats
from algo_trading.indicators import ema, ema_memory, macd, macd_memory, rsi, rsi_memory
from algo_trading.indicators.panel import COLUMNS, MEMORY, panel
from support.bar_series import random_walk, sample_closes

pytestmark = pytest.mark.unit

WINDOWS = st.integers(1, 60)
SEEDS = st.integers(0, 10_000)


def walk(seed: int, memory: int) -> Floats:
    """Twice as long as what is remembered, and a hundred times dearer before that."""
    closes = random_walk(2 * memory, seed)
    closes[:memory] *= 100
    return closes


@settings(max_examples=50, deadline=None)
@given(window=WINDOWS, seed=SEEDS)
def test_exponential_averages(window: int, seed: int) -> None:
    closes = walk(seed, memory := ema_memory(window))
    assert ema(closes[-memory:], window)[-1] == pytest.approx(ema(closes, window)[-1], rel=1e-13)


@settings(max_examples=50, deadline=None)
@given(fast=WINDOWS, more=WINDOWS, signal=WINDOWS, seed=SEEDS)
def test_macd(fast: int, more: int, signal: int, seed: int) -> None:
    slow = fast + more
    closes = walk(seed, memory := macd_memory(slow, signal))
    for part, whole in zip(macd(closes[-memory:], fast, slow, signal), macd(closes, fast, slow, signal), strict=True):
        assert abs(part[-1] - whole[-1]) <= 1e-13 * closes[-1]


@settings(max_examples=50, deadline=None)
@given(window=WINDOWS, seed=SEEDS)
def test_relative_strength(window: int, seed: int) -> None:
    closes = walk(seed, memory := rsi_memory(window))
    assert rsi(closes[-memory:], window)[-1] == pytest.approx(rsi(closes, window)[-1], abs=1e-9)


def test_a_price_that_stands_still_for_as_long_has_no_strength() -> None:
    closes = np.append(random_walk(100), np.full(rsi_memory(14), 100.0))
    assert rsi(closes[-rsi_memory(14) :], 14)[-1] == 50


@pytest.mark.parametrize("symbol", sorted(sample_closes()))
def test_the_panel_on_the_sample(symbol: str) -> None:
    closes = sample_closes()[symbol]
    for end in range(MEMORY, len(closes), 97):
        whole = panel(closes[:end], [0, end])[:, -1]
        part = panel(np.ascontiguousarray(closes[end - MEMORY : end]), [0, MEMORY])[:, -1]
        np.testing.assert_allclose(part, whole, rtol=1e-12, atol=1e-12 * closes[end - 1])
        assert len(part) == len(COLUMNS)
