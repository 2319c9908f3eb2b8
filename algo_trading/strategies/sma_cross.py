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

    def decide(self, bars: Bars) -> Decisions:
        fast, slow = sma(bars.close, self.fast), sma(bars.close, self.slow)
        entries, exits = crosses_above(fast, slow), crosses_above(slow, fast)
        if self.trend:
            entries &= bars.close > sma(bars.close, self.trend)
            exits &= np.arange(len(bars)) >= self.warmup - 1
        return Decisions(entries, exits, gap_confidence(fast, slow, bars.close), np.ones(len(bars)))

    def explain(self, bars: Bars, index: int) -> str:
        window = bars[: index % len(bars) + 1]
        if len(window) < self.warmup:
            return f"{len(window)} bars are fewer than the {self.warmup} that the averages need"
        fast, slow = sma(window.close, self.fast)[-1], sma(window.close, self.slow)[-1]
        averages = f"SMA {self.fast} ({fast:.2f}) and SMA {self.slow} ({slow:.2f})"
        trend = sma(window.close, self.trend)[-1] if self.trend else np.nan
        close = f"the close ({window.close[-1]:.2f})"
        match self.decide(window).side(-1):
            case Side.BUY:
                above = f" while {close} is above SMA {self.trend} ({trend:.2f})" if self.trend else ""
                return f"SMA {self.fast} ({fast:.2f}) crossed above SMA {self.slow} ({slow:.2f}){above}"
            case Side.SELL:
                return f"SMA {self.fast} ({fast:.2f}) crossed below SMA {self.slow} ({slow:.2f})"
        if self.trend and crosses_above(*(sma(window.close, w) for w in (self.fast, self.slow)))[-1]:
            return f"{averages} crossed upwards, but {close} is not above SMA {self.trend} ({trend:.2f})"
        return f"{averages} did not cross"

    def lines(self, bars: Bars) -> dict[str, Floats]:
        windows = [self.fast, self.slow, *([self.trend] if self.trend else [])]
        return {f"SMA {window}": sma(bars.close, window) for window in windows}
