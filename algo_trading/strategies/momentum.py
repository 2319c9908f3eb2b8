"""What has risen over a year goes on rising."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from algo_trading.domain.bars import Bars, Floats
from algo_trading.domain.signal import Side
from algo_trading.strategies.base import Decisions, Flags, Strategy
from algo_trading.strategies.crosses import require_windows
from algo_trading.strategies.inputs import delayed


@dataclass(frozen=True)
class Momentum(Strategy):
    """On the first bar of each month: buy if the return over `lookback` bars without the last `skip` beats `threshold`.

    Otherwise sell. Source: Jegadeesh and Titman, Returns to Buying Winners and Selling Losers, Journal of Finance 48,
    1993, in the 12-1 form: twelve months, of which the last one, in which prices tend to reverse, is left out. They
    rank stocks against each other; here an instrument is measured against `threshold`, as in Moskowitz, Ooi and
    Pedersen, Time Series Momentum, Journal of Financial Economics 104, 2012.
    """

    name: ClassVar[str] = "momentum"
    summary: ClassVar[str] = "held while the return of twelve months without the last one is positive, decided monthly"

    lookback: int = 252
    skip: int = 21
    threshold: float = 0.0

    def __post_init__(self) -> None:
        require_windows(lookback=self.lookback, skip=self.skip or 1)
        if self.skip >= self.lookback:
            raise ValueError(f"skip ({self.skip}) must be below lookback ({self.lookback})")
        value = self.threshold
        if isinstance(value, bool) or not isinstance(value, int | float) or not -1 < value < 100:
            raise ValueError(f"threshold must be a return above -1 and below 100, not {value!r}")

    @property
    def warmup(self) -> int:
        return self.lookback + 1

    @property
    def memory(self) -> int:
        return self.lookback + 1

    def decide(self, bars: Bars) -> Decisions:
        gained = self._gained(bars)
        known = _month_begins(bars) & ~np.isnan(gained)
        entries = known & (gained > self.threshold)
        distance = np.nan_to_num(np.abs(gained - self.threshold), posinf=1)
        return Decisions(entries, known & ~entries, 0.5 + 0.5 * np.minimum(distance / 0.2, 1), np.ones(len(bars)))

    def explain(self, bars: Bars, index: int) -> str:
        seen = range(1, len(bars) + 1)[index]
        if seen < self.warmup:
            return f"only {seen} of the {self.warmup} bars that the momentum needs are there"
        what = f"the return of {self.lookback} bars without the last {self.skip} ({self._gained(bars)[index]:+.2%})"
        match self.decide(bars).side(index):
            case Side.BUY:
                return f"{what} is above {self.threshold:.2%} as the month begins"
            case Side.SELL:
                return f"{what} is not above {self.threshold:.2%} as the month begins"
        return f"{what} is looked at when a month begins"

    def lines(self, bars: Bars) -> dict[str, Floats]:
        """The two closes that are compared."""
        return {f"close {back} bars ago": delayed(bars.close, back) for back in (self.skip, self.lookback)}

    def _gained(self, bars: Bars) -> Floats:
        return delayed(bars.close, self.skip) / delayed(bars.close, self.lookback) - 1


def _month_begins(bars: Bars) -> Flags:
    """True on a bar whose month is not that of the bar before."""
    months = bars.opened_at.astype("datetime64[M]")
    begins = np.zeros(len(bars), dtype=np.bool_)
    begins[1:] = months[1:] != months[:-1]
    return begins
