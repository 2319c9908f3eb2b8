"""The probability that the best of many settings was chosen by luck, by combinatorially symmetric cross-validation.

Bailey, Borwein, Lopez de Prado and Zhu, The Probability of Backtest Overfitting, Journal of Computational Finance 20
(2017). The bars are cut into S blocks. For each way to take half of them, the trial that is best in that half is looked
up among all trials in the other half: overfitting is when it is in the lower half there.
"""

from functools import cache
from itertools import combinations

import numpy as np

from algo_trading.domain.bars import Floats

BLOCKS = 16  # as in the paper: 12,870 ways to choose half of them
LEAST_BLOCK = 8  # bars


def overfitting_probability(returns: Floats, blocks: int = BLOCKS) -> float:
    """Part of the combinations in which the best trial in sample is at or below the median out of sample.

    `returns` (trials, n) are those of each trial at each bar; the first n % blocks bars are left out. Near 0.5 for
    trials that differ by luck alone. NaN for fewer than two trials or blocks of fewer than LEAST_BLOCK bars.
    """
    trials, n = returns.shape
    size = n // blocks
    if trials < 2 or size < LEAST_BLOCK:
        return np.nan
    cut = returns[:, n - size * blocks :].reshape(trials, blocks, size)
    sums, squares = cut.sum(axis=2).T, (cut**2).sum(axis=2).T  # (blocks, trials)
    halves = _halves(blocks)
    inside = _sharpe(halves @ sums, halves @ squares, size * (blocks // 2))
    outside = inside[::-1]  # the k-th half leaves what the k-th from the end takes
    best = np.argmax(inside, axis=1)
    own = outside[np.arange(len(best)), best][:, None]
    rank = (outside < own).sum(axis=1) + ((outside == own).sum(axis=1) + 1) / 2  # of equals the middle one
    return float(np.mean(rank <= (trials + 1) / 2))


@cache
def _halves(blocks: int) -> Floats:
    """Every way to take half of the blocks, a row of 0 and 1 each."""
    halves = list(combinations(range(blocks), blocks // 2))
    rows = np.zeros((len(halves), blocks))
    rows[np.arange(len(halves))[:, None], halves] = 1.0
    return rows


def _sharpe(sums: Floats, squares: Floats, count: int) -> Floats:
    mean = sums / count
    variance = squares / count - mean**2
    ratio: Floats = np.divide(mean, np.sqrt(np.maximum(variance, 0.0)), out=np.zeros_like(mean), where=variance > 1e-30)
    return ratio
