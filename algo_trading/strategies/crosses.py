"""Crossings of two series, shared by the strategies that trade them."""

import numpy as np

from algo_trading.domain.bars import Floats
from algo_trading.strategies.base import Flags


def crosses_above(fast: Floats, slow: Floats) -> Flags:
    """True where `fast` is above `slow` and was not one bar before; False while either is NaN."""
    crossed = np.zeros(len(fast), dtype=np.bool_)
    crossed[1:] = (fast[1:] > slow[1:]) & (fast[:-1] <= slow[:-1])
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
