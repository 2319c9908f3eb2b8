"""Many instruments in one pass: the same figures as one by one."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from algo_trading.domain.bars import Floats
from algo_trading.indicators import ema, macd, rsi, sma
from algo_trading.indicators.kernels import WARMUPS
from algo_trading.indicators.panel import COLUMNS, panel, validity
from support.bar_series import joined, random_walk

pytestmark = pytest.mark.unit


def one_by_one(closes: Floats) -> Floats:
    """The columns of one instrument, from the single indicators."""
    averages = [*(sma(closes, window) for window in (7, 21, 50, 100, 200)), ema(closes, 12), ema(closes, 26)]
    with np.errstate(invalid="ignore"):  # infinite closes make the MACD subtract infinities
        return np.array([*averages, rsi(closes, 14), *macd(closes)])


def walks_with_gaps(lengths: list[int], gaps: list[tuple[float, float]]) -> list[Floats]:
    """A random walk of each length; a gap (part in [0, 1), value) replaces a close of the series of the same place."""
    walks = [random_walk(n, seed) for seed, n in enumerate(lengths)]
    for walk, (part, value) in zip(walks, gaps, strict=False):
        if len(walk):
            walk[int(part * len(walk))] = value
    return walks


@settings(max_examples=50, deadline=None)
@given(
    st.lists(st.one_of(st.integers(0, 60), st.sampled_from([199, 200, 201, 5000])), max_size=6),
    st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.sampled_from([np.nan, np.inf])), max_size=3),
    st.integers(1, 3),
)
def test_panel_gives_the_single_indicators_bit_for_bit(
    lengths: list[int], gaps: list[tuple[float, float]], threads: int
) -> None:
    walks = walks_with_gaps(lengths, gaps)
    closes, starts = joined(walks)
    columns = panel(closes, starts, threads=threads)
    expected = np.concatenate([*(one_by_one(walk) for walk in walks), np.empty((len(COLUMNS), 0))], axis=1)
    np.testing.assert_array_equal(columns, expected)
    bits = validity(closes, np.array(starts), columns)
    known = np.unpackbits(bits, axis=1, bitorder="little")[:, : len(closes)].astype(np.bool_)
    np.testing.assert_array_equal(known, ~np.isnan(columns))


def test_first_value_of_each_column_comes_after_its_warmup() -> None:
    columns = panel(random_walk(300), [0, 300])
    assert tuple(int(np.argmin(np.isnan(column))) for column in columns) == WARMUPS


def test_buffers_can_be_used_again() -> None:
    closes, starts = joined([random_walk(300), random_walk(10)])
    out = np.full((len(COLUMNS), 310), 7.0)
    assert panel(closes, starts, out) is out
    np.testing.assert_array_equal(out, panel(closes, starts))
    with pytest.raises(ValueError, match="out has the shape"):
        panel(closes, starts, np.empty((2, 310)))


@pytest.mark.parametrize("starts", [[], [0], [1, 10], [0, 9], [0, 11], [0, 6, 5, 10]])
def test_starts_must_divide_the_closes(starts: list[int]) -> None:
    with pytest.raises(ValueError, match="starts must ascend from 0"):
        panel(np.ones(10), starts)
