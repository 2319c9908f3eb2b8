"""A first look at bars, before anything is run on them."""

import numpy as np
from numba import types

from algo_trading.domain.bars import Floats
from algo_trading.indicators.compiling import SERIES, compiled


@compiled(types.boolean(*(SERIES,) * 5, types.float64))
def all_valid(  # noqa: PLR0917 - compiled functions take arrays by position
    opens: Floats, highs: Floats, lows: Floats, closes: Floats, volumes: Floats, noise: float
) -> bool:
    """Whether every bar has finite prices above 0, the high and the low beyond the others, and a finite volume."""
    good = True
    for i in range(len(closes)):
        open_, high, low, close, volume = opens[i], highs[i], lows[i], closes[i], volumes[i]
        good &= (
            (open_ > 0.0)
            & (close > 0.0)
            & (low > 0.0)
            & (low <= open_ * (1.0 + noise))
            & (low <= close * (1.0 + noise))
            & (high >= open_ * (1.0 - noise))
            & (high >= close * (1.0 - noise))
            & (high < np.inf)
            & (volume >= 0.0)
            & (volume < np.inf)
        )
    return good
