"""Highest and lowest values of a window (Donchian's channel, the stochastic oscillator)."""

from collections.abc import Callable

import numpy as np

from algo_trading.domain.bars import Floats
from algo_trading.indicators.series import as_series, require_window


def highest(values: Floats, window: int) -> Floats:
    """The greatest of the last `window` values; NaN for the first window - 1 and while the window holds a NaN."""
    return _extreme(values, window, np.maximum)


def lowest(values: Floats, window: int) -> Floats:
    """The least of the last `window` values; NaN for the first window - 1 and while the window holds a NaN."""
    return _extreme(values, window, np.minimum)


def _extreme(values: Floats, window: int, pick: Callable[[Floats, Floats], Floats]) -> Floats:
    """Double the span until it fills half the window, then let two overlapping spans cover it: log2(window) passes."""
    require_window(window)
    extremes = as_series(values).copy()
    if len(extremes) < window:
        extremes[:] = np.nan
        return extremes
    span = 1
    while 2 * span <= window:
        extremes[span:] = pick(extremes[span:], extremes[:-span])
        span *= 2
    rest = window - span
    if rest:
        extremes[rest:] = pick(extremes[rest:], extremes[:-rest])
    extremes[: window - 1] = np.nan
    return extremes
