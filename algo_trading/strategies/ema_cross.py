"""Exponential moving averages crossing."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from algo_trading.domain.bars import Bars, Floats
from algo_trading.domain.signal import Side
from algo_trading.indicators import ema
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

    def decide(self, bars: Bars) -> Decisions:
        fast, slow = ema(bars.close, self.fast), ema(bars.close, self.slow)
        confidence = gap_confidence(fast, slow, bars.close)
        return Decisions(crosses_above(fast, slow), crosses_above(slow, fast), confidence, np.ones(len(bars)))

    def explain(self, bars: Bars, index: int) -> str:
        window = bars[: index % len(bars) + 1]
        if len(window) < self.warmup:
            return f"{len(window)} bars are fewer than the {self.warmup} that the averages need"
        fast, slow = ema(window.close, self.fast)[-1], ema(window.close, self.slow)[-1]
        verb = {Side.BUY: "crossed above", Side.SELL: "crossed below"}.get(self.decide(window).side(-1))
        if verb:
            return f"EMA {self.fast} ({fast:.2f}) {verb} EMA {self.slow} ({slow:.2f})"
        return f"EMA {self.fast} ({fast:.2f}) and EMA {self.slow} ({slow:.2f}) did not cross"

    def lines(self, bars: Bars) -> dict[str, Floats]:
        return {f"EMA {window}": ema(bars.close, window) for window in (self.fast, self.slow)}
