"""Strategies decide: one signal for each active pair and session."""

import hashlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

import numpy as np

from algo_trading.domain.bars import COLUMNS, Bars
from algo_trading.domain.corporate_actions import CorporateAction, adjusted
from algo_trading.domain.features import TEXT_FEATURES
from algo_trading.domain.instrument import Instrument, Interval
from algo_trading.domain.signal import Side, Signal
from algo_trading.repositories.bars import BarRepository, CorporateActionRepository, split_by_instrument
from algo_trading.repositories.signals import SignalRepository
from algo_trading.services.features import JoinFeatures
from algo_trading.strategies.active import ActivePair
from algo_trading.strategies.base import Strategy


@dataclass(frozen=True)
class EvaluateReport:
    """Signals of a session: `decided` are all of them, `new` those that were not stored before.

    `skipped` names where nothing could be decided; `waiting` counts what of it waits for the bars of which session.
    """

    decided: int
    new: int
    skipped: tuple[str, ...]
    waiting: Mapping[date, int] = field(default_factory=dict)


@dataclass(frozen=True)
class EvaluateStrategies:
    """Ask every active strategy about its instruments, as of the close of one session.

    Strategies that decide at single posts are not asked.
    """

    bars: BarRepository
    actions: CorporateActionRepository
    join: JoinFeatures
    signals: SignalRepository
    pairs: Sequence[ActivePair]

    def __call__(self, session: date, instruments: Sequence[Instrument]) -> EvaluateReport:
        """Decide for the active pairs of `instruments`. A pair without a bar of `session` is skipped and named.

        Only bars and actions up to `session`, and text and figures that were there at its close, are read, so the
        signals are the same whenever this runs. A stored signal is never rewritten.

        Raises:
            ConfigError: a strategy needs a feature that there is not.
        """
        wanted = set(instruments)
        asked: dict[Instrument, list[Strategy]] = {}
        for pair in self.pairs:
            if pair.instrument in wanted and not pair.strategy.on_posts:
                asked.setdefault(pair.instrument, []).append(pair.strategy)
        watched = sorted(asked)
        if not watched:
            return EvaluateReport(0, 0, ())
        series = split_by_instrument(self.bars.read(watched, Interval.DAY, None, session), Interval.DAY)
        actions = self.actions.read(watched, session)
        decided, skipped = [], []
        for instrument, strategies in asked.items():
            bars = series.get(instrument)
            if bars is None or bars.session(-1) != session:
                skipped += [f"{strategy.name} {instrument}" for strategy in strategies]
                continue
            own = [action for action in actions if action.instrument == instrument]
            # Once for all strategies: reading what was written about an instrument takes longer than deciding on it.
            known = self.join(bars, sorted({name for strategy in strategies for name in strategy.features}))
            decided += [decide_last(strategy, known, own) for strategy in strategies]
        return EvaluateReport(len(decided), self.signals.add(decided), tuple(skipped))


def needs_text(pairs: Sequence[ActivePair]) -> bool:
    """Whether any strategy needs to know what was written."""
    return any(set(pair.strategy.features) & set(TEXT_FEATURES) for pair in pairs)


def decide_last(strategy: Strategy, bars: Bars, actions: Sequence[CorporateAction]) -> Signal:
    """The signal of `strategy` at the last of `bars`, which are as traded and begin with the first stored one.

    They have the features that the strategy needs.
    """
    seen = adjusted(bars, actions)
    decisions = strategy.decide(seen)
    side = decisions.side(-1)
    shares = float(decisions.shares[-1]) if decisions.shares is not None and side is Side.BUY else math.nan
    return Signal(
        strategy=strategy.id,
        instrument=bars.instrument,
        interval=bars.interval,
        session=bars.session(-1),
        side=side,
        confidence=float(decisions.confidence[-1]),
        size=float(decisions.size[-1]),
        close=float(bars.close[-1]),
        reason=strategy.explain(seen, -1),
        inputs_hash=inputs_hash(bars, actions, strategy.features),
        shares=shares if math.isfinite(shares) else None,
    )


def inputs_hash(bars: Bars, actions: Sequence[CorporateAction], features: Sequence[str] = ()) -> str:
    """SHA-256 over the bars as traded, the actions up to the last one and these features of the bars, in hexadecimal.

    Without features it is that of bars and actions alone.
    """
    digest = hashlib.sha256()
    digest.update(bars.sessions.astype(np.int64).tobytes())
    for name in COLUMNS:
        digest.update(np.ascontiguousarray(getattr(bars, name), dtype="<f8").tobytes())
    for action in sorted(action for action in actions if action.ex_date <= bars.session(-1)):
        digest.update(f"{action.ex_date} {action.kind} {action.value!r};".encode())
    for name in features:
        digest.update(f"{name};".encode())
        digest.update(np.ascontiguousarray(bars.features[name], dtype="<f8").tobytes())
    return digest.hexdigest()
