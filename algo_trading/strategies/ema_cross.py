"""Exponential moving averages crossing."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from algo_trading.domain.bars import Bars, Floats
from algo_trading.domain.signal import Side
from algo_trading.indicators import ema, ema_memory
from algo_trading.strategies.base import Decisions, Strategy
from algo_trading.strategies.crosses import crosses_above, gap_confidence, require_windows


@dataclass(frozen=True)
class EmaCross(Strategy):
    """Buy when EMA `fast` crosses above EMA `slow`; sell when it crosses below."""

    name: ClassVar[str] = "ema_cross"
    summary: ClassVar[str] = "fast EMA crosses slow EMA"

    fast: int = 8
    slow: int = 21

    def __post_init__(self) -> None:
        require_windows(fast=self.fast, slow=self.slow)
        if self.fast >= self.slow:
            raise ValueError(f"fast ({self.fast}) must be below slow ({self.slow})")

    @property
    def warmup(self) -> int:
        return self.slow + 1

    @property
    def memory(self) -> int:
        return ema_memory(self.slow) + 1

    def decide(self, bars: Bars) -> Decisions:
        fast, slow = ema(bars.close, self.fast), ema(bars.close, self.slow)
        confidence = gap_confidence(fast, slow, bars.close)
        return Decisions(crosses_above(fast, slow), crosses_above(slow, fast), confidence, np.ones(len(bars)))

    def explain(self, bars: Bars, index: int) -> str:
        seen = range(1, len(bars) + 1)[index]
        if seen < self.warmup:
            return f"only {seen} of the {self.warmup} bars that the averages need are there"
        fast, slow = (f"EMA {window} ({ema(bars.close, window)[index]:.2f})" for window in (self.fast, self.slow))
        match self.decide(bars).side(index):
            case Side.BUY:
                return f"{fast} crossed above {slow}"
            case Side.SELL:
                return f"{fast} crossed below {slow}"
        return f"{fast} and {slow} did not cross"

    def lines(self, bars: Bars) -> dict[str, Floats]:
        return {f"EMA {window}": ema(bars.close, window) for window in (self.fast, self.slow)}
