"""How much of a Sharpe ratio is left once it is known how many settings were tried.

Bailey and López de Prado, The Deflated Sharpe Ratio, Journal of Portfolio Management 40 (2014); the probabilistic
Sharpe ratio from their The Sharpe Ratio Efficient Frontier, Journal of Risk 15 (2012). Sharpe ratios here are per
period, not annual.
"""

from math import e, isfinite, sqrt
from statistics import NormalDist

import numpy as np

from algo_trading.domain.bars import Floats

NORMAL = NormalDist()
EULER_MASCHERONI = 0.5772156649015329


def expected_best_sharpe(deviation: float, trials: int) -> float:
    """The Sharpe ratio that the best of `trials` worthless strategies is expected to show by luck.

    `deviation` is the standard deviation of the trials' Sharpe ratios. 0 for a single trial.
    """
    if trials < 2:
        return 0.0
    likely = (1 - EULER_MASCHERONI) * NORMAL.inv_cdf(1 - 1 / trials)
    return deviation * (likely + EULER_MASCHERONI * NORMAL.inv_cdf(1 - 1 / (trials * e)))


def probabilistic_sharpe(returns: Floats, benchmark: float) -> float:
    """Probability that the true Sharpe ratio of `returns` is above `benchmark`, given length, skewness and tails.

    NaN for fewer than two returns or returns without any deviation.
    """
    known = returns[~np.isnan(returns)]
    if len(known) < 2 or np.ptp(known) == 0:
        return np.nan
    centred = known - np.mean(known)
    spread = float(np.sqrt(np.mean(centred**2)))
    sharpe = float(np.mean(known)) / float(np.std(known, ddof=1))
    skewness = float(np.mean(centred**3)) / spread**3
    kurtosis = float(np.mean(centred**4)) / spread**4
    variance = 1 - skewness * sharpe + (kurtosis - 1) / 4 * sharpe**2
    if not (isfinite(variance) and variance > 0):
        return np.nan
    return NORMAL.cdf((sharpe - benchmark) * sqrt(len(known) - 1) / sqrt(variance))


def deflated_sharpe(returns: Floats, deviation: float, trials: int) -> float:
    """Probability that the strategy behind `returns`, the best of `trials`, is better than luck: above 0.95 convinces.

    `deviation` is the standard deviation of the trials' Sharpe ratios per period.
    """
    return probabilistic_sharpe(returns, expected_best_sharpe(deviation, trials))
