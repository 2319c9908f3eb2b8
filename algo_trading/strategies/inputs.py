"""What strategies compute alike from prices and their own entries."""

import numpy as np

from algo_trading.domain.bars import Floats
from algo_trading.strategies.base import Flags

# Percent; a return this close to a threshold is at it: prices that were adjusted carry rounding.
TOUCH = 1e-9


def returns(close: Floats) -> Floats:
    """Each close against the one before, in percent; NaN for the first."""
    change = np.full(len(close), np.nan)
    change[1:] = 100 * (close[1:] / close[:-1] - 1)
    return change


def delayed(values: Floats, by: int) -> Floats:
    """The value of `by` bars before; NaN for the first ones."""
    delayed = np.full(len(values), np.nan)
    delayed[by:] = values[: max(len(values) - by, 0)]
    return delayed


def held_for(entries: Flags, bars: int) -> Flags:
    """True where the newest entry is exactly `bars` bars old."""
    index = np.arange(len(entries))
    newest = np.maximum.accumulate(np.where(entries, index, -1)) if len(entries) else index
    flags: Flags = (newest >= 0) & (index - newest == bars)
    return flags


def require_numbers(low: float, high: float, **values: float) -> None:
    """Raise ValueError unless every value is a number from `low` to `high`."""
    for name, value in values.items():
        if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
            raise ValueError(f"{name} must be a number from {low:g} to {high:g}, not {value!r}")
