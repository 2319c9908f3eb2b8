"""Live agrees with backtest: every stored signal is derived again from the bars that are stored now."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields

import numpy as np

from algo_trading.domain.bars import Bars
from algo_trading.domain.instrument import Instrument, Interval
from algo_trading.domain.signal import Signal, StrategyId
from algo_trading.errors import ConfigError, DisagreementError
from algo_trading.repositories.bars import BarRepository, CorporateActionRepository, split_by_instrument
from algo_trading.repositories.signals import SignalRepository
from algo_trading.services.evaluate import decide_last
from algo_trading.strategies.base import Strategy
from algo_trading.strategies.registry import build_strategy

REVISED = "inputs revised since"
CLOSE_ENOUGH = 1e-9  # processors differ in the last digits of a confidence


@dataclass(frozen=True, slots=True)
class Difference:
    """A stored signal and what its bars say now, None where they say nothing; `why` is empty for a mismatch."""

    stored: Signal
    derived: Signal | None
    why: str

    def __str__(self) -> str:
        said = f"{self.stored.session} {self.stored.instrument} {self.stored.strategy}: stored {_words(self.stored)}"
        return f"{said}, derived {_words(self.derived)}" + (f" ({self.why})" if self.why else "")


@dataclass(frozen=True)
class VerifyReport:
    """`checked` signals, of which `agreed` say the same again; `revised` counts those whose inputs are not the same.

    `mismatches` have the same inputs and another outcome, or none; `explained` differ because of what `why` says.
    """

    checked: int = 0
    agreed: int = 0
    revised: int = 0
    mismatches: tuple[Difference, ...] = ()
    explained: tuple[Difference, ...] = ()

    def __add__(self, other: "VerifyReport") -> "VerifyReport":
        return VerifyReport(*(getattr(self, field.name) + getattr(other, field.name) for field in fields(self)))


@dataclass(frozen=True)
class VerifyLive:
    """Derive stored signals again, each from the bars and actions up to its session, as the live evaluation does."""

    bars: BarRepository
    actions: CorporateActionRepository
    signals: SignalRepository

    def __call__(
        self,
        instruments: Sequence[Instrument] | None = None,
        progress: Callable[[Instrument], None] = lambda _done: None,
    ) -> VerifyReport:
        """Check every signal about `instruments` (None: about all); `progress` hears which one is done.

        Side, confidence, size and close are compared; the wording of a reason may change with the program.
        """
        report = VerifyReport()
        for instrument in self.signals.instruments() if instruments is None else instruments:
            report += self._of(instrument)
            progress(instrument)
        return report

    def _of(self, instrument: Instrument) -> VerifyReport:
        stored = self.signals.of_instrument(instrument)
        if not stored:
            return VerifyReport()
        series = split_by_instrument(self.bars.read([instrument], Interval.DAY, None, None), Interval.DAY)
        bars = series.get(instrument)
        actions = self.actions.read([instrument], stored[-1].session)
        strategies = {name: _strategy(name) for name in {signal.strategy for signal in stored}}
        report = VerifyReport()
        for signal in stored:
            strategy = strategies[signal.strategy]
            seen = None if bars is None else _until(bars, signal)
            if isinstance(strategy, str):
                report += VerifyReport(checked=1, explained=(Difference(signal, None, strategy),))
            elif seen is None:
                why = f"{REVISED}: there is no bar of the session"
                report += VerifyReport(checked=1, revised=1, explained=(Difference(signal, None, why),))
            else:
                report += _compared(signal, decide_last(strategy, seen, actions))
        return report


def agreed(report: VerifyReport) -> VerifyReport:
    """The report, if it has no mismatch.

    Raises:
        DisagreementError: it has; the first ones are named.
    """
    if report.mismatches:
        named = "; ".join(str(difference) for difference in report.mismatches[:3])
        raise DisagreementError(
            f"{len(report.mismatches)} of {report.checked} stored signals are not what their bars lead to: {named}; "
            "`backtest verify-live` lists them all"
        )
    return report


def _compared(stored: Signal, derived: Signal) -> VerifyReport:
    revised = stored.inputs_hash != derived.inputs_hash
    same = stored.side is derived.side and all(
        abs(getattr(stored, name) - getattr(derived, name)) <= CLOSE_ENOUGH * max(1.0, abs(getattr(stored, name)))
        for name in ("confidence", "size", "close")
    )
    if same:
        return VerifyReport(checked=1, agreed=1, revised=int(revised))
    difference = Difference(stored, derived, REVISED if revised else "")
    if revised:
        return VerifyReport(checked=1, revised=1, explained=(difference,))
    return VerifyReport(checked=1, mismatches=(difference,))


def _until(bars: Bars, signal: Signal) -> Bars | None:
    """The bars up to the signal's session, None if that session has none."""
    end = int(np.searchsorted(bars.sessions, np.datetime64(signal.session, "D"), side="right"))
    return bars[:end] if end and bars.session(end - 1) == signal.session else None


def _strategy(wanted: StrategyId) -> Strategy | str:
    """The strategy that decided, or why there is none any more."""
    try:
        return build_strategy(wanted.name, json.loads(wanted.params))
    except ConfigError as error:
        return f"cannot be derived: {error}"


def _words(signal: Signal | None) -> str:
    if signal is None:
        return "nothing"
    return f"{signal.side} at {signal.close:g} with confidence {signal.confidence:.3f} and size {signal.size:g}"
