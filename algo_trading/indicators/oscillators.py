"""Momentum indicators."""

import numpy as np
from numba import njit

from algo_trading.domain.bars import Floats
from algo_trading.indicators.moving_averages import ema


@njit("float64[::1](float64[::1], int64)", cache=True, nogil=True)
def rsi(values: Floats, window: int) -> Floats:
    """Relative strength index in 0..100 (Wilder, New Concepts in Technical Trading Systems, 1978).

    Gains and losses are averaged over the first `window` changes, then smoothed with 1 / window. NaN for the first
    `window` values; 50 where there was neither gain nor loss.
    """
    n = len(values)
    out = np.full(n, np.nan)
    if window < 1 or n <= window:
        return out
    gain, loss = 0.0, 0.0
    for i in range(1, n):
        change = values[i] - values[i - 1]
        up, down = max(change, 0.0), max(-change, 0.0)
        if i <= window:
            gain += up / window
            loss += down / window
        else:
            gain = (gain * (window - 1) + up) / window
            loss = (loss * (window - 1) + down) / window
        if i >= window:
            out[i] = 50.0 if gain + loss == 0.0 else 100.0 * gain / (gain + loss)
    return out


@njit(cache=True, nogil=True)
def macd(values: Floats, fast: int = 12, slow: int = 26, signal: int = 9) -> tuple[Floats, Floats]:
    """MACD line (EMA fast - EMA slow) and its signal line (EMA of the line), as Appel defined them.

    Each EMA is seeded on its own, as backtrader does; TA-Lib's start values differ during the warm-up.
    """
    line = ema(values, fast) - ema(values, slow)
    return line, ema(line, signal)
