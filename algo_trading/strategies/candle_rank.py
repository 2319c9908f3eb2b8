"""Buying after an unusual fall and selling after an unusual rise, on several timeframes at once."""

from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

import numpy as np

from algo_trading.calendars import trading_calendar
from algo_trading.domain.bars import Bars, Floats
from algo_trading.domain.features import tuned_features
from algo_trading.domain.scores import DEFAULT_POINTS, ML, SCORED, THRESHOLD, PointsTable, parse_timeframes
from algo_trading.domain.time import Interval
from algo_trading.errors import ConfigError
from algo_trading.strategies.base import Decisions, Flags, Strategy
from algo_trading.strategies.inputs import require_numbers
from algo_trading.strategies.score_history import SETTLING, ScoreHistory, scores_of

YEAR_OF_FIVE_MINUTES, MOST_BARS = 105_120, 10_000_000


@dataclass(frozen=True)
class CandleRank(Strategy):
    """Buy when the bear score reaches `bear`, sell when the bull score reaches `bull`; nothing while both do.

    Of two different scores the larger one counts. It speaks at the first bar of each stay above a threshold. Each
    timeframe's candle is taken as it stood at the bar's close and ranked among the closed candles of the last `history`
    bars; timeframes that are shorter than the bars, or that the venue does not have, are left out. `points` are those
    of a rank (rank:points). It says nothing in the first three weeks.

    A threshold of `ml` is the one that tuning on these timeframes had found by a bar's close (features `tuned_bull` and
    `tuned_bear`). Nothing is said where none survived, or where none was tuned yet.
    """

    name: ClassVar[str] = "candle_rank"
    summary: ClassVar[str] = "unusual falls over several timeframes bought, unusual rises sold"

    bull: float | str = THRESHOLD
    bear: float | str = THRESHOLD
    timeframes: str = ",".join(SCORED)
    points: str = str(DEFAULT_POINTS)
    history: int = YEAR_OF_FIVE_MINUTES

    def __post_init__(self) -> None:
        for name, value in (("bull", self.bull), ("bear", self.bear)):
            if isinstance(value, str) and value != ML:
                raise ValueError(f"{name} is a number or {ML}, not {value!r}")
        require_numbers(1, 1500, **self._numbers)
        if isinstance(self.history, bool) or not isinstance(self.history, int) or not 2 <= self.history <= MOST_BARS:
            raise ValueError(f"history must be a whole number from 2 to {MOST_BARS}, not {self.history!r}")
        for text in (self.timeframes, self.points):
            if not isinstance(text, str):
                raise ValueError(f"timeframes and points are texts, not {text!r}")  # noqa: TRY004 - as of any parameter
        _ = self._timeframes, self._points

    @property
    def warmup(self) -> int:
        return 2

    @property
    def memory(self) -> int:
        return self.history + 1

    @property
    def needs(self) -> tuple[str, ...]:
        return self._tuned if len(self._numbers) < 2 else ()

    def decide(self, bars: Bars) -> Decisions:
        scores = self.scores(bars)
        buy, sell = self._sides(scores, bars)
        top = np.maximum(scores.bull, scores.bear) / max(scores.maximum, 1)
        return Decisions(_first(buy), _first(sell), np.where(scores.settled, top, 0.0), np.ones(len(bars)))

    def explain(self, bars: Bars, index: int) -> str:
        seen = range(1, len(bars) + 1)[index]
        scores = self.scores(bars[:seen])
        if not scores.settled[-1]:
            return f"there is not history enough for scores, which begin after {SETTLING.days} days"
        bull, bear = (f"{name} score {values[-1]} of {scores.maximum}" for name, values in
                      (("bull", scores.bull), ("bear", scores.bear)))  # fmt: skip
        sell_from, buy_from = (float(values[seen - 1]) for values in self.thresholds(bars))
        if np.isnan([sell_from, buy_from]).any():
            return f"no threshold was tuned on {self.timeframes} by then (`algo-trading tune`; the {bull}, the {bear})"
        if np.isinf([sell_from, buy_from]).any():
            return f"no threshold survived tuning (`algo-trading tune` says why; the {bull}, the {bear})"
        buy, sell = self._sides(scores, bars[:seen])
        if _first(buy)[-1]:
            return f"the {bear} reached {buy_from:g}: an unusual fall (the {bull})"
        if _first(sell)[-1]:
            return f"the {bull} reached {sell_from:g}: an unusual rise (the {bear})"
        return f"the {bull} and the {bear} do not newly call for a sale (from {sell_from:g}) or a buy ({buy_from:g})"

    def lines(self, bars: Bars) -> dict[str, Floats]:  # noqa: ARG002 - scores are not on the scale of the price
        return {}

    @cached_property
    def _timeframes(self) -> tuple[Interval, ...]:
        return parse_timeframes(self.timeframes)

    @cached_property
    def _tuned(self) -> tuple[str, str]:
        return tuned_features(self._timeframes)

    @cached_property
    def _numbers(self) -> dict[str, float]:
        """The thresholds that are numbers."""
        given = {"bull": self.bull, "bear": self.bear}
        return {name: value for name, value in given.items() if not isinstance(value, str)}

    @cached_property
    def _points(self) -> PointsTable:
        return PointsTable.parse(self.points)

    def scores(self, bars: Bars) -> ScoreHistory:
        """The scores at each bar's close.

        Raises:
            ConfigError: there is no timeframe for such bars, or not every one where thresholds are tuned.
        """
        calendar = trading_calendar(bars.instrument.venue)
        usable = [one for one in self._timeframes if one.order >= bars.interval.order]
        if not calendar.continuous:
            usable = [one for one in usable if one is not Interval.DAY_3]
        if not usable:
            raise ConfigError(f"{self.id} has no timeframe for {bars.interval} bars of {bars.instrument.venue}")
        if self.needs and len(usable) < len(self._timeframes):
            unusable = ", ".join(sorted(set(self._timeframes) - set(usable)))
            raise ConfigError(
                f"with {ML} every timeframe counts, and {bars.interval} bars of {bars.instrument.venue} do not make "
                f"{unusable}; leave that out"
            )
        return scores_of(bars, usable, self._points, calendar, window=self.history)

    def _sides(self, scores: ScoreHistory, bars: Bars) -> tuple[Flags, Flags]:
        """Where the scores say buy, and where sell (domain/scores.py)."""
        sell_from, buy_from = self.thresholds(bars)
        counts = scores.settled & np.isfinite(sell_from) & np.isfinite(buy_from)
        high_bull, high_bear = scores.bull >= sell_from, scores.bear >= buy_from
        buy: Flags = counts & high_bear & ~high_bull & (scores.bear > scores.bull)
        sell: Flags = counts & high_bull & ~high_bear & (scores.bull > scores.bear)
        return buy, sell

    def thresholds(self, bars: Bars) -> tuple[Floats, Floats]:
        """From which bull score it sells at each bar, and from which bear score it buys."""
        bull, bear = (
            np.full(len(bars), self._numbers[name]) if name in self._numbers else bars.features[feature]
            for name, feature in zip(("bull", "bear"), self._tuned, strict=True)
        )
        return bull, bear


def _first(flags: Flags) -> Flags:
    """The first bar of each stay."""
    first = flags.copy()
    first[1:] &= ~flags[:-1]
    first[:1] = False
    return first
