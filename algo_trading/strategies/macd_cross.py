"""The MACD line crossing its signal line."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from algo_trading.domain.bars import Bars, Floats
from algo_trading.domain.signal import Side
from algo_trading.indicators import ema, macd, macd_memory
from algo_trading.strategies.base import Decisions, Strategy
from algo_trading.strategies.crosses import crosses_above, gap_confidence, require_windows


@dataclass(frozen=True)
class MacdCross(Strategy):
    """Buy when the MACD line crosses above its signal line; sell when it crosses below.

    The line is EMA `fast` - EMA `slow` of the close, its signal the EMA `signal` of the line. Source: Gerald Appel, The
    Moving Average Convergence-Divergence Trading Method, 1979; 12/26/9 are his windows.
    """

    name: ClassVar[str] = "macd_cross"
    summary: ClassVar[str] = "MACD line crosses its signal line"

    fast: int = 12
    slow: int = 26
    signal: int = 9

    def __post_init__(self) -> None:
        require_windows(fast=self.fast, slow=self.slow, signal=self.signal)
        if self.fast >= self.slow:
            raise ValueError(f"fast ({self.fast}) must be below slow ({self.slow})")

    @property
    def warmup(self) -> int:
        return self.slow + self.signal

    @property
    def memory(self) -> int:
        return macd_memory(self.slow, self.signal) + 1

    def decide(self, bars: Bars) -> Decisions:
        line, signal = macd(bars.close, self.fast, self.slow, self.signal)
        # The line is a difference of prices and may be near 0: what is rounding, the price says.
        entries, exits = crosses_above(line, signal, bars.close), crosses_above(signal, line, bars.close)
        return Decisions(entries, exits, gap_confidence(line, signal, bars.close), np.ones(len(bars)))

    def explain(self, bars: Bars, index: int) -> str:
        seen = range(1, len(bars) + 1)[index]
        if seen < self.warmup:
            return f"only {seen} of the {self.warmup} bars that the MACD needs are there"
        line, signal = macd(bars.close, self.fast, self.slow, self.signal)
        what = f"MACD {self.fast}/{self.slow} ({line[index]:.3f})"
        other = f"its signal line ({signal[index]:.3f})"
        match self.decide(bars).side(index):
            case Side.BUY:
                return f"{what} crossed above {other}"
            case Side.SELL:
                return f"{what} crossed below {other}"
        return f"{what} and {other} did not cross"

    def lines(self, bars: Bars) -> dict[str, Floats]:
        return {f"EMA {window}": ema(bars.close, window) for window in (self.fast, self.slow)}
