"""The newest scores of pairs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from algo_trading.domain.instrument import Instrument, Series
from algo_trading.domain.scores import PairScore
from algo_trading.domain.time import Interval, moment_of
from algo_trading.gateways.clock import Clock
from algo_trading.repositories.bars import BarRepository, split_by_series
from algo_trading.repositories.scores import ScoreRepository
from algo_trading.services.score_candles import ScoreCandles, closed_by


@dataclass(frozen=True)
class ReadCurrentScores:
    """Scores as of now: those that are stored while no candle has closed since, else what all candles say.

    History is so read only where nothing recorded the scores of a pair after its newest candle.
    """

    score: ScoreCandles
    scores: ScoreRepository
    bars: BarRepository
    clock: Clock

    def __call__(self, pairs: Sequence[tuple[Instrument, Sequence[Interval]]]) -> list[PairScore]:
        """The scores of pairs on timeframes, in their order.

        Raises:
            ConfigError: no candle of a pair has closed, or those stored are longer than a timeframe.
        """
        now = self.clock.now()
        stored = {one.instrument: one for one in self.scores.newest()}
        closes = self._newest_closes([instrument for instrument, _ in pairs if instrument in stored], now)
        found = []
        for instrument, timeframes in pairs:
            known, close = stored.get(instrument), closes.get(instrument)
            current = known is not None and close is not None and close <= known.at <= now
            if known is not None and current and self._answers(known, timeframes):
                found.append(known)
            else:
                found.append(self.score(instrument, timeframes, now))
        return found

    def _newest_closes(self, instruments: Sequence[Instrument], now: datetime) -> Mapping[Instrument, datetime]:
        series = [Series(instrument, interval) for instrument in instruments for interval in Interval]
        closes: dict[Instrument, datetime] = {}
        for one, bars in split_by_series(self.bars.read_last(series, now, 2)).items():
            closed = closed_by(bars, now)
            if len(closed):
                close = moment_of(closed.closed_at[-1])
                closes[one.instrument] = max(closes.get(one.instrument, close), close)
        return closes

    def _answers(self, known: PairScore, timeframes: Sequence[Interval]) -> bool:
        """Whether it is on these timeframes and has today's points."""
        points = self.score.points
        return (
            set(known.timeframes) == set(timeframes)
            and all(
                (rank.bull_points, rank.bear_points) == (points.of(rank.rank_max_up), points.of(rank.rank_max_down))
                for rank in known.timeframes.values()
            )
            and known.maximum == points.most * len(known.timeframes)
        )
