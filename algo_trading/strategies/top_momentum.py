"""What has risen most over a year goes on rising: the best of several instruments."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from algo_trading.domain.bars import Bars, Floats, Times
from algo_trading.domain.signal import Side
from algo_trading.strategies.base import Decisions
from algo_trading.strategies.cross_section import CrossSection
from algo_trading.strategies.crosses import require_windows
from algo_trading.strategies.inputs import delayed, require_numbers

MONDAY = 3  # days from a Monday to 1970-01-01, from which numpy counts
Rebalance = Literal["week", "month"]


@dataclass(frozen=True)
class TopMomentum(CrossSection):
    """On the first bar of each month (or week): hold the `top` instruments by their return, and sell the others.

    The return is that of `lookback` bars without the last `skip`; one that is not above `threshold` is not held,
    whatever its rank. Of equals the first symbol is better. An instrument without a bar then, or with too few, is not
    ranked, and nothing is decided about it. Source: Jegadeesh and Titman, Returns to Buying Winners and Selling Losers,
    Journal of Finance 48, 1993; with the threshold, Antonacci, Risk Premia Harvesting Through Dual Momentum, 2012.
    """

    name: ClassVar[str] = "top_momentum"
    summary: ClassVar[str] = "the best of several symbols by the return of twelve months without the last one"

    top: int = 3
    lookback: int = 252
    skip: int = 21
    threshold: float = 0.0
    rebalance: Rebalance = "month"

    def __post_init__(self) -> None:
        require_windows(top=self.top, lookback=self.lookback, skip=self.skip or 1)
        if self.skip >= self.lookback:
            raise ValueError(f"skip ({self.skip}) must be below lookback ({self.lookback})")
        require_numbers(-1, 100, threshold=self.threshold)
        if self.rebalance not in {"week", "month"}:
            raise ValueError(f"rebalance must be week or month, not {self.rebalance!r}")

    @property
    def warmup(self) -> int:
        return self.lookback + 1

    @property
    def memory(self) -> int:
        return self.lookback + 1

    @property
    def most_held(self) -> int:
        return self.top

    def decide_together(self, series: Sequence[Bars]) -> list[Decisions]:
        times, gained, ranks = self._ranked(series)
        begins = self._begins(times)
        decided = []
        for bars, own, rank in zip(series, gained, ranks, strict=True):
            at = np.searchsorted(times, bars.opened_at)
            known = begins[at] & ~np.isnan(own[at])
            entries = known & (rank[at] <= self.top) & (own[at] > self.threshold)
            distance = np.nan_to_num(np.abs(own[at] - self.threshold), posinf=1)
            confidence = 0.5 + 0.5 * np.minimum(distance / 0.2, 1)
            decided.append(Decisions(entries, known & ~entries, confidence, np.ones(len(bars))))
        return decided

    def explain_together(self, series: Sequence[Bars], which: int, index: int) -> str:
        bars = series[which]
        seen = range(1, len(bars) + 1)[index]
        if seen < self.warmup:
            return f"only {seen} of the {self.warmup} bars that the momentum needs are there"
        times, gained, ranks = self._ranked(series)
        at = int(np.searchsorted(times, bars.opened_at[index]))
        what = f"the return of {self.lookback} bars without the last {self.skip} ({gained[which, at]:+.2%})"
        count = int(np.count_nonzero(~np.isnan(gained[:, at])))
        place = f"{what} is number {int(ranks[which, at])} of {count}"
        match self.decide_together(series)[which].side(index):
            case Side.BUY:
                return f"{place}, one of the best {self.top}, as the {self.rebalance} begins"
            case Side.SELL:
                why = (
                    f"not above {self.threshold:.2%}" if ranks[which, at] <= self.top else f"not in the best {self.top}"
                )
                return f"{place}, {why}, as the {self.rebalance} begins"
        return f"{what} is looked at when a {self.rebalance} begins"

    def lines(self, bars: Bars) -> dict[str, Floats]:
        """The two closes that are compared."""
        return {f"close {back} bars ago": delayed(bars.close, back) for back in (self.skip, self.lookback)}

    def _ranked(self, series: Sequence[Bars]) -> tuple[Times, Floats, NDArray[np.int64]]:
        """The times of all bars, and of each instrument (rows) at each time its return and its rank, from 1 on.

        A return is NaN where there is no bar, or no return yet; such an instrument comes last.
        """
        times = series[0].opened_at if len(series) == 1 else np.unique(np.concatenate([b.opened_at for b in series]))
        gained = np.full((len(series), len(times)), np.nan)
        order = sorted(range(len(series)), key=lambda k: series[k].instrument)
        for row, k in enumerate(order):
            bars = series[k]
            gained[row, np.searchsorted(times, bars.opened_at)] = (
                delayed(bars.close, self.skip) / delayed(bars.close, self.lookback) - 1
            )
        best = np.argsort(-gained, axis=0, kind="stable")  # NaN last
        ranks = np.empty(best.shape, np.int64)
        np.put_along_axis(ranks, best, np.arange(1, len(series) + 1)[:, None], axis=0)
        rows = np.argsort(order)
        return times, gained[rows], ranks[rows]

    def _begins(self, times: Times) -> NDArray[np.bool_]:
        """Whether a time is in another month or week than the one before."""
        days = times.astype("datetime64[D]")
        units = days.astype("datetime64[M]") if self.rebalance == "month" else (days.astype(np.int64) + MONDAY) // 7
        begins = np.zeros(len(times), dtype=np.bool_)
        begins[1:] = units[1:] != units[:-1]
        return begins
