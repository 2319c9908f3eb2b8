"""Crossings of two series, shared by the strategies that trade them."""

import numpy as np

from algo_trading.domain.bars import Floats
from algo_trading.strategies.base import Flags

# Averages closer than this part of their size are equal: the rest is rounding, which must not trade a flat price.
TOUCH = 1e-12


def crosses_above(fast: Floats, slow: Floats, scale: Floats | None = None) -> Flags:
    """True where `fast` is above `slow` and was not one bar before; False while either is NaN.

    `scale` is what rounding is measured by: `slow` itself, or the price where the series are differences of prices.
    """
    gap = fast - slow
    touch = TOUCH * np.abs(slow if scale is None else scale)
    crossed = np.zeros(len(gap), dtype=np.bool_)
    crossed[1:] = (gap[1:] > touch[1:]) & (gap[:-1] <= touch[:-1])
    return crossed


def gap_confidence(fast: Floats, slow: Floats, close: Floats) -> Floats:
    """Confidence in [0.5, 1] growing with the distance of the averages: 1 from one percent of the price on."""
    gap = np.abs(np.nan_to_num(fast - slow)) / close
    return 0.5 + 0.5 * np.minimum(gap / 0.01, 1.0)


def require_windows(**windows: int) -> None:
    """Raise ValueError unless every window is a whole number from 1 to 10,000."""
    for name, window in windows.items():
        if isinstance(window, bool) or not isinstance(window, int) or not 1 <= window <= 10_000:
            raise ValueError(f"{name} must be a whole number from 1 to 10000, not {window!r}")
