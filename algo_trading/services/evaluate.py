"""Strategies decide: one signal for each active pair and session."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from algo_trading.domain.bars import COLUMNS, Bars
from algo_trading.domain.corporate_actions import CorporateAction, adjusted
from algo_trading.domain.instrument import Instrument, Interval
from algo_trading.domain.signal import Signal
from algo_trading.repositories.bars import BarRepository, CorporateActionRepository, split_by_instrument
from algo_trading.repositories.signals import SignalRepository
from algo_trading.strategies.active import ActivePair
from algo_trading.strategies.base import Strategy


@dataclass(frozen=True)
class EvaluateReport:
    """Signals of a session: `decided` are all of them, `new` those that were not stored before."""

    decided: int
    new: int
    skipped: tuple[str, ...]


@dataclass(frozen=True)
class EvaluateStrategies:
    """Ask every active strategy about its instruments, as of the close of one session."""

    bars: BarRepository
    actions: CorporateActionRepository
    signals: SignalRepository
    pairs: Sequence[ActivePair]

    def __call__(self, session: date, instruments: Sequence[Instrument]) -> EvaluateReport:
        """Decide for the active pairs of `instruments`. A pair without a bar of `session` is skipped and named.

        Only bars and actions up to `session` are read, so the signals are the same whenever this runs. A stored signal
        is never rewritten.
        """
        wanted = set(instruments)
        pairs = [pair for pair in self.pairs if pair.instrument in wanted]
        watched = sorted({pair.instrument for pair in pairs})
        if not watched:
            return EvaluateReport(0, 0, ())
        series = split_by_instrument(self.bars.read(watched, Interval.DAY, None, session), Interval.DAY)
        actions = self.actions.read(watched, session)
        decided, skipped = [], []
        for pair in pairs:
            bars = series.get(pair.instrument)
            if bars is None or bars.session(-1) != session:
                skipped.append(f"{pair.strategy.name} {pair.instrument}")
                continue
            own = [action for action in actions if action.instrument == pair.instrument]
            decided.append(decide_last(pair.strategy, bars, own))
        return EvaluateReport(len(decided), self.signals.add(decided), tuple(skipped))


def decide_last(strategy: Strategy, bars: Bars, actions: Sequence[CorporateAction]) -> Signal:
    """The signal of `strategy` at the last of `bars`, which are as traded and begin with the first stored one."""
    seen = adjusted(bars, actions)
    decisions = strategy.decide(seen)
    return Signal(
        strategy=strategy.id,
        instrument=bars.instrument,
        interval=bars.interval,
        session=bars.session(-1),
        side=decisions.side(-1),
        confidence=float(decisions.confidence[-1]),
        size=float(decisions.size[-1]),
        close=float(bars.close[-1]),
        reason=strategy.explain(seen, -1),
        inputs_hash=inputs_hash(bars, actions),
    )


def inputs_hash(bars: Bars, actions: Sequence[CorporateAction]) -> str:
    """SHA-256 over the bars as traded and the actions up to the last one, in hexadecimal."""
    digest = hashlib.sha256()
    digest.update(bars.sessions.astype(np.int64).tobytes())
    for name in COLUMNS:
        digest.update(np.ascontiguousarray(getattr(bars, name), dtype="<f8").tobytes())
    for action in sorted(action for action in actions if action.ex_date <= bars.session(-1)):
        digest.update(f"{action.ex_date} {action.kind} {action.value!r};".encode())
    return digest.hexdigest()
