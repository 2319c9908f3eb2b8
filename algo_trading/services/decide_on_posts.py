"""Strategies that are driven by posts decide: one signal for each active pair and post."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import cache, partial

import numpy as np

from algo_trading.calendars import market_calendar
from algo_trading.domain.bars import Bars
from algo_trading.domain.corporate_actions import CorporateAction
from algo_trading.domain.features import TEXT_FEATURES, with_mention
from algo_trading.domain.instrument import Instrument, Interval
from algo_trading.domain.post import Mention
from algo_trading.domain.signal import Signal
from algo_trading.domain.times import array_time
from algo_trading.repositories.bars import BarRepository, CorporateActionRepository, split_by_instrument
from algo_trading.repositories.clock import Clock
from algo_trading.repositories.signals import SessionLog, SignalRepository, Stage
from algo_trading.services.evaluate import EvaluateReport, decide_last
from algo_trading.services.features import JoinFeatures
from algo_trading.strategies.active import ActivePair
from algo_trading.strategies.base import Strategy

PUBLISHED = timedelta(hours=1)  # after the close, when the bars of a session are expected to be stored


@dataclass(frozen=True)
class DecideOnPosts:
    """Ask every active strategy that is driven by posts about each mention of its instruments, once."""

    bars: BarRepository
    actions: CorporateActionRepository
    join: JoinFeatures
    signals: SignalRepository
    sessions: SessionLog
    pairs: Sequence[ActivePair]
    clock: Clock

    def __call__(
        self, until: datetime | None = None, progress: Callable[[int], None] = lambda _done: None
    ) -> EvaluateReport:
        """Decide on mentions available by `until` (None: now) that have no signal yet.

        A decision rests on that post alone, on the sessions that had closed a while before it (PUBLISHED) and on the
        figures known by then, so it is the same whenever this runs. A mention is skipped and named while the bars of
        the last of these sessions are not there. Mentions that became available before the first stored bar of their
        instrument was (PUBLISHED) are not asked for; earlier bars that are loaded later bring them in.
        `progress` hears how many were looked at.
        """
        until = until or self.clock.now()
        undecided = self._undecided(until)
        if not undecided:
            return EvaluateReport(0, 0, ())
        series = self._series({mention.instrument for _, mention in undecided}, until)
        is_ingested = cache(partial(self.sessions.reached, stage=Stage.INGESTED))
        known: dict[tuple[Strategy, Instrument], Bars] = {}
        decided, skipped, waiting = [], [], Counter[date]()
        for done, (strategy, mention) in enumerate(undecided, start=1):
            bars, actions = series.get(mention.instrument, (None, []))
            last, venue = _rests_on(mention), mention.instrument.venue
            # A session without a bar is one that was ingested.
            ready = (bars is not None and np.datetime64(last, "D") in bars.sessions) or is_ingested(venue, last)
            signal = None
            if bars and ready:
                asked = (strategy, mention.instrument)
                known[asked] = known.get(asked) or with_figures(self.join, strategy, bars)
                signal = decide_on_post(strategy, known[asked], actions, mention)
            if signal:
                decided.append(signal)
            else:
                skipped.append(f"{strategy.name} {mention.instrument} {mention.post}")
                waiting.update([] if ready else [last])
            progress(done)
        return EvaluateReport(len(decided), self.signals.add(decided), tuple(skipped), dict(sorted(waiting.items())))

    def _undecided(self, until: datetime) -> list[tuple[Strategy, Mention]]:
        pairs = [pair for pair in self.pairs if pair.strategy.on_posts]
        first = self.bars.first_closes(sorted({pair.instrument for pair in pairs}), Interval.DAY) if pairs else {}
        driven: dict[Strategy, dict[Instrument, datetime | None]] = {}
        for strategy, instrument in ((pair.strategy, pair.instrument) for pair in pairs):
            known_at = first[instrument] + PUBLISHED if instrument in first else None
            driven.setdefault(strategy, {})[instrument] = known_at
        return [
            (strategy, mention)
            for strategy, since in driven.items()
            for mention in self.join.mentions.undecided(strategy.id, since, until)
        ]

    def _series(
        self, instruments: set[Instrument], until: datetime
    ) -> dict[Instrument, tuple[Bars, list[CorporateAction]]]:
        wanted, last = sorted(instruments), until.date()
        series = split_by_instrument(self.bars.read(wanted, Interval.DAY, None, last), Interval.DAY)
        actions = self.actions.read(wanted, last)
        return {
            instrument: (bars, [action for action in actions if action.instrument == instrument])
            for instrument, bars in series.items()
        }


def _rests_on(mention: Mention) -> date:
    """The last session whose bars count for it."""
    return market_calendar(mention.instrument.venue).newest_closed(mention.available_at - PUBLISHED).date


def with_figures(join: JoinFeatures, strategy: Strategy, bars: Bars) -> Bars:
    """`bars` with what the strategy needs to know that no post tells.

    Raises:
        ConfigError: there is no such feature.
    """
    return join(bars, [name for name in strategy.features if name not in TEXT_FEATURES])


def decide_on_post(
    strategy: Strategy, bars: Bars, actions: Sequence[CorporateAction], mention: Mention
) -> Signal | None:
    """The signal of `strategy` on one mention; None if no bar was published when its post became available.

    `bars` are as traded, begin with the first stored one and have the figures that the strategy needs; later ones are
    not looked at.
    """
    seen = int(np.searchsorted(bars.closed_at, array_time(mention.available_at - PUBLISHED), side="right"))
    if not seen:
        return None
    known = with_mention(bars[:seen], mention)
    signal = decide_last(strategy, known, [action for action in actions if action.ex_date <= known.session(-1)])
    return replace(signal, post=str(mention.post), available_at=mention.available_at)
