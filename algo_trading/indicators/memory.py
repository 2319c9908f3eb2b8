"""How many values an indicator needs, so that its last one is the one with all values before it.

A moving average of n values needs n. One that is recursive never forgets, but what came long ago weighs less than the
rounding of a double (2^-53) in the end: from then on two series that differ before agree to the last digits. That holds
for prices of one magnitude; what was a million times dearer weighs a million times as much.
"""

import math

ROUNDING = 53  # binary digits of a double
CASCADE = 7  # and what an average of averages may weigh more: n * (1 - gain)^n where both forget alike


def ema_memory(window: int) -> int:
    """Values for the last `ema`: those of its seed, and those that make the seed's share vanish."""
    return window + _forgetting(2 / (window + 1), ROUNDING)


def macd_memory(slow: int, signal: int) -> int:
    """Values for the last `macd` and its signal line."""
    return slow + signal + _forgetting(2 / (max(slow, signal) + 1), ROUNDING + CASCADE)


def rsi_memory(window: int) -> int:
    """Values for the last `rsi`, if the price moved within them: one that stands still all that time has an RSI of 50.

    With all values it would keep the one from before, because gains and losses fade at the same pace.
    """
    return window + 1 + _forgetting(1 / window, ROUNDING)


def _forgetting(gain: float, digits: int) -> int:
    """Steps until what was before weighs less than 2^-digits."""
    return 1 if gain == 1 else math.ceil(digits * math.log(2) / -math.log1p(-gain))
