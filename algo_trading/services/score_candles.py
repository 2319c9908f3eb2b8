"""The scores of pairs at a moment, from their stored candles."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np

from algo_trading.calendars import Calendars, TradingCalendar
from algo_trading.domain.bars import COLUMNS, Bars, Floats
from algo_trading.domain.instrument import Instrument, Series
from algo_trading.domain.scores import CandleRank, PairScore, PointsTable, sum_of_points
from algo_trading.domain.time import Interval, array_time, moment_of
from algo_trading.errors import ConfigError
from algo_trading.indicators.candle_ranks import ClosedCandles, candle_metrics
from algo_trading.repositories.bars import BarRepository, split_by_series
from algo_trading.services.larger_candles import larger_candles


@dataclass(frozen=True)
class PairCandles:
    """What a pair's newest candles are compared with: the closed candles of each timeframe, from short to long."""

    instrument: Instrument
    closed: Mapping[Interval, ClosedCandles]

    def score(self, at: datetime, price: float, newest: Mapping[Interval, Floats], points: PointsTable) -> PairScore:
        """The scores while the candle of each timeframe has the metrics `newest`."""
        ranks = {interval: _rank(closed, newest[interval], points) for interval, closed in self.closed.items()}
        bull, bear = sum_of_points(ranks.values())
        return PairScore(self.instrument, at, price, bull, bear, points.most * len(ranks), ranks)


@dataclass(frozen=True)
class ScoreCandles:
    """Score pairs as they stood at a moment."""

    bars: BarRepository
    calendars: Calendars
    points: PointsTable

    def __call__(
        self, instrument: Instrument, timeframes: Sequence[Interval], at: datetime, running: Bars | None = None
    ) -> PairScore:
        """The scores of a pair at `at`, from the candles that had closed by then; timeframes are as given.

        The candle of each timeframe is the one that the newest closed candle of the shortest stored series lies in,
        made of the shorter ones up to it. It is compared with the candles before it: those that are stored, and
        where the timeframe is not stored those that the shortest ones add up to.

        `running` are candles of a stored series that are not stored yet, of which the last has not ended: with them
        the score is that of `at` itself, not of the newest close.

        Raises:
            ConfigError: no candle of the pair had closed by then, or those stored are longer than a timeframe.
        """
        stored = [Series(instrument, interval) for interval in Interval]
        last = {
            series.interval: closed_by(bars, at)
            for series, bars in split_by_series(self.bars.read_last(stored, at, 2)).items()
        }
        newest = {interval: bars for interval, bars in last.items() if len(bars)}
        if not newest:
            raise ConfigError(f"no candle of {instrument} had closed by {at:%Y-%m-%d %H:%M} UTC")
        shortest = max(newest, key=lambda interval: (newest[interval].closed_at[-1], -interval.order))
        if running is not None:
            shortest = running.interval
        shorter = [str(one) for one in timeframes if one.order < shortest.order]
        if shorter:
            raise ConfigError(
                f"{instrument} has candles of {shortest} and longer at {at:%Y-%m-%d %H:%M} UTC, "
                f"not of {', '.join(shorter)}"
            )
        kept = {one: self._read(instrument, one, None, at) for one in timeframes if one in newest and one != shortest}
        since = None if set(timeframes) - set(kept) else min(moment_of(bars.opened_at[-1]) for bars in kept.values())
        base = self._read(instrument, shortest, since, at)
        if running is not None:
            base = _followed_by(base, running)
        calendar = self.calendars(instrument.venue)
        candles = {one: _with_running(kept.get(one), base, one, calendar) for one in timeframes}
        metrics = {one: candle_metrics(bars.open, bars.high, bars.low, bars.close) for one, bars in candles.items()}
        pair = PairCandles(instrument, {one: ClosedCandles.of(values[:, :-1]) for one, values in metrics.items()})
        newest_metrics = {one: values[:, -1] for one, values in metrics.items()}
        moment = at if running is not None else moment_of(base.closed_at[-1])
        return pair.score(moment, float(base.close[-1]), newest_metrics, self.points)

    def _read(self, instrument: Instrument, interval: Interval, since: datetime | None, at: datetime) -> Bars:
        series = Series(instrument, interval)
        return closed_by(split_by_series(self.bars.read([series], since, at))[series], at)


def closed_by(bars: Bars, at: datetime) -> Bars:
    """The bars that had closed by a moment."""
    return bars[: int(np.searchsorted(bars.closed_at, array_time(at), side="right"))]


def _with_running(stored: Bars | None, base: Bars, interval: Interval, calendar: TradingCalendar) -> Bars:
    """The candles of a timeframe up to the one that the last of `base` lies in; stored ones before those made of it."""
    made = larger_candles(base, interval, calendar)
    if stored is None:
        return made
    earlier = stored[: int(np.searchsorted(stored.opened_at, made.opened_at[-1]))]
    if not len(earlier):
        return made
    later = made[int(np.searchsorted(made.opened_at, earlier.opened_at[-1], side="right")) :]
    return joined_bars(earlier, later)


def _followed_by(stored: Bars, running: Bars) -> Bars:
    """The bars of a series with those of `running` that are newer."""
    if not len(stored):
        return running
    return joined_bars(stored, running[int(np.searchsorted(running.opened_at, stored.opened_at[-1], side="right")) :])


def joined_bars(earlier: Bars, later: Bars) -> Bars:
    """The bars of a series one after the other."""
    joined: dict[str, Any] = {
        name: np.concatenate((getattr(earlier, name), getattr(later, name)))
        for name in ("opened_at", "closed_at", *COLUMNS)
    }
    return Bars(earlier.instrument, earlier.interval, **joined)


def _rank(closed: ClosedCandles, metrics: Floats, points: PointsTable) -> CandleRank:
    rank_change, rank_amplitude, rank_up, rank_down = closed.ranks(metrics).tolist()
    change, amplitude, up, down = metrics.tolist()
    average_change, average_amplitude, average_up, average_down = closed.averages.tolist()
    return CandleRank(
        change=change,
        amplitude=amplitude,
        max_up=up,
        max_down=down,
        rank_change=rank_change,
        rank_amplitude=rank_amplitude,
        rank_max_up=rank_up,
        rank_max_down=rank_down,
        bull_points=points.of(rank_up),
        bear_points=points.of(rank_down),
        closed=len(closed),
        average_change=average_change,
        average_amplitude=average_amplitude,
        average_max_up=average_up,
        average_max_down=average_down,
    )
