"""Cutting the future off: what a strategy says of the bars before must stay the same.

The questions are asked in a process of their own, shortest series first over all symbols, so that nothing that a
strategy keeps between calls can know what comes later. What it keeps shows when the short series are asked about again
at the end.
"""

import pickle
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field, replace
from multiprocessing import get_context

import numpy as np

from algo_trading.domain.bars import COLUMNS, Bars
from algo_trading.errors import ConfigError
from algo_trading.strategies.base import Decisions, Strategy
from algo_trading.strategies.cross_section import CrossSection, decide_one, explain_one, known_at

SAME = 1e-9  # relative: rounding may depend on where an array ends
ASKED_AGAIN = 40  # cuts of each symbol


@dataclass(frozen=True)
class Questions:
    """What a strategy decided about each series as a whole, and how many bars to keep when it is asked again.

    `join` gives bars whose future was cut off the features that were known by their last close.
    """

    strategy: Strategy
    series: tuple[Bars, ...]
    whole: tuple[Decisions, ...]
    cuts: tuple[Sequence[int], ...]
    join: Callable[[Bars], Bars]


@dataclass
class Answers:
    """What changed about one symbol, as sentences: in answers to the first questions, and when asked again."""

    changed: list[str] = field(default_factory=list)
    remembered: list[str] = field(default_factory=list)


def ask_in_fresh_process(questions: Questions) -> list[Answers]:
    """As `ask`, in a process that never saw the series as a whole.

    Raises:
        ConfigError: the strategy cannot be handed to another process.
    """
    try:
        packed = pickle.dumps(questions)
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
            return pool.submit(ask_packed, packed).result()
    except (pickle.PickleError, AttributeError, BrokenProcessPool) as error:
        raise ConfigError(
            f"{questions.strategy.name} cannot be asked in a process of its own ({error}); put its class at the top of "
            "an importable module"
        ) from error


def ask_packed(questions: bytes) -> list[Answers]:
    """As `ask`, of questions that another process pickled."""
    return ask(pickle.loads(questions))  # noqa: S301 - by `ask_in_fresh_process`


def ask(questions: Questions) -> list[Answers]:
    """The answers about each series, in order."""
    strategy, answers = questions.strategy, [Answers() for _ in questions.series]
    every = [(k, cut) for k, cuts in enumerate(questions.cuts) for cut in cuts]
    every.sort(key=lambda place: (questions.series[place[0]].closed_at[place[1] - 1], place))
    reasons = {}
    for k, cut in every:
        known = _known(questions, k, cut)
        answers[k].changed += _differences(questions, k, known[k], decide_one(strategy, known, k))
        reasons[k, cut] = explain_one(strategy, known, k, -1)
    for k, (bars, whole) in enumerate(zip(questions.series, questions.whole, strict=True)):
        again = decide_one(strategy, questions.series, k)
        if next(_changes(bars, again, whole, len(bars)), ""):
            answers[k].remembered.append("it decides differently about the same bars when it is asked again")
        for cut in questions.cuts[k]:
            if explain_one(strategy, questions.series, k, cut - 1) != reasons[k, cut]:
                sentence = f"the reason at {bars.session(cut - 1)} is another one {_without(bars, cut)}"
                answers[k].changed.append(sentence)
    for k, cuts in enumerate(questions.cuts):
        for cut in [cuts[at] for at in spread_out(len(cuts), ASKED_AGAIN)]:
            known = _known(questions, k, cut)
            found = next(_differences(questions, k, known[k], decide_one(strategy, known, k)), "")
            if found and found not in answers[k].changed:
                answers[k].remembered.append(f"after it has seen all bars: {found}")
    return answers


def _known(questions: Questions, k: int, cut: int) -> list[Bars]:
    """The series, with what had closed by the bar number `cut` of one of them; of the others only where they count."""
    if not isinstance(questions.strategy, CrossSection):
        return [questions.join(_copy(b[:cut])) if other == k else b[:0] for other, b in enumerate(questions.series)]
    return [questions.join(_copy(bars)) for bars in known_at(questions.series, k, cut)]


def spread_out(n: int, most: int) -> list[int]:
    """At most `most` of n positions, evenly spread."""
    places: list[int] = np.unique(np.linspace(0, n - 1, min(n, most), dtype=np.int64)).tolist()
    return places


def _copy(bars: Bars) -> Bars:
    """The same bars in arrays of their own: a view leads to the array that it is a part of."""
    copies = {name: getattr(bars, name).copy() for name in (*COLUMNS, "opened_at", "closed_at")}
    return replace(bars, **copies, features={name: values.copy() for name, values in bars.features.items()})


def _differences(questions: Questions, k: int, known: Bars, seen: Decisions) -> Iterator[str]:
    bars, cut = questions.series[k], len(known)
    for name in questions.strategy.needs:
        then, now = known.features[name], bars.features[name][:cut]
        if not np.array_equal(then, now, equal_nan=True):
            at = int(np.argmin((then == now) | (np.isnan(then) & np.isnan(now))))
            yield f"{name} at {bars.session(at)} is {now[at]}, and {then[at]} {_without(bars, cut)}"
    yield from _changes(bars, seen, questions.whole[k], cut)


def _changes(bars: Bars, seen: Decisions, whole: Decisions, cut: int) -> Iterator[str]:
    """Where decisions about the first `cut` bars are not those about the whole, one sentence for each column."""
    for name in ("entries", "exits", "confidence", "size", *(() if whole.shares is None else ("shares",))):
        then, now = getattr(seen, name), getattr(whole, name)[:cut]
        if then is None or len(then) != cut:
            yield f"{name} has {0 if then is None else len(then)} values for {cut} bars"
            continue
        if np.array_equal(then, now):
            continue
        same = np.isclose(then, now, rtol=SAME, atol=SAME, equal_nan=True)
        if not same.all():
            at = int(np.argmin(same))
            yield f"{name} at {bars.session(at)} is {now[at]}, and {then[at]} {_without(bars, cut)}"


def _without(bars: Bars, cut: int) -> str:
    return f"without the {len(bars) - cut} bars after {bars.session(cut - 1)}"
