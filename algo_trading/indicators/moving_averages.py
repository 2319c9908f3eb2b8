"""Simple and exponential moving averages."""

import numpy as np
from numba import njit

from algo_trading.domain.bars import Floats


@njit("float64[::1](float64[::1], int64)", cache=True, nogil=True)
def sma(values: Floats, window: int) -> Floats:
    """Simple moving average: the mean of the last `window` values; NaN for the first window - 1.

    A NaN in the window gives NaN.
    """
    n = len(values)
    out = np.full(n, np.nan)
    if window < 1 or n < window:
        return out
    total, missing = 0.0, 0
    for i in range(n):
        value = values[i]
        if np.isnan(value):
            missing += 1
        else:
            total += value
        if i >= window:
            old = values[i - window]
            if np.isnan(old):
                missing -= 1
            else:
                total -= old
        if i >= window - 1 and missing == 0:
            out[i] = total / window
    return out


@njit("float64[::1](float64[::1], int64)", cache=True, nogil=True)
def ema(values: Floats, window: int) -> Floats:
    """Exponential moving average with smoothing 2 / (window + 1), seeded with the SMA of the first `window` values.

    TA-Lib and backtrader seed it so. Leading NaN are skipped: the seed is taken from the first value that is a number.
    """
    n = len(values)
    out = np.full(n, np.nan)
    start = 0
    while start < n and np.isnan(values[start]):
        start += 1
    if window < 1 or n - start < window:
        return out
    average = 0.0
    for i in range(start, start + window):
        average += values[i]
    average /= window
    alpha = 2.0 / (window + 1.0)
    out[start + window - 1] = average
    for i in range(start + window, n):
        average += alpha * (values[i] - average)
        out[i] = average
    return out
