"""Splits and dividends, and prices adjusted for them as of a session."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

import numpy as np

from algo_trading.domain.bars import Bars, Floats, Times
from algo_trading.domain.instrument import Instrument

PERSON = "person"  # the source of what a person says, which no other source overrules
NO_SPLIT = 1.0  # the ratio of a split that says that there was none: prices moved by as much as a split moves them


class ActionKind(StrEnum):
    """What happened on the ex-date."""

    SPLIT = "split"
    DIVIDEND = "dividend"
    DELISTED = "delisted"
    MERGED = "merged"
    RENAMED = "renamed"

    @property
    def noun(self) -> str:
        """What it is called."""
        nouns = {ActionKind.DELISTED: "delisting", ActionKind.MERGED: "merger", ActionKind.RENAMED: "new name"}
        return nouns.get(self, str(self))

    @property
    def ends(self) -> bool:
        """Whether nobody holds the instrument afterwards."""
        return self in {ActionKind.DELISTED, ActionKind.MERGED}


@dataclass(frozen=True, slots=True, order=True)
class CorporateAction:
    """A split (`value` = new shares for one old) or a dividend (`value` = cash per share held on the ex-date).

    Or the end of an instrument: it is delisted (`value` = cash per share, 0 where it is worth nothing), or merged
    (`value` = shares of `target` for one). What was held before the ex-date's open counts. A new name (`target`) ends
    nothing: it is not stored as an action, but as a name that the instrument had (`names.FormerName`).

    A split by NO_SPLIT changes nothing: it is the word of somebody who knows that a step in prices was none.
    """

    instrument: Instrument
    ex_date: date
    kind: ActionKind
    value: float
    target: str = ""

    @property
    def key(self) -> tuple[Instrument, date, ActionKind]:
        """What there is one of at a time; sources may change the others."""
        return self.instrument, self.ex_date, self.kind

    def __str__(self) -> str:
        after = f" into {self.target}" if self.target else ""
        return f"{self.kind.noun} of {self.instrument} on {self.ex_date} ({self.value:g}{after})"


def adjustment_factors(bars: Bars, actions: Iterable[CorporateAction]) -> tuple[Floats, Floats]:
    """`factors_of` the bars."""
    return factors_of(bars.sessions, bars.close, actions)


def factors_of(sessions: Times, closes: Floats, actions: Iterable[CorporateAction]) -> tuple[Floats, Floats]:
    """Factors of length n that make bars before each ex-date comparable with the last bar.

    `sessions` are the dates of the bars (datetime64[D], ascending), `closes` are as traded. Multiply prices by the
    first and volumes by the second. Only actions with an ex-date up to the last bar's session count, so the last bar's
    factors are 1 and nothing later can change them. A dividend's factor is 1 - dividend / previous close (CRSP's back
    adjustment), the previous close taken after the splits and less the dividends since then, a split of the same day
    included.
    """
    prices, volumes = np.ones(len(closes)), np.ones(len(closes))
    if not len(closes):
        return prices, volumes
    last: date = sessions[-1].item()
    left: dict[int, float] = {}  # of the close before a bar, after the actions between the two
    adjusting = (a for a in actions if a.ex_date <= last and a.kind in {ActionKind.SPLIT, ActionKind.DIVIDEND})
    due = sorted(adjusting, key=lambda a: (a.ex_date, a.kind is ActionKind.DIVIDEND))
    for action in due:
        before = int(np.searchsorted(sessions, np.datetime64(action.ex_date, "D")))
        if before == 0:
            continue
        if action.kind is ActionKind.SPLIT:
            left[before] = left.get(before, float(closes[before - 1])) / action.value
            prices[:before] /= action.value
            volumes[:before] *= action.value
        else:
            previous_close = left.get(before, float(closes[before - 1]))
            if 0 < action.value < previous_close:
                prices[:before] *= 1 - action.value / previous_close
                left[before] = previous_close - action.value
    return prices, volumes


def adjusted(bars: Bars, actions: Iterable[CorporateAction]) -> Bars:
    """`bars` (as traded) with prices and volumes back-adjusted as of their last session.

    They are the same object where no action has an ex-date after the first one and up to the last.
    """
    if not len(bars):
        return bars
    first, last = bars.session(0), bars.session(-1)
    actions = [action for action in actions if first < action.ex_date <= last]
    if not actions:
        return bars
    prices, volumes = adjustment_factors(bars, actions)
    return replace(
        bars,
        open=bars.open * prices,
        high=bars.high * prices,
        low=bars.low * prices,
        close=bars.close * prices,
        volume=bars.volume * volumes,
    )


def actions_by_instrument(actions: Sequence[CorporateAction]) -> Mapping[Instrument, list[CorporateAction]]:
    """The actions of each instrument; none for one that is not there."""
    found: defaultdict[Instrument, list[CorporateAction]] = defaultdict(list)
    for action in actions:
        found[action.instrument].append(action)
    return found
