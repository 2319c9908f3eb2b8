"""Long tables of random walks."""

import numpy as np
import pyarrow as pa

from algo_trading.domain.bars import Floats
from algo_trading.repositories.bars import BAR_SCHEMA, TIME

DAY = 86_400_000_000  # microseconds


def walks(symbols: int, bars: int) -> Floats:
    """Closes of `symbols` random walks of `bars` days each, one after the other."""
    steps = np.random.default_rng(1).normal(0, 0.02, (symbols, bars))
    closes: Floats = (50 * np.exp(np.cumsum(steps, axis=1) / 3)).ravel()
    return closes


def bar_table(symbols: int, bars: int) -> pa.Table:
    """A table in BAR_SCHEMA, sorted as repositories sort, with a bar on each of the last `bars` calendar days."""
    closes = walks(symbols, bars)
    names = pa.array([f"S{number:05}" for number in range(symbols)])
    first = 1_767_225_600_000_000 - bars * DAY  # the bars end with the year 2025
    opened = pa.array(np.tile(first + DAY * np.arange(bars), symbols))
    closed = pa.array(np.tile(first + DAY * np.arange(bars) + 21 * DAY // 24, symbols))
    prices = [pa.array(closes * factor) for factor in (0.999, 1.01, 0.99, 1.0)]
    volume = pa.array(np.random.default_rng(2).integers(1_000, 1_000_000, len(closes)).astype(np.float64))
    return pa.table(
        [
            names.take(pa.array(np.repeat(np.arange(symbols), bars))),
            pa.repeat("XNYS", len(closes)).cast(pa.string()),
            pa.repeat("1d", len(closes)).cast(pa.string()),
            opened.cast(pa.timestamp("us")).cast(TIME),
            closed.cast(pa.timestamp("us")).cast(TIME),
            *prices,
            volume,
        ],
        schema=BAR_SCHEMA,
    )
