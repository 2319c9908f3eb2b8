"""What the indicators accept."""

from typing import Any

import numpy as np

from algo_trading.domain.bars import Floats


def as_series(values: Any) -> Floats:  # noqa: ANN401 - whatever numpy takes for an array
    """`values` as a contiguous float64 array, copied only if it is none yet.

    Raises:
        ValueError: it is not one-dimensional.
    """
    series: Floats = np.asarray(values, dtype=np.float64, order="C")
    if series.ndim != 1:
        raise ValueError(f"an indicator takes one series, not an array of shape {series.shape}")
    return series


def require_window(window: int) -> None:
    """Raise ValueError unless `window` is at least 1."""
    if window < 1:
        raise ValueError(f"a window has at least 1 bar, not {window}")
