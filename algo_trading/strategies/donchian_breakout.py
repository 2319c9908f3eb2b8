"""The close breaking out of a channel of highs and lows."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from algo_trading.domain.bars import Bars, Floats
from algo_trading.domain.signal import Side
from algo_trading.indicators import highest, lowest
from algo_trading.strategies.base import Decisions, Flags, Strategy
from algo_trading.strategies.crosses import require_windows


@dataclass(frozen=True)
class DonchianBreakout(Strategy):
    """Buy when the close leaves the highest high of the `entry` bars before it; sell below the lowest low of `exit`.

    It speaks on the first bar outside and is silent while the close stays there. Source: Richard Donchian's four-week
    rule (1960); 20 and 10 bars are the first system of Richard Dennis's Turtles (1983).
    """

    name: ClassVar[str] = "donchian_breakout"
    summary: ClassVar[str] = "close above the highest high of some weeks, sold below the lowest low"

    entry: int = 20
    exit: int = 10

    def __post_init__(self) -> None:
        require_windows(entry=self.entry, exit=self.exit)

    @property
    def warmup(self) -> int:
        return max(self.entry, self.exit) + 2

    @property
    def memory(self) -> int:
        return self.warmup

    def decide(self, bars: Bars) -> Decisions:
        upper, lower = self._channel(bars)
        above, below = bars.close > upper, bars.close < lower  # False where the channel is NaN
        distance = np.maximum(bars.close - upper, lower - bars.close) / bars.close
        confidence = 0.5 + 0.5 * np.clip(np.nan_to_num(distance) / 0.02, 0, 1)
        return Decisions(self._first(above), self._first(below), confidence, np.ones(len(bars)))

    def explain(self, bars: Bars, index: int) -> str:
        seen = range(1, len(bars) + 1)[index]
        if seen < self.warmup:
            return f"only {seen} of the {self.warmup} bars that the channel needs are there"
        upper, lower = self._channel(bars)
        close = f"the close ({bars.close[index]:.2f})"
        top = f"the highest high of the {self.entry} bars before ({upper[index]:.2f})"
        bottom = f"the lowest low of the {self.exit} bars before ({lower[index]:.2f})"
        match self.decide(bars).side(index):
            case Side.BUY:
                return f"{close} broke out above {top}"
            case Side.SELL:
                return f"{close} broke out below {bottom}"
        return f"{close} did not break out anew of {bottom} and {top}"

    def lines(self, bars: Bars) -> dict[str, Floats]:
        upper, lower = self._channel(bars)
        return {f"highest high {self.entry}": upper, f"lowest low {self.exit}": lower}

    def _channel(self, bars: Bars) -> tuple[Floats, Floats]:
        """Its bounds as they stand before each bar."""
        upper, lower = np.full(len(bars), np.nan), np.full(len(bars), np.nan)
        upper[1:] = highest(bars.high, self.entry)[:-1]
        lower[1:] = lowest(bars.low, self.exit)[:-1]
        return upper, lower

    def _first(self, outside: Flags) -> Flags:
        """The first bar of each stay outside; one that began during the warm-up was not seen beginning."""
        first = outside.copy()
        first[1:] &= ~outside[:-1]
        first[: self.warmup - 1] = False
        return first
