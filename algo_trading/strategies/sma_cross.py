"""Simple moving averages crossing, with a trend filter."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from algo_trading.domain.bars import Bars, Floats
from algo_trading.domain.signal import Side
from algo_trading.indicators import sma
from algo_trading.strategies.base import Decisions, Strategy
from algo_trading.strategies.crosses import crosses_above, gap_confidence, require_windows


@dataclass(frozen=True)
class SmaCross(Strategy):
    """Buy when SMA `fast` crosses above SMA `slow` while the close is above SMA `trend`; sell when it crosses below.

    `trend` 0 turns the filter off.
    """

    name: ClassVar[str] = "sma_cross"
    summary: ClassVar[str] = "fast SMA crosses slow SMA, bought only above the trend SMA"

    fast: int = 7
    slow: int = 21
    trend: int = 50

    def __post_init__(self) -> None:
        require_windows(fast=self.fast, slow=self.slow, trend=self.trend or 1)
        if self.fast >= self.slow:
            raise ValueError(f"fast ({self.fast}) must be below slow ({self.slow})")

    @property
    def warmup(self) -> int:
        return max(self.slow + 1, self.trend)

    @property
    def memory(self) -> int:
        return max(self.slow + 1, self.trend)

    def decide(self, bars: Bars) -> Decisions:
        fast, slow = sma(bars.close, self.fast), sma(bars.close, self.slow)
        entries, exits = crosses_above(fast, slow), crosses_above(slow, fast)
        if self.trend:
            entries &= bars.close > sma(bars.close, self.trend)
            exits[: self.warmup - 1] = False
        return Decisions(entries, exits, gap_confidence(fast, slow, bars.close), np.ones(len(bars)))

    def explain(self, bars: Bars, index: int) -> str:
        seen = range(1, len(bars) + 1)[index]
        if seen < self.warmup:
            return f"only {seen} of the {self.warmup} bars that the averages need are there"
        averages = {window: sma(bars.close, window) for window in (self.fast, self.slow)}
        fast, slow = (f"SMA {window} ({average[index]:.2f})" for window, average in averages.items())
        close = trend = ""
        if self.trend:
            close = f"the close ({bars.close[index]:.2f})"
            trend = f"SMA {self.trend} ({sma(bars.close, self.trend)[index]:.2f})"
        match self.decide(bars).side(index):
            case Side.BUY:
                return f"{fast} crossed above {slow}" + (f" while {close} is above {trend}" if self.trend else "")
            case Side.SELL:
                return f"{fast} crossed below {slow}"
        if self.trend and crosses_above(*averages.values())[index]:
            return f"{fast} and {slow} crossed upwards, but {close} is not above {trend}"
        return f"{fast} and {slow} did not cross"

    def lines(self, bars: Bars) -> dict[str, Floats]:
        windows = [self.fast, self.slow, *([self.trend] if self.trend else [])]
        return {f"SMA {window}": sma(bars.close, window) for window in windows}
