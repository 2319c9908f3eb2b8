"""The score history of a pair: its candles, and the picture of its scores over its last weeks."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np

from algo_trading.calendars import Calendars
from algo_trading.domain.bars import COLUMNS, Bars
from algo_trading.domain.instrument import Instrument, Series
from algo_trading.domain.scores import THRESHOLD, PairScore, PointsTable
from algo_trading.domain.time import Interval, array_time, moment_of
from algo_trading.errors import ConfigError
from algo_trading.notification.score_alert import PastScores
from algo_trading.notification.score_chart import draw_scores
from algo_trading.repositories.bars import BarReader, split_by_series
from algo_trading.services.score_candles import closed_by, joined_bars
from algo_trading.strategies.score_history import ScoreHistory, scores_of

SHOWN = np.timedelta64(30, "D")
LEAST = 200  # candles, where they are long


@dataclass(frozen=True)
class ReadScoreHistory:
    """The shortest stored candles of a pair."""

    bars: BarReader

    def __call__(self, instrument: Instrument, timeframes: Sequence[Interval], at: datetime | None = None) -> Bars:
        """Those that had closed by `at`, all without it.

        Raises:
            ConfigError: there are none, or they are longer than a timeframe.
        """
        stored = [one.interval for one in self.bars.series() if one.instrument == instrument]
        for interval in sorted(stored, key=lambda interval: interval.order):
            series = Series(instrument, interval)
            bars = split_by_series(self.bars.read([series], None, at)).get(series)
            bars = closed_by(bars, at) if bars is not None and at else bars
            if bars is not None and len(bars):
                longest = [str(one) for one in timeframes if one.order < interval.order]
                if longest:
                    raise ConfigError(f"{instrument} has candles of {interval} and longer, not of {', '.join(longest)}")
                return bars
        when = f" had closed by {at:%Y-%m-%d %H:%M} UTC" if at else " is stored"
        raise ConfigError(f"no candle of {instrument}{when}")


@dataclass(frozen=True)
class DrawScores:
    """Draw price and scores, made of the shortest stored candles."""

    read: ReadScoreHistory
    calendars: Calendars
    points: PointsTable

    def __call__(self, instrument: Instrument, timeframes: Sequence[Interval], at: datetime) -> bytes:
        """A PNG of the last month up to `at`; errors as those of `ReadScoreHistory`."""
        bars, scores = self._scored(instrument, timeframes, at)
        shown = _shown(bars)
        return draw_scores(bars[shown], scores.bull[shown], scores.bear[shown], scores.maximum, THRESHOLD)

    def before(self, score: PairScore, threshold: int) -> PastScores | None:
        """What was before a score, which ends the picture; None where no candle is stored any more."""
        try:
            bars, scores = self._scored(score.instrument, [*score.timeframes], score.at)
        except ConfigError:
            return None
        settled = scores.settled
        rarity = [
            float(np.mean(past[settled] >= now)) if settled.any() else 0.0
            for past, now in ((scores.bull, score.bull), (scores.bear, score.bear))
        ]
        shown = _shown(bars)
        candles, bull, bear = bars[shown], scores.bull[shown], scores.bear[shown]
        if array_time(score.at) > bars.closed_at[-1]:
            candles = joined_bars(candles, _running(bars, score))
            bull, bear = np.append(bull, score.bull), np.append(bear, score.bear)
        picture = draw_scores(candles, bull, bear, score.maximum, threshold)
        return PastScores(picture, moment_of(bars.opened_at[0]).date(), *rarity)

    def _scored(
        self, instrument: Instrument, timeframes: Sequence[Interval], at: datetime
    ) -> tuple[Bars, ScoreHistory]:
        bars = self.read(instrument, timeframes, at)
        return bars, scores_of(bars, timeframes, self.points, self.calendars(instrument.venue), threads=2)


def _shown(bars: Bars) -> slice:
    first = int(np.searchsorted(bars.opened_at, bars.closed_at[-1] - SHOWN))
    return slice(max(min(first, len(bars) - LEAST), 0), None)


def _running(bars: Bars, score: PairScore) -> Bars:
    """The price at a score as a candle that has not ended."""
    last: dict[str, Any] = {name: np.array([score.price]) for name in COLUMNS}
    at = np.array([array_time(score.at)])
    return Bars(bars.instrument, bars.interval, opened_at=bars.closed_at[-1:], closed_at=at, **last)
