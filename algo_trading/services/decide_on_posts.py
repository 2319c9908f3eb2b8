"""Strategies that are driven by posts decide: one signal for each assigned series and post."""

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache

import numpy as np

from algo_trading.calendars import Calendars
from algo_trading.domain.bars import Bars
from algo_trading.domain.corporate_actions import CorporateAction, actions_by_instrument
from algo_trading.domain.features import TEXT_FEATURES, with_mention
from algo_trading.domain.instrument import Series
from algo_trading.domain.post import Mention
from algo_trading.domain.signal import Signal
from algo_trading.domain.time import Period, array_time
from algo_trading.gateways.clock import Clock
from algo_trading.repositories.bars import BarRepository, CorporateActionRepository, split_by_series
from algo_trading.repositories.periods import PeriodLog, Stage
from algo_trading.repositories.signals import SignalRepository
from algo_trading.repositories.watchlists import AssignmentRepository
from algo_trading.services.evaluate import (
    EvaluateReport,
    decide_last,
    instruments_of,
    strategies_by_series,
)
from algo_trading.services.features import JoinFeatures
from algo_trading.strategies.base import Strategy
from algo_trading.strategies.registry import Strategies

PUBLISHED = timedelta(hours=1)  # after the close, when the bars of a daily period are expected to be stored
PUBLISHED_INTRADAY = timedelta(minutes=1)

Question = tuple[Strategy, Series, Mention]


@dataclass(frozen=True)
class DecideOnPosts:
    """Ask every assigned strategy that is driven by posts about each mention of its instruments, once a series."""

    bars: BarRepository
    actions: CorporateActionRepository
    join: JoinFeatures
    signals: SignalRepository
    periods: PeriodLog
    assignments: AssignmentRepository
    strategies: Strategies
    calendars: Calendars
    clock: Clock

    def __call__(
        self, until: datetime | None = None, progress: Callable[[int], None] = lambda _done: None
    ) -> EvaluateReport:
        """Decide on mentions available by `until` (None: now) that have no signal yet.

        A decision rests on that post alone, on the periods that had closed a while before it (`published_after`) and
        on the figures known by then, so it is the same whenever this runs. A mention is skipped and named while the
        bars of the last of these periods are not there. Mentions that became available before the first stored bar of
        their series was are not asked for; earlier bars that are loaded later bring them in.
        `progress` is given how many were looked at.
        """
        until = until or self.clock.now()
        undecided = self._undecided(until)
        if not undecided:
            return EvaluateReport(0, 0, ())
        known = self._series({series for _, series, _ in undecided}, until)
        accepted = cache(self._accepted)
        figures: dict[tuple[Strategy, Series], Bars] = {}
        decided, skipped, waiting = [], [], Counter[str]()
        for done, (strategy, series, mention) in enumerate(undecided, start=1):
            bars, actions = known.get(series, (None, []))
            last = self._rests_on(series, mention)
            # A period without a bar is one that was accepted.
            there = bars is not None and array_time(last.opened_at) in bars.opened_at
            ready = there or accepted(series, last.opened_at)
            signal = None
            if bars and ready:
                asked = (strategy, series)
                figures[asked] = figures.get(asked) or with_figures(self.join, strategy, bars)
                signal = decide_on_post(strategy, figures[asked], actions, mention)
            if signal:
                decided.append(signal)
            else:
                skipped.append(f"{strategy.name} {series} {mention.post}")
                waiting.update([] if ready else [last.key])
            progress(done)
        return EvaluateReport(len(decided), self.signals.add(decided), tuple(skipped), dict(sorted(waiting.items())))

    def _accepted(self, series: Series, opened_at: datetime) -> bool:
        watchlists = {one.watchlist for one in self.assignments.all() if one.series == series}
        return any(self.periods.reached(name, series.interval, opened_at, Stage.ACCEPTED) for name in watchlists)

    def _undecided(self, until: datetime) -> list[Question]:
        assignments = self.assignments.all()
        series = {one.series for one in assignments}
        driven = strategies_by_series(assignments, series, self.strategies, on_posts=True)
        first = self.bars.first_closes(sorted(driven)) if driven else {}
        series_of: dict[Strategy, list[Series]] = {}
        for one, strategies in driven.items():
            for strategy in strategies:
                series_of.setdefault(strategy, []).append(one)
        found: list[Question] = []
        for strategy, several in series_of.items():
            for interval in sorted({one.interval for one in several}, key=lambda interval: interval.order):
                own = {one.instrument: one for one in several if one.interval is interval}
                since = {
                    instrument: first[one] + published_after(one) if one in first else None
                    for instrument, one in own.items()
                }
                mentions = self.join.mentions.undecided(strategy.id, interval, since, until)
                found += [(strategy, own[mention.instrument], mention) for mention in mentions]
        return found

    def _series(
        self, wanted: Collection[Series], until: datetime
    ) -> Mapping[Series, tuple[Bars, list[CorporateAction]]]:
        asked = sorted(wanted)
        actions = actions_by_instrument(self.actions.read(instruments_of(asked), until.date()))
        table = split_by_series(self.bars.read(asked, None, until))
        return {series: (bars, actions[series.instrument]) for series, bars in table.items()}

    def _rests_on(self, series: Series, mention: Mention) -> Period:
        """The last period whose bar counts for it."""
        calendar = self.calendars(series.venue)
        return calendar.newest_closed(series.interval, mention.available_at - published_after(series))


def published_after(series: Series) -> timedelta:
    """How long after its close a bar counts as stored: decided earlier, a signal would rest on chance."""
    return PUBLISHED_INTRADAY if series.interval.intraday else PUBLISHED


def with_figures(join: JoinFeatures, strategy: Strategy, bars: Bars) -> Bars:
    """`bars` with what the strategy needs to know that no post tells.

    Raises:
        ConfigError: there is no such feature.
    """
    return join(bars, [name for name in strategy.needs if name not in TEXT_FEATURES])


def decide_on_post(
    strategy: Strategy, bars: Bars, actions: Sequence[CorporateAction], mention: Mention, like: str | None = None
) -> Signal | None:
    """The signal of `strategy` on one mention; None if no bar was published when its post became available.

    `bars` are as traded and have the figures that the strategy needs; later ones are not looked at. `like` is that of
    `decide_last`.
    """
    published = array_time(mention.available_at - published_after(bars.series))
    seen = int(np.searchsorted(bars.closed_at, published, side="right"))
    if not seen:
        return None
    known = with_mention(bars[:seen], mention)
    signal = decide_last(strategy, known, [action for action in actions if action.ex_date <= known.session(-1)], like)
    return replace(signal, post=str(mention.post), available_at=mention.available_at)
