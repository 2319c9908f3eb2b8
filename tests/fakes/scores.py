"""Scores in memory."""

from collections.abc import Collection, Sequence
from datetime import datetime

from algo_trading.domain.instrument import Instrument
from algo_trading.domain.scores import PairScore, TunedThresholds
from algo_trading.domain.time import Interval
from algo_trading.repositories.scores import ScorePoint


class FakeScores:
    """Implements ScoreRepository."""

    def __init__(self) -> None:
        self._stored: dict[Instrument, dict[datetime, PairScore]] = {}

    def store(self, scores: Sequence[PairScore]) -> None:
        for score in scores:
            self._stored.setdefault(score.instrument, {})[score.at] = score

    def newest(self) -> list[PairScore]:
        found = [points[max(points)] for points in self._stored.values()]
        return sorted(found, key=lambda score: (score.instrument.venue, score.instrument.symbol))

    def history(self, instrument: Instrument, first: datetime, last: datetime) -> list[ScorePoint]:
        return [
            ScorePoint(at, score.price, score.bull, score.bear, score.maximum)
            for at, score in sorted(self._stored.get(instrument, {}).items())
            if first <= at <= last
        ]

    def remove(self, instrument: Instrument, timeframes: Collection[Interval] | None = None) -> None:
        points = self._stored.get(instrument, {})
        newest = points[max(points)] if points else None
        left = newest.without(timeframes) if newest and timeframes is not None else None
        if newest and left and left.timeframes:
            points[newest.at] = left
        else:
            self._stored.pop(instrument, None)


class FakeThresholds:
    """Implements ThresholdRepository."""

    def __init__(self) -> None:
        self._stored: dict[tuple[Instrument, tuple[Interval, ...], datetime], TunedThresholds] = {}

    def store(self, tuned: TunedThresholds) -> None:
        self._stored[tuned.instrument, tuned.timeframes, tuned.usable_from] = tuned

    def newest(self, at: datetime) -> list[TunedThresholds]:
        found = {(one.instrument, one.timeframes): one for one in self._usable(at)}
        return sorted(found.values(), key=lambda one: (one.instrument.venue, one.instrument.symbol, one.timeframes))

    def history(self, instrument: Instrument, timeframes: Sequence[Interval], until: datetime) -> list[TunedThresholds]:
        return [
            one for one in self._usable(until) if (one.instrument, one.timeframes) == (instrument, tuple(timeframes))
        ]

    def remove(self, instrument: Instrument) -> None:
        self._stored = {key: one for key, one in self._stored.items() if one.instrument != instrument}

    def _usable(self, at: datetime) -> list[TunedThresholds]:
        found = [one for one in self._stored.values() if one.usable_from <= at]
        return sorted(found, key=lambda one: one.usable_from)
