"""Highest and lowest of a window, against the definition."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from algo_trading.indicators import highest, lowest

pytestmark = pytest.mark.unit

VALUES = st.lists(st.one_of(st.floats(-1e6, 1e6), st.just(float("nan"))), max_size=80)


@given(VALUES, st.integers(1, 40))
def test_they_are_the_extremes_of_the_window(values: list[float], window: int) -> None:
    series = np.array(values)
    for indicator, pick in ((highest, np.max), (lowest, np.min)):
        expected = [pick(series[i - window + 1 : i + 1]) if i >= window - 1 else np.nan for i in range(len(series))]
        np.testing.assert_array_equal(indicator(series, window), expected)
    np.testing.assert_array_equal(series, np.array(values))  # the argument stays as it was


def test_a_window_has_at_least_one_bar() -> None:
    with pytest.raises(ValueError, match="a window has at least 1 bar, not 0"):
        highest(np.ones(3), 0)
