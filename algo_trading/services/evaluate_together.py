"""Strategies that weigh instruments against each other decide: one signal for each series of a watchlist and period."""

import hashlib
import logging
import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from algo_trading.domain.bars import Bars
from algo_trading.domain.corporate_actions import CorporateAction, actions_by_instrument, adjusted
from algo_trading.domain.instrument import Instrument, Series
from algo_trading.domain.signal import Side, Signal, StrategyId
from algo_trading.domain.strategy_failure import StrategyFailure
from algo_trading.domain.time import Period, array_time, moment_of
from algo_trading.domain.watchlist import Assignment
from algo_trading.repositories.bars import BarRepository, CorporateActionRepository, split_by_series
from algo_trading.services.inputs_hash import inputs_hash
from algo_trading.strategies.cross_section import CrossSection, decide_all
from algo_trading.strategies.registry import Strategies

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Section:
    """A strategy with the series that it weighs, all of one watchlist and interval, and those it is asked about now."""

    strategy: CrossSection
    weighed: tuple[Series, ...]
    wanted: frozenset[Series]


@dataclass
class SectionSignals:
    """What was decided, what could not be for want of a bar, and where a strategy raised which error."""

    decided: list[Signal] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)
    failed: list[StrategyFailure] = field(default_factory=list)


def evaluate_sections(
    bars: BarRepository, actions: CorporateActionRepository, sections: Sequence[Section], periods: Sequence[Period]
) -> SectionSignals:
    """Ask strategies about what they weigh, as of the close of each of consecutive periods.

    What is weighed is what has a bar of the period: one without gets no signal, and the others are weighed without it.
    """
    made = SectionSignals()
    for section in sections:
        strategy, last = section.strategy, periods[-1]
        count = strategy.memory
        table = (
            bars.read(section.weighed, None, last.opened_at)
            if count is None
            else bars.read_last(section.weighed, last.opened_at, count + len(periods) - 1)
        )
        found = split_by_series(table)
        known = actions_by_instrument(actions.read(sorted({s.instrument for s in section.weighed}), last.date))
        for period in periods:
            parts = {one: part for one, own in found.items() if (part := bars_up_to(own, period)) is not None}
            made.skipped += [f"{strategy.name} {one}" for one in sorted(section.wanted - parts.keys())]
            try:
                signals = decide_section(strategy, parts, known)
            except Exception as error:  # the code is anybody's
                log.exception("%s failed in %s", strategy.name, period.key)
                said = f"{type(error).__name__}: {error}"
                made.failed += [
                    StrategyFailure(strategy.id, one, period.opened_at, period.opened_at, said)
                    for one in sorted(section.wanted & parts.keys())
                ]
                continue
            made.decided += [signal for one, signal in signals.items() if one in section.wanted]
    return made


def decide_section(
    strategy: CrossSection, parts: Mapping[Series, Bars], actions: Mapping[Instrument, Sequence[CorporateAction]]
) -> dict[Series, Signal]:
    """The signals of a strategy about the last bars of some series, which are of one period and as traded.

    They rest on as many bars of each as the strategy remembers, and the `inputs_hash` of each covers those of all.
    """
    count = strategy.memory
    order = sorted(parts)
    bars = [parts[one] if count is None else parts[one][-count:] for one in order]
    own = [actions.get(one.instrument, ()) for one in order]
    seen = [adjusted(part, known) for part, known in zip(bars, own, strict=True)]
    digest = hashlib.sha256()
    for part, known in zip(bars, own, strict=True):
        due = [action for action in known if action.ex_date > part.session(0)]
        digest.update(f"{part.series} {part.instrument.venue} {inputs_hash(part, due)};".encode())
    covers = f"{digest.hexdigest()}" if count is None else f"{count}:{digest.hexdigest()}"
    signals = {}
    for which, (one, decisions) in enumerate(zip(order, decide_all(strategy, seen), strict=True)):
        side = decisions.side(-1)
        shares = float(decisions.shares[-1]) if decisions.shares is not None and side is Side.BUY else math.nan
        signals[one] = Signal(
            strategy=strategy.id,
            series=one,
            opened_at=moment_of(bars[which].opened_at[-1]),
            side=side,
            confidence=float(decisions.confidence[-1]),
            size=float(decisions.size[-1]),
            close=float(bars[which].close[-1]),
            reason=strategy.explain_together(seen, which, -1),
            inputs_hash=covers,
            shares=shares if math.isfinite(shares) else None,
        )
    return signals


def sections_of(assignments: Sequence[Assignment], series: Collection[Series], build: Strategies) -> list[Section]:
    """The strategies assigned to any of `series` that weigh instruments against each other, with what they weigh.

    That is what the same strategy is assigned to in the same watchlist and interval, for whichever account.
    """
    wanted = set(series)
    groups: dict[tuple[StrategyId, str, str], set[Series]] = {}
    for one in assignments:
        if isinstance(build(one.strategy), CrossSection):
            groups.setdefault((one.strategy, one.watchlist, one.series.interval), set()).add(one.series)
    sections = []
    for (name, _, _), group in sorted(groups.items()):
        strategy = build(name)
        if isinstance(strategy, CrossSection) and group & wanted:
            sections.append(Section(strategy, tuple(sorted(group)), frozenset(group & wanted)))
    return sections


def bars_up_to(bars: Bars, period: Period, count: int | None = None) -> Bars | None:
    """The last `count` of `bars` (None: all) up to `period`; None where it has no bar."""
    end = int(np.searchsorted(bars.opened_at, array_time(period.opened_at), side="right"))
    if end == 0 or bars.opened_at[end - 1] != array_time(period.opened_at):
        return None
    return bars[0 if count is None else max(0, end - count) : end]
