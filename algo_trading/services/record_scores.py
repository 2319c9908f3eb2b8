"""Scores of pairs: taken, stored, and told to those who asked for high ones."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from types import MappingProxyType

from algo_trading.domain.bars import Bars
from algo_trading.domain.instrument import Instrument
from algo_trading.domain.notice import Content, NoticeKind
from algo_trading.domain.score_alert import ScoreAlert, ScoreSubscription, Thresholds
from algo_trading.domain.scores import PairScore
from algo_trading.domain.time import Interval
from algo_trading.errors import ConfigError
from algo_trading.repositories.score_alerts import ScoreAlertRepository, ScoreStep
from algo_trading.repositories.scores import ThresholdRepository
from algo_trading.services.score_candles import ScoreCandles

NO_THRESHOLDS: Thresholds = (None, None)


@dataclass(frozen=True)
class RecordReport:
    """The scores that were stored, the pairs without candles, with the reason, and how many notices are new."""

    scores: tuple[PairScore, ...]
    skipped: tuple[str, ...]
    notices: int = 0


@dataclass(frozen=True)
class RecordScores:
    """Score pairs on their timeframes as of a moment, store what came out, and queue notices of what is high.

    Scores, notices, and what subscribers have been told are one transaction: a score that is stored was told, and a
    process that dies on the way leaves neither.
    """

    score: ScoreCandles
    alerts: ScoreAlertRepository
    thresholds: ThresholdRepository

    def __call__(
        self,
        pairs: Iterable[tuple[Instrument, Sequence[Interval]]],
        at: datetime,
        running: Mapping[Instrument, Bars] = MappingProxyType({}),
    ) -> RecordReport:
        """Doing it again for the same moment changes nothing; what is older than a pair's newest score tells nobody.

        Of pairs in `running`, their candles that have not ended count as they stand (see `ScoreCandles`).
        """
        found, skipped = [], []
        for instrument, timeframes in pairs:
            try:
                found.append(self.score(instrument, timeframes, at, running.get(instrument)))
            except ConfigError as error:  # nothing had closed by then, or nothing short enough
                skipped.append(str(error))
        with self.alerts.step() as step:
            told = self._tell(step, {one.instrument: one for one in step.store(found)})
        return RecordReport(tuple(found), tuple(skipped), told)

    def _tell(self, step: ScoreStep, scores: Mapping[Instrument, PairScore]) -> int:
        changed: list[ScoreSubscription] = []
        to: defaultdict[str, list[ScoreSubscription]] = defaultdict(list)
        alerts: dict[str, ScoreAlert] = {}
        tuned = cache(lambda instrument: self._tuned(scores[instrument]))
        for subscription in step.subscriptions(scores):
            pair = subscription.instrument
            thresholds = tuned(pair) if subscription.threshold is None else NO_THRESHOLDS
            after, reached = subscription.after(scores[pair], thresholds)
            if after != subscription:
                changed.append(after)
            for alert in reached:
                alerts[alert.key] = alert
                to[alert.key].append(subscription)
        step.keep(changed)
        return sum(
            step.tell(Content(NoticeKind.SCORE, key, alert.score.at, alert.details), to[key])
            for key, alert in alerts.items()
        )

    def _tuned(self, score: PairScore) -> Thresholds:
        """Those that were tuned on exactly the timeframes of a score, if any survived."""
        frames = tuple(sorted(score.timeframes, key=lambda one: one.order))
        known = self.thresholds.history(score.instrument, frames, score.at)
        return (known[-1].bull, known[-1].bear) if known and known[-1].survives else NO_THRESHOLDS
