"""By how much one Sharpe ratio is above another, as an interval from resampled history.

The stationary bootstrap of Politis and Romano, Journal of the American Statistical Association 89 (1994): blocks of
random length keep what neighbouring bars share, such as volatility. Both series are resampled together, as Ledoit and
Wolf, Robust Performance Hypothesis Testing with the Sharpe Ratio, Journal of Empirical Finance 15 (2008), do.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from algo_trading.domain.bars import Floats
from back_testing.analysis.excess_returns import sharpe_per_period

SAMPLES = 2_000
SEED = 19_941_202  # the same bars give the same interval
TAILS = (0.05, 0.95)
FEWEST = 10  # bars

Blocks = tuple[NDArray[np.int64], NDArray[np.int64]]


@dataclass(frozen=True, slots=True)
class Interval:
    """An estimate and the bounds that hold 90 % of the resampled values."""

    estimate: float
    low: float
    high: float


def sharpe_difference(returns: Floats, benchmark: Floats, samples: int = SAMPLES) -> Interval:
    """The Sharpe ratio of `returns` less that of `benchmark`, per period; NaN for fewer than FEWEST bars."""
    n = len(returns)
    if n < FEWEST:
        return Interval(np.nan, np.nan, np.nan)
    blocks = _blocks(n, samples)
    found = resampled_sharpe(returns, blocks) - resampled_sharpe(benchmark, blocks)
    estimate = float(sharpe_per_period(returns) - sharpe_per_period(benchmark))
    low, high = np.quantile(found, TAILS).tolist()
    return Interval(estimate, low, high)


@lru_cache(maxsize=1)  # the candidates of a review have the same bars
def _blocks(n: int, samples: int) -> Blocks:
    return stationary_blocks(n, mean_block(n), samples, np.random.default_rng(SEED))


def mean_block(n: int) -> int:
    """Mean length of a block of `n` bars: their cube root, the order that Politis and Romano derive."""
    return max(1, round(float(np.cbrt(n))))


def stationary_blocks(n: int, mean: int, samples: int, chance: np.random.Generator) -> Blocks:
    """Begins and lengths of the blocks of `samples` series of n bars, (samples, blocks) each.

    A block begins at any bar; its length is geometric with this mean, and the last ones are cut so that n bars come
    out. Bars after the last are those from the first on.
    """
    lengths = np.empty((samples, 0), dtype=np.int64)
    while not lengths.size or int(lengths.sum(axis=1).min()) < n:
        lengths = np.concatenate([lengths, chance.geometric(1.0 / mean, (samples, n // mean + 1))], axis=1)
    begins = chance.integers(0, n, lengths.shape)
    ends = np.minimum(np.cumsum(lengths, axis=1), n)
    return begins, np.diff(ends, axis=1, prepend=0)


def resampled_sharpe(returns: Floats, blocks: Blocks) -> Floats:
    """The Sharpe ratio per period of each resampled series."""
    begins, lengths = blocks
    n = len(returns)
    centred = np.tile(returns - np.mean(returns), 2)
    sums, squares = (np.concatenate(([0.0], np.cumsum(values))) for values in (centred, centred**2))
    total, square = ((s[begins + lengths] - s[begins]).sum(axis=1) for s in (sums, squares))
    variance = (square - total**2 / n) / (n - 1)
    mean = total / n + np.mean(returns)
    ratio: Floats = np.divide(mean, np.sqrt(np.maximum(variance, 0.0)), out=np.zeros(len(mean)), where=variance > 1e-30)
    return ratio
