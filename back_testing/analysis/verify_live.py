"""Live agrees with backtest: every stored signal is derived again from the bars and the text that are stored now."""

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import timedelta
from functools import partial
from typing import NamedTuple

import numpy as np

from algo_trading.domain.bars import Bars
from algo_trading.domain.corporate_actions import ActionKind, CorporateAction
from algo_trading.domain.instrument import Series
from algo_trading.domain.post import Mention
from algo_trading.domain.signal import Signal, StrategyId
from algo_trading.domain.time import array_time
from algo_trading.errors import ConfigError, DisagreementError
from algo_trading.repositories.bars import ActionVersion, BarRepository, CorporateActionRepository, split_by_series
from algo_trading.repositories.signals import SignalRepository
from algo_trading.services.decide_on_posts import decide_on_post, with_figures
from algo_trading.services.evaluate import decide_last
from algo_trading.services.features import JoinFeatures
from algo_trading.strategies.base import Strategy
from algo_trading.strategies.cross_section import CrossSection
from algo_trading.strategies.registry import build_strategy
from back_testing.analysis.derive_together import DeriveTogether
from back_testing.engine.suggestions import did_you_mean, shortened

REVISED = "inputs revised since"
RESOLUTION = timedelta(microseconds=1)
CLOSE_ENOUGH = 1e-9  # processors differ in the last digits of a confidence


@dataclass(frozen=True, slots=True)
class Difference:
    """A stored signal and what its bars say now, None where they say nothing; `why` is empty for a mismatch."""

    stored: Signal
    derived: Signal | None
    why: str

    def __str__(self) -> str:
        said = f"{self.stored.period} {self.stored.series} {self.stored.strategy}: stored {_words(self.stored)}"
        return f"{said}, derived {_words(self.derived)}" + (f" ({self.why})" if self.why else "")


@dataclass(frozen=True)
class VerifyReport:
    """`checked` signals, of which `agreed` say the same again; `revised` counts those whose inputs are not the same.

    `mismatches` have the same inputs and another outcome, or none; `explained` differ because of what `why` says.
    `notes` say where what followed from signals live is not what a backtest makes of them.
    """

    checked: int = 0
    agreed: int = 0
    revised: int = 0
    mismatches: tuple[Difference, ...] = ()
    explained: tuple[Difference, ...] = ()
    notes: tuple[str, ...] = ()

    def __add__(self, other: "VerifyReport") -> "VerifyReport":
        return VerifyReport(*(getattr(self, field.name) + getattr(other, field.name) for field in fields(self)))


@dataclass(frozen=True)
class VerifyLive:
    """Derive stored signals again, as they were decided live.

    Each from the bars and actions up to its period and the text and figures of that time, or from its post. Where the
    actions of now give other inputs, those that were known before are tried: they must give the stored signal, and what
    was revised since is named.
    """

    bars: BarRepository
    actions: CorporateActionRepository
    join: JoinFeatures
    signals: SignalRepository

    def __call__(
        self,
        series: Sequence[Series] | None = None,
        progress: Callable[[Series], None] = lambda _done: None,
        strategies: Collection[str] = (),
    ) -> VerifyReport:
        """Check every signal about `instruments` (None: about all); `progress` receives which one is done.

        Only those of the strategies with these names, of all where none is given.

        Side, confidence, size, shares and close are compared; the wording of a reason may change with the program.
        """
        report, together = VerifyReport(), DeriveTogether(self.bars, self.actions, self.signals)
        for one in self.signals.series() if series is None else series:
            report += self._of(one, strategies, together)
            progress(one)
        return report

    def _of(self, series: Series, names: Collection[str], together: DeriveTogether) -> VerifyReport:
        found = self.signals.of_series(series)
        stored = [signal for signal in found if not names or signal.strategy.name in names]
        if not stored:
            return VerifyReport()
        bars = split_by_series(self.bars.read([series], None, None)).get(series)
        versions = self.actions.versions([series.instrument])
        strategies = {name: _strategy(name) for name in {signal.strategy for signal in stored}}
        mentions = self._mentions(stored)
        report = VerifyReport(notes=_merger_notes(versions))
        for signal in stored:
            strategy = strategies[signal.strategy]
            seen = None if bars is None else _until(bars, signal)
            if isinstance(strategy, str):
                report += VerifyReport(checked=1, explained=(Difference(signal, None, strategy),))
                continue
            if isinstance(strategy, CrossSection):
                report += _derived_together(signal, together(strategy, signal))
                continue
            known = _known(versions, signal)
            derive = partial(self._derived, strategy, signal, seen, mentions)
            derived = derive(known[0].actions)
            if isinstance(derived, Signal):
                report += _traced(signal, derived, known[1:], derive)
            else:
                revised = int(derived.startswith(REVISED))
                report += VerifyReport(checked=1, revised=revised, explained=(Difference(signal, None, derived),))
        return report

    def _mentions(self, stored: Sequence[Signal]) -> dict[str, Mention]:
        """The mentions that signals rest on, by their posts."""
        moments = [signal.available_at for signal in stored if signal.post and signal.available_at]
        if not moments:
            return {}
        found = self.join.mentions.of_instruments([stored[0].instrument], None, max(moments))
        return {str(mention.post): mention for mention in found}

    def _derived(
        self,
        strategy: Strategy,
        signal: Signal,
        seen: Bars | None,
        mentions: Mapping[str, Mention],
        actions: Sequence[CorporateAction],
    ) -> Signal | str:
        """What the strategy says now, or why that cannot be asked."""
        if seen is None:
            return f"{REVISED}: there is no bar of the period"
        if not signal.post:
            return decide_last(strategy, self.join(seen, strategy.needs), actions, signal.inputs_hash)
        if signal.post not in mentions:
            return f"{REVISED}: the post {signal.post} does not mention it any more"
        figures, mention = with_figures(self.join, strategy, seen), mentions[signal.post]
        derived = decide_on_post(strategy, figures, actions, mention, signal.inputs_hash)
        return derived or f"{REVISED}: the post {signal.post} came before the first bar"


def require_signals(signals: SignalRepository, series: Sequence[Series], strategies: Collection[str] = ()) -> None:
    """Raise ConfigError unless there is a signal about each of `series`, and one of any of `strategies`.

    No series stand for all, and so do no strategies.
    """
    known = signals.series()
    for one in series:
        if one not in known:
            names = [str(other) for other in known if other.venue == one.venue]
            raise ConfigError(
                f"no signal about {one} ({one.venue}) is stored{did_you_mean(str(one), names)}; "
                f"there are signals about: {shortened(str(other) for other in known)}"
            )
    decided = {s.strategy.name for one in series or known for s in signals.of_series(one)} if strategies else ()
    if strategies and not {*decided} & {*strategies}:
        about = f" about {shortened(str(one) for one in series)}" if series else ""
        raise ConfigError(
            f"no signal of {shortened(strategies)}{about} is stored; there are signals of: {shortened(decided)}"
        )


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


def _merger_notes(versions: Sequence[ActionVersion]) -> tuple[str, ...]:
    known = (one.action for one in versions if one.withdrawn_at is None and one.action.kind is ActionKind.MERGED)
    return tuple(
        f"{one.instrument} was merged into {one.target} on {one.ex_date}: an account that held it goes on with its "
        f"shares of {one.target}, a backtest closes the position at that open"
        for one in sorted(known)
    )


class _Known(NamedTuple):
    """The actions that were known at some time, and what has been revised since."""

    actions: Sequence[CorporateAction]
    revisions: Sequence[str] = ()


def _known(versions: Sequence[ActionVersion], signal: Signal) -> list[_Known]:
    """What was known of the actions up to a signal's period: now first, and then going back in time."""
    relevant = [version for version in versions if version.action.ex_date <= signal.opened_at.date()]
    now = [version for version in relevant if version.withdrawn_at is None]
    found = [_Known([version.action for version in now])]
    for moment in sorted({at for one in relevant for at in (one.seen_at, one.withdrawn_at) if at is not None})[::-1]:
        then = [version for version in relevant if version.holds(moment - RESOLUTION)]
        revisions = [
            *(f"the {one.action} was seen at {one.seen_at:%Y-%m-%d %H:%M:%S}" for one in now if one not in then),
            *(
                f"the {one.action} holds no longer since {one.withdrawn_at:%Y-%m-%d %H:%M:%S}"
                for one in then
                if one.withdrawn_at is not None
            ),
        ]
        actions = [version.action for version in then]
        if actions != found[-1].actions:
            found.append(_Known(actions, revisions))
    return found


def _traced(
    stored: Signal,
    derived: Signal,
    before: Sequence[_Known],
    derive: Callable[[Sequence[CorporateAction]], Signal | str],
) -> VerifyReport:
    """Compare with what follows now and, where the inputs are not the same, from the actions that were known before."""
    if stored.inputs_hash != derived.inputs_hash:
        for known in before:
            again = derive(known.actions)
            if isinstance(again, Signal) and again.inputs_hash == stored.inputs_hash:
                revised = f"{REVISED}: {'; '.join(known.revisions)}"
                return _compared(stored, derived, revised) if _same(stored, again) else _compared(stored, again)
    return _compared(stored, derived)


def _derived_together(stored: Signal, derived: Signal | None) -> VerifyReport:
    if derived is not None:
        return _compared(stored, derived)
    difference = Difference(stored, None, f"{REVISED}: there is no bar of the period")
    return VerifyReport(checked=1, revised=1, explained=(difference,))


def _same(stored: Signal, derived: Signal) -> bool:
    same = stored.side is derived.side and all(
        abs(getattr(stored, name) - getattr(derived, name)) <= CLOSE_ENOUGH * max(1.0, abs(getattr(stored, name)))
        for name in ("confidence", "size", "close")
    )
    return same and _same_shares(stored.shares, derived.shares)


def _compared(stored: Signal, derived: Signal, why: str = REVISED) -> VerifyReport:
    """`why` is said where the inputs are not the same."""
    revised = stored.inputs_hash != derived.inputs_hash
    if _same(stored, derived):
        return VerifyReport(checked=1, agreed=1, revised=int(revised))
    difference = Difference(stored, derived, why if revised else "")
    if revised:
        return VerifyReport(checked=1, revised=1, explained=(difference,))
    return VerifyReport(checked=1, mismatches=(difference,))


def _same_shares(stored: float | None, derived: float | None) -> bool:
    if stored is None or derived is None:
        return stored is derived
    return abs(stored - derived) <= CLOSE_ENOUGH * max(1.0, abs(stored))


def _until(bars: Bars, signal: Signal) -> Bars | None:
    """The bars up to the signal's period, None if that has none."""
    opened_at = array_time(signal.opened_at)
    end = int(np.searchsorted(bars.opened_at, opened_at, side="right"))
    return bars[:end] if end and bars.opened_at[end - 1] == opened_at else None


def _strategy(wanted: StrategyId) -> Strategy | str:
    """The strategy that decided, or why there is none any more."""
    try:
        return build_strategy(wanted.name, json.loads(wanted.params))
    except ConfigError as error:
        return f"cannot be derived: {error}"


def _words(signal: Signal | None) -> str:
    if signal is None:
        return "nothing"
    shares = "" if signal.shares is None else f", {signal.shares:g} shares"
    return f"{signal.side} at {signal.close:g} with confidence {signal.confidence:.3f} and size {signal.size:g}{shares}"
