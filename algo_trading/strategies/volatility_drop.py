"""A fall far out of the ordinary while everybody is gloomy."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from algo_trading.domain.bars import Bars, Floats
from algo_trading.domain.features import SENTIMENT
from algo_trading.domain.limits import Limits
from algo_trading.domain.signal import Side
from algo_trading.strategies.base import Decisions, Strategy
from algo_trading.strategies.crosses import require_windows
from algo_trading.strategies.inputs import TOUCH, held_for, require_numbers, returns


@dataclass(frozen=True)
class VolatilityDrop(Strategy):
    """Buy `shares` when the last return is below mean - `sigmas` deviations and `drop` percent, and the mood is bad.

    Mean and sample deviation are of the `window` returns before the last one, in percent; the mood is bad from a
    sentiment of `sentiment` down. `hold` bars after the newest entry it is sold. The confidence is the mood's strength.
    Idea: pessimism in the news pushes prices down for a day and fundamentals bring them back within the week (Tetlock,
    Giving Content to Investor Sentiment, Journal of Finance 62, 2007).
    """

    name: ClassVar[str] = "volatility_drop"
    summary: ClassVar[str] = "an unusual fall in a bad mood, sold after some days"
    features: ClassVar[tuple[str, ...]] = (SENTIMENT,)
    limits: ClassVar[Limits] = Limits(max_positions=3)

    window: int = 20
    sigmas: float = 2.0
    drop: float = -2.0
    sentiment: float = -0.5
    shares: int = 10
    hold: int = 10

    def __post_init__(self) -> None:
        require_windows(window=self.window, hold=self.hold)
        if self.window < 2:
            raise ValueError("window must be at least 2: a deviation needs two returns")
        require_numbers(0, 100, sigmas=self.sigmas)
        require_numbers(-100, 0, drop=self.drop)
        require_numbers(-1, 1, sentiment=self.sentiment)
        require_numbers(1, 1e9, shares=self.shares)

    @property
    def warmup(self) -> int:
        return self.window + 2

    @property
    def memory(self) -> int:
        return self.hold + self.window + 2

    def decide(self, bars: Bars) -> Decisions:
        mood, change = bars.features[SENTIMENT], returns(bars.close)
        unusual = change < self._bound(change) - TOUCH
        entries = unusual & (change < self.drop - TOUCH) & (mood <= self.sentiment)
        confidence = np.minimum(np.abs(np.nan_to_num(mood)), 1)
        shares = np.where(entries, float(self.shares), np.nan)
        return Decisions(entries, held_for(entries, self.hold), confidence, np.ones(len(bars)), shares)

    def explain(self, bars: Bars, index: int) -> str:
        seen = range(1, len(bars) + 1)[index]
        if seen < self.warmup:
            return f"only {seen} of the {self.warmup} bars that the deviation needs are there"
        change, mood = returns(bars.close), bars.features[SENTIMENT][index]
        what = f"the last return of {change[index]:+.2f} %"
        bound = f"{self._bound(change)[index]:+.2f} %, {self.sigmas:g} deviations below the mean of {self.window}"
        tone = "nobody wrote about it" if np.isnan(mood) else f"the sentiment is {mood:+.2f}"
        match self.decide(bars).side(index):
            case Side.BUY:
                return f"{what} is below {bound}, and below {self.drop:+g} %, while {tone} (to {self.sentiment:+.2f})"
            case Side.SELL:
                return f"the last buy is {self.hold} bars ago; {what}, and {tone}"
        return f"{what} (unusual below {bound}), and {tone}, which is not all that a buy needs"

    def lines(self, bars: Bars) -> dict[str, Floats]:
        """The close below which a return is unusual."""
        before = np.append(np.full(min(len(bars), 1), np.nan), bars.close[:-1])
        bound = np.minimum(self._bound(returns(bars.close)), self.drop)
        return {f"unusual below, {self.sigmas:g} deviations": before * (1 + bound / 100)}

    def _bound(self, change: Floats) -> Floats:
        """Mean less `sigmas` deviations of the `window` returns before each; NaN where there are fewer."""
        n, window = len(change), self.window
        bound = np.full(n, np.nan)
        if n > window + 1:
            # Summed lag by lag, so that a bar's figure is the same to the last bit whatever comes after it.
            before = [change[window - lag : n - lag] for lag in range(1, window + 1)]
            mean = sum(before[1:], before[0]) / window
            deviation = np.sqrt(sum((values - mean) ** 2 for values in before) / (window - 1))
            bound[window:] = mean - self.sigmas * deviation
        return bound
