"""The indicators that are published for every session, for many instruments in one pass."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from algo_trading.domain.bars import Floats
from algo_trading.indicators.memory import ema_memory, macd_memory, rsi_memory
from algo_trading.indicators.series import as_series

# Windows of the kernels (importing those loads numba), and the rows that the last row of every column rests on.
MEMORY = max(200, ema_memory(26), rsi_memory(14), macd_memory(26, 9))
COLUMNS = ("sma_7", "sma_21", "sma_50", "sma_100", "sma_200", "ema_12", "ema_26", "rsi_14", "macd", "macd_signal")


def panel(
    closes: Floats, starts: Sequence[int] | NDArray[np.int64], out: Floats | None = None, threads: int = 1
) -> Floats:
    """All COLUMNS of `closes`, as an array of shape (len(COLUMNS), len(closes)).

    `closes` holds the instruments one after the other, each in ascending time; `starts` the first row of each of them
    and, last, len(closes). `out` is a contiguous float64 array to fill instead of a new one. The figures are those of
    the single indicators, to the last bit.

    Raises:
        ValueError: `starts` does not divide `closes`, or `out` has another shape.
    """
    from algo_trading.indicators import kernels

    closes = as_series(closes)
    edges = np.ascontiguousarray(starts, dtype=np.int64)
    if not len(edges) or edges[0] != 0 or edges[-1] != len(closes) or bool((np.diff(edges) < 0).any()):
        raise ValueError("starts must ascend from 0 to the number of closes")
    shape = (len(COLUMNS), len(closes))
    columns = np.empty(shape) if out is None else out
    if columns.shape != shape:
        raise ValueError(f"out has the shape {columns.shape} instead of {shape}")
    if threads == 1:
        kernels.panel(closes, edges, columns)
        return columns
    shares = np.searchsorted(edges, np.linspace(0, len(closes), threads + 1))
    with ThreadPoolExecutor(threads) as pool:  # the compiled loops release the interpreter's lock
        parts = [edges[first : last + 1] for first, last in pairwise(shares) if first < last]
        list(pool.map(lambda part: kernels.panel(closes, part, columns), parts))
    return columns


def validity(closes: Floats, starts: NDArray[np.int64], columns: Floats) -> NDArray[np.uint8]:
    """Bitmaps of the values of `columns` that are no NaN, a row for each column, lowest bit first (Arrow's layout)."""
    from algo_trading.indicators import kernels

    bits = np.full((len(columns), (len(closes) + 7) // 8), 255, dtype=np.uint8)
    kernels.clear_missing(as_series(closes), np.ascontiguousarray(starts, dtype=np.int64), columns, bits)
    return bits
