"""Strategies decide: one signal for each strategy, series and period."""

import logging
import math
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

import pyarrow.compute as pc

from algo_trading.domain.bars import Bars
from algo_trading.domain.corporate_actions import CorporateAction, actions_by_instrument, adjusted
from algo_trading.domain.features import TEXT_FEATURES
from algo_trading.domain.instrument import Instrument, Series
from algo_trading.domain.signal import Side, Signal, StrategyId
from algo_trading.domain.strategy_failure import StrategyFailure
from algo_trading.domain.time import Period, moment_of
from algo_trading.domain.watchlist import Assignment
from algo_trading.repositories.bars import BarRepository, CorporateActionRepository, split_by_series
from algo_trading.repositories.signals import SignalRepository
from algo_trading.repositories.strategy_failures import StrategyFailureRepository
from algo_trading.repositories.watchlists import AssignmentRepository
from algo_trading.services.evaluate_together import bars_up_to, evaluate_sections, sections_of
from algo_trading.services.features import JoinFeatures
from algo_trading.services.inputs_hash import inputs_hash
from algo_trading.strategies.base import Strategy
from algo_trading.strategies.cross_section import CrossSection
from algo_trading.strategies.registry import Strategies

BATCH = 250  # series whose bars are in memory at once
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class EvaluateReport:
    """Signals of a period: `decided` are all of them, `new` those that were not stored before.

    `skipped` names where nothing could be decided for want of a bar, `failed` where a strategy raised which error;
    `waiting` counts what waits for the bars of which period.
    """

    decided: int
    new: int
    skipped: tuple[str, ...]
    waiting: Mapping[str, int] = field(default_factory=dict)
    failed: tuple[str, ...] = ()


@dataclass(frozen=True)
class EvaluateStrategies:
    """Ask every assigned strategy about its series, as of the close of one period.

    Strategies that decide at single posts are not asked; those that weigh instruments against each other are asked
    about all that they weigh (`evaluate_together`).
    """

    bars: BarRepository
    actions: CorporateActionRepository
    join: JoinFeatures
    signals: SignalRepository
    assignments: AssignmentRepository
    strategies: Strategies
    failures: StrategyFailureRepository | None = None  # where it is kept that one failed; research keeps nothing

    def __call__(self, period: Period, series: Sequence[Series]) -> EvaluateReport:
        """Decide for the strategies that are assigned to `series`; one without a bar of `period` is skipped and named.

        A strategy that raises an error fails for that series and period alone: nobody else's signals wait for it.

        Only bars and actions up to `period`, and text and figures that were there at its close, are read, so the
        decisions are the same whenever this runs. Of the bars no more are read than the strategies remember.
        """
        return self.over([period], series)

    def over(self, periods: Sequence[Period], series: Sequence[Series]) -> EvaluateReport:
        """The same decisions as for one period after the other, of consecutive ones; their bars are read once."""
        assignments = self.assignments.all()
        asked = strategies_by_series(assignments, series, self.strategies)
        sections = sections_of(assignments, series, self.strategies)
        together = evaluate_sections(self.bars, self.actions, sections, periods)
        decided, skipped, failed = together.decided, together.skipped, together.failed
        alike: defaultdict[int | None, list[Series]] = defaultdict(list)
        for one, strategies in asked.items():
            alike[_memory(strategies)].append(one)
        for count, several in alike.items():
            for first in range(0, len(several), BATCH):
                batch = {one: asked[one] for one in several[first : first + BATCH]}
                failed += self._decide(periods, batch, count, decided, skipped)
        new, sentences = self.signals.add(decided), tuple(f"{_name(one)}: {one.error}" for one in failed)
        if self.failures is not None:
            last = periods[-1].opened_at
            well = {(signal.strategy, signal.series) for signal in decided if signal.opened_at == last}
            self.failures.record(streaks(failed, well, last), well, last)
        return EvaluateReport(len(decided), new, tuple(skipped), failed=sentences)

    def _decide(
        self,
        periods: Sequence[Period],
        asked: Mapping[Series, list[Strategy]],
        count: int | None,
        decided: list[Signal],
        skipped: list[str],
    ) -> list[StrategyFailure]:
        """Decide on the last `count` bars (None: all) of some series in each period; returns what failed."""
        failed: list[StrategyFailure] = []
        watched, last = sorted(asked), periods[-1]
        table = (
            self.bars.read(watched, None, last.opened_at)
            if count is None
            else self.bars.read_last(watched, last.opened_at, count + len(periods) - 1)
        )
        since = pc.min(table["opened_at"]).as_py()
        actions = actions_by_instrument(
            self.actions.read(instruments_of(watched), last.date, since.date()) if since else ()
        )
        found = split_by_series(table)
        for one, strategies in asked.items():
            # Once for all strategies: reading what was written about an instrument takes longer than deciding on it.
            features = sorted({name for strategy in strategies for name in strategy.needs})
            bars = found.get(one)
            for period in periods:
                part = None if bars is None else bars_up_to(bars, period, count)
                if part is None:
                    skipped += [f"{strategy.name} {one}" for strategy in strategies]
                    continue
                # The first bar of a part of history is there to tell what was written before the next one.
                known = self.join(part, features, moment_of(part.closed_at[0]) if len(part) == count else None)
                for strategy in strategies:
                    try:
                        decided.append(decide_last(strategy, known, actions[one.instrument]))
                    except Exception as error:  # the code is anybody's
                        log.exception("%s failed on %s in %s", strategy.name, one, period.key)
                        said = f"{type(error).__name__}: {error}"
                        failed.append(StrategyFailure(strategy.id, one, period.opened_at, period.opened_at, said))
        return failed


def streaks(
    failed: Sequence[StrategyFailure], well: Collection[tuple[StrategyId, Series]], last: datetime
) -> list[StrategyFailure]:
    """One for each strategy and series, from its first failure to its last; over where `last` went `well`."""
    found: dict[tuple[StrategyId, Series], StrategyFailure] = {}
    for one in failed:
        key = (one.strategy, one.series)
        over = last if key in well else None
        found[key] = replace(found.get(key, one), newest=one.newest, error=one.error, over=over)
    return list(found.values())


def _name(failure: StrategyFailure) -> str:
    return f"{failure.strategy.name} {failure.series}"


def _memory(strategies: Sequence[Strategy]) -> int | None:
    """Bars to read for the strategies of a series; one more than they remember.

    Text from before the first bar read counts as that bar's, which is right for the first stored one alone.
    """
    counts = [strategy.memory for strategy in strategies]
    return None if None in counts else 1 + max(count for count in counts if count is not None)


def strategies_by_series(
    assignments: Sequence[Assignment], series: Collection[Series], build: Strategies, *, on_posts: bool = False
) -> dict[Series, list[Strategy]]:
    """The strategies assigned to each of `series`, once each; those that decide on single posts or the others.

    Those that weigh instruments against each other are `evaluate_together.sections_of` them.
    """
    wanted, asked = set(series), dict[Series, dict[StrategyId, Strategy]]()
    for assignment in assignments:
        if assignment.series in wanted:
            strategy = build(assignment.strategy)
            if strategy.on_posts is on_posts and not isinstance(strategy, CrossSection):
                asked.setdefault(assignment.series, {})[assignment.strategy] = strategy
    return {one: list(strategies.values()) for one, strategies in asked.items()}


def instruments_of(series: Sequence[Series]) -> list[Instrument]:
    """The instruments of several series, sorted, once each."""
    return sorted({one.instrument for one in series})


def needs_text(assignments: Sequence[Assignment], build: Strategies) -> bool:
    """Whether any assigned strategy needs to know what was written."""
    return any(set(build(assignment.strategy).needs) & set(TEXT_FEATURES) for assignment in assignments)


def decide_last(strategy: Strategy, bars: Bars, actions: Sequence[CorporateAction], like: str | None = None) -> Signal:
    """The signal of `strategy` at the last of `bars`, which are as traded and have the features that it needs.

    It rests on as many bars as the strategy remembers, or as the `inputs_hash` of a stored signal says (`like`). They
    are at the end of `bars`, or all of these if they are fewer.

    An `inputs_hash` is the number of bars and the digest of what was decided on (`inputs_hash()`), parted by a colon;
    without a number it covers every bar from the first stored one on.
    """
    count = strategy.memory if like is None else _bars_covered(like)
    bars = bars if count is None else bars[-count:]
    digest = inputs_hash(bars, actions if count is None else _within(bars, actions), strategy.needs)
    seen = adjusted(bars, actions)
    decisions = strategy.decide(seen)
    side = decisions.side(-1)
    shares = float(decisions.shares[-1]) if decisions.shares is not None and side is Side.BUY else math.nan
    return Signal(
        strategy=strategy.id,
        series=bars.series,
        opened_at=moment_of(bars.opened_at[-1]),
        side=side,
        confidence=float(decisions.confidence[-1]),
        size=float(decisions.size[-1]),
        close=float(bars.close[-1]),
        reason=strategy.explain(seen, -1),
        inputs_hash=digest if count is None else f"{len(bars)}:{digest}",
        shares=shares if math.isfinite(shares) else None,
    )


def _bars_covered(like: str) -> int | None:
    count, colon, _ = like.partition(":")
    return int(count) if colon else None


def _within(bars: Bars, actions: Sequence[CorporateAction]) -> list[CorporateAction]:
    """The actions that adjust a bar: those after the first one."""
    return [action for action in actions if action.ex_date > bars.session(0)]
