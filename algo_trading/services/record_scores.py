"""Scores of pairs, taken and stored."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from algo_trading.domain.bars import Bars
from algo_trading.domain.instrument import Instrument
from algo_trading.domain.scores import PairScore
from algo_trading.domain.time import Interval
from algo_trading.errors import ConfigError
from algo_trading.repositories.scores import ScoreRepository
from algo_trading.services.score_candles import ScoreCandles


@dataclass(frozen=True)
class RecordReport:
    """The scores that were stored, and the pairs without candles, with the reason."""

    scores: tuple[PairScore, ...]
    skipped: tuple[str, ...]


@dataclass(frozen=True)
class RecordScores:
    """Score pairs on their timeframes as of a moment and store what came out."""

    score: ScoreCandles
    scores: ScoreRepository

    def __call__(
        self,
        pairs: Iterable[tuple[Instrument, Sequence[Interval]]],
        at: datetime,
        running: Mapping[Instrument, Bars] = MappingProxyType({}),
    ) -> RecordReport:
        """Doing it again for the same moment changes nothing.

        Of pairs in `running`, their candles that have not ended count as they stand (see `ScoreCandles`).
        """
        found, skipped = [], []
        for instrument, timeframes in pairs:
            try:
                found.append(self.score(instrument, timeframes, at, running.get(instrument)))
            except ConfigError as error:  # nothing had closed by then, or nothing short enough
                skipped.append(str(error))
        self.scores.store(found)
        return RecordReport(tuple(found), tuple(skipped))
