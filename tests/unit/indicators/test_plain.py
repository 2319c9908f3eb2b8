"""Indicators without numba are those with it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from algo_trading.domain.bars import Floats
from algo_trading.indicators import sma
from algo_trading.indicators.plain import plain_sma

pytestmark = pytest.mark.unit

VALUES = arrays(np.float64, st.integers(0, 80), elements=st.floats(-1e12, 1e12) | st.just(np.nan))


@given(VALUES, st.integers(1, 90))
def test_plain_averages_are_the_compiled_ones_to_the_last_bit(values: Floats, window: int) -> None:
    np.testing.assert_array_equal(plain_sma(values, window), sma(values, window))


@pytest.mark.parametrize("window", [1, 7, 21, 50, 200, 255, 256])
def test_long_series(window: int) -> None:
    values = np.random.default_rng(3).lognormal(size=5_000)
    np.testing.assert_array_equal(plain_sma(values, window), sma(values, window))


def test_what_is_no_window_or_series() -> None:
    with pytest.raises(ValueError, match="at least 1 bar"):
        plain_sma(np.ones(3), 0)
    with pytest.raises(ValueError, match="takes one series"):
        plain_sma(np.ones((3, 3)), 1)
