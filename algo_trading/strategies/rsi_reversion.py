"""The relative strength index turning back from an extreme."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from algo_trading.domain.bars import Bars, Floats
from algo_trading.domain.signal import Side
from algo_trading.indicators import rsi, rsi_memory
from algo_trading.strategies.base import Decisions, Strategy
from algo_trading.strategies.crosses import crosses_above, require_windows


@dataclass(frozen=True)
class RsiReversion(Strategy):
    """Buy when the RSI comes back above `oversold`; sell when it comes back below `overbought`.

    Source: J. Welles Wilder, New Concepts in Technical Trading Systems, 1978; 14 bars and 30/70 are his figures.
    """

    name: ClassVar[str] = "rsi_reversion"
    summary: ClassVar[str] = "RSI comes back from oversold, sold when it comes back from overbought"

    window: int = 14
    oversold: float = 30
    overbought: float = 70

    def __post_init__(self) -> None:
        require_windows(window=self.window)
        for name in ("oversold", "overbought"):
            level = getattr(self, name)
            if isinstance(level, bool) or not isinstance(level, int | float) or not 0 < level < 100:
                raise ValueError(f"{name} must be a number between 0 and 100, not {level!r}")
        if self.oversold >= self.overbought:
            raise ValueError(f"oversold ({self.oversold:g}) must be below overbought ({self.overbought:g})")

    @property
    def warmup(self) -> int:
        return self.window + 2

    @property
    def memory(self) -> int:
        return rsi_memory(self.window) + 1

    def decide(self, bars: Bars) -> Decisions:
        strength = rsi(bars.close, self.window)
        low, high = np.full(len(bars), float(self.oversold)), np.full(len(bars), float(self.overbought))
        # How deep it was one bar before: 0.5 at the level, 1 from twenty points beyond it on.
        before = np.append(strength[:1], strength[:-1])
        beyond = np.nan_to_num(np.maximum(low - before, before - high))
        confidence = 0.5 + 0.5 * np.clip(beyond / 20, 0, 1)
        return Decisions(crosses_above(strength, low), crosses_above(high, strength), confidence, np.ones(len(bars)))

    def explain(self, bars: Bars, index: int) -> str:
        seen = range(1, len(bars) + 1)[index]
        if seen < self.warmup:
            return f"only {seen} of the {self.warmup} bars that the RSI needs are there"
        strength = rsi(bars.close, self.window)
        now, before = (f"{value:.1f}" for value in (strength[index], strength[index - 1]))
        match self.decide(bars).side(index):
            case Side.BUY:
                return f"RSI {self.window} came back above {self.oversold:g}, from {before} to {now}"
            case Side.SELL:
                return f"RSI {self.window} came back below {self.overbought:g}, from {before} to {now}"
        return f"RSI {self.window} ({now}, before {before}) did not come back from an extreme"

    def lines(self, bars: Bars) -> dict[str, Floats]:  # noqa: ARG002 - the RSI is not on the scale of the price
        return {}
