"""Indicators in numpy alone, for processes that need no compiled ones: numba takes 120 MB and a second."""

import numpy as np

from algo_trading.domain.bars import Floats
from algo_trading.indicators.series import as_series, require_window


def plain_sma(values: Floats, window: int) -> Floats:
    """As `sma`, to the last bit: sums of 2, 4, 8 ... neighbours are added up by the binary digits of the window."""
    require_window(window)
    sums = as_series(values)
    means = np.full(len(sums), np.nan)
    rows = len(sums) - window + 1
    if rows < 1:
        return means
    total, span, end = np.zeros(rows), 1, window  # the digits done so far have added the values from `end` on
    while span <= window:
        if window & span:
            end -= span
            term = sums[end : end + rows]
            total = term if end + span == window else total + term
        if 2 * span <= window:
            sums = sums[:-span] + sums[span:]
        span *= 2
    means[window - 1 :] = total * (1.0 / window)
    return means
