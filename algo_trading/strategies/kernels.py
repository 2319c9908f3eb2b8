"""The compiled loops of strategies. Importing this module loads numba, so it is done late (`indicators.compiling`)."""

import numpy as np
from numba import types

from algo_trading.domain.bars import Floats
from algo_trading.indicators.compiling import SERIES, compiled
from algo_trading.strategies.base import Flags


@compiled(types.boolean[::1](SERIES, SERIES, SERIES, types.float64))
def crosses_above(fast: Floats, slow: Floats, scale: Floats, touch: float) -> Flags:
    """Bars (n) at which `fast` rises above `slow` by more than `touch` times `scale`."""
    crossed = np.zeros(len(fast), dtype=np.bool_)
    for i in range(1, len(fast)):
        above = fast[i] - slow[i] > touch * abs(scale[i])
        crossed[i] = above & (fast[i - 1] - slow[i - 1] <= touch * abs(scale[i - 1]))
    return crossed


@compiled(types.float64[::1](SERIES, SERIES, SERIES))
def gap_confidence(fast: Floats, slow: Floats, close: Floats) -> Floats:
    """0.5 where two averages (n) meet, rising to 1 where they are one per cent of the close apart."""
    confidence = np.empty(len(fast))
    for i in range(len(fast)):
        gap = abs(fast[i] - slow[i]) / close[i] / 0.01
        confidence[i] = 0.5 + 0.5 * max(0.0, min(gap, 1.0))
        if np.isnan(gap):
            confidence[i] = 0.5
    return confidence


@compiled(types.Tuple((types.float64[::1], types.boolean[::1]))(SERIES, types.float64))
def own_trades(close: Floats, share: float) -> tuple[Floats, Flags]:
    """The price of the last own trade before each close, and whether that was a buy: a `share` below the one before.

    Before the first trade the price is that of the close before.
    """
    reference, held = np.full(len(close), np.nan), np.zeros(len(close), dtype=np.bool_)
    traded, holds = np.nan, False
    for i in range(1, len(close)):
        reference[i] = close[i - 1] if np.isnan(traded) else traded
        held[i] = holds
        if (not holds and close[i] / reference[i] <= 1 - share) or (holds and close[i] / reference[i] >= 1 + share):
            traded, holds = close[i], not holds
    return reference, held
