"""Good news about a company whose price has just fallen, at a sound valuation."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from algo_trading.domain.bars import Bars, Floats
from algo_trading.domain.features import IMPACT, PE_RATIO
from algo_trading.domain.signal import Side
from algo_trading.strategies.base import Decisions, Strategy
from algo_trading.strategies.crosses import require_windows
from algo_trading.strategies.inputs import TOUCH, held_for, require_numbers, returns


@dataclass(frozen=True)
class EventDriven(Strategy):
    """Buy on news of `impact` or more when the price fell by `drop` percent and P/E is `pe` or less; hold for a while.

    A drop is the last return in percent, so `drop` is negative. P/E must be known and above 0. The entry asks for
    base x clip(|impact|, `impact`, 1) x min(|last return / drop|, 2) shares, at most `most`, with |impact| as
    confidence; `hold` bars after the newest entry it is sold. Idea: prices overreact to bad days and drift on after
    good events for weeks (De Bondt and Thaler, Does the Stock Market Overreact?, Journal of Finance 40, 1985; Bernard
    and Thomas, Post-Earnings-Announcement Drift, Journal of Accounting Research 27, 1989); a low P/E tells an
    overreaction from a bubble that bursts.
    """

    name: ClassVar[str] = "event_driven"
    summary: ClassVar[str] = "good news after a drop at a sound P/E, sold after some days"
    features: ClassVar[tuple[str, ...]] = (IMPACT, PE_RATIO)

    impact: float = 0.3
    drop: float = -5.0
    pe: float = 30.0
    base: int = 100
    most: int = 1_000
    hold: int = 10

    def __post_init__(self) -> None:
        require_numbers(0, 1, impact=self.impact)
        require_numbers(-100, -0.01, drop=self.drop)
        require_numbers(0.01, 1e6, pe=self.pe)
        require_numbers(1, 1e9, base=self.base, most=self.most)
        require_windows(hold=self.hold)

    @property
    def warmup(self) -> int:
        return 2

    @property
    def memory(self) -> int:
        return self.hold + 2

    def decide(self, bars: Bars) -> Decisions:
        impact, pe = (bars.features[name] for name in self.features)
        change = returns(bars.close)
        entries = (impact >= self.impact) & (change <= self.drop + TOUCH) & (pe > 0) & (pe <= self.pe)
        strength = np.nan_to_num(np.clip(np.abs(impact), self.impact, 1))
        depth = np.minimum(np.abs(np.nan_to_num(change) / self.drop), 2)
        shares = np.where(entries, np.minimum(self.base * strength * depth, self.most), np.nan)
        confidence = np.minimum(np.abs(np.nan_to_num(impact)), 1)
        return Decisions(entries, held_for(entries, self.hold), confidence, np.ones(len(bars)), shares)

    def explain(self, bars: Bars, index: int) -> str:
        seen = range(1, len(bars) + 1)[index]
        if seen < self.warmup:
            return "a return needs two bars, and there is one"
        decisions, change = self.decide(bars), returns(bars.close)[index]
        impact, pe = (bars.features[name][index] for name in self.features)
        fell = f"the last return of {change:+.2f} %"
        news = "no news came" if np.isnan(impact) else f"the impact of the news is {impact:+.2f}"
        valued = "an unknown P/E" if np.isnan(pe) else f"a P/E of {pe:.1f}"
        match decisions.side(index):
            case Side.BUY:
                assert decisions.shares is not None
                return (
                    f"{news} (from {self.impact:+.2f} on) after {fell} (to {self.drop:+.2f} %) at {valued} "
                    f"(up to {self.pe:g}), which is worth {decisions.shares[index]:.1f} shares"
                )
            case Side.SELL:
                return f"the last buy is {self.hold} bars ago; {news} with {fell}"
        return f"{news} with {fell} and {valued}, which is not all that a buy needs"

    def lines(self, bars: Bars) -> dict[str, Floats]:
        """The close that would be the drop."""
        before = np.append(np.full(min(len(bars), 1), np.nan), bars.close[:-1])
        return {f"{self.drop:+g} % of the close before": before * (1 + self.drop / 100)}
