"""The ends of instruments: what becomes of positions in what is delisted, merged, or has no bars any more."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from algo_trading.domain.bars import Bars, Floats, Times
from algo_trading.domain.corporate_actions import ActionKind, CorporateAction
from algo_trading.domain.instrument import Instrument
from back_testing.engine.gaps import LONGEST_CLOSURE, LONGEST_OUTAGE
from back_testing.engine.metrics import never_closes
from back_testing.engine.trade import ExitReason

NEVER = -1.0  # as the bar of an end


@dataclass(frozen=True, slots=True)
class End:
    """What is held of an instrument at the open of a date is closed at `price` a share, free of costs, as live.

    `reason` is DELISTED or MERGED; of a merger the price is the worth then of what a share became. `after` is the
    session of the last bar before: bars that are cut off earlier do not reach the end.
    """

    instrument: Instrument
    day: date
    price: float
    reason: ExitReason
    after: date
    into: str = ""

    def reached(self, bars: Bars) -> bool:
        """Whether bars that somebody trades on begin before the end and go on to it."""
        return bool(len(bars)) and bars.session(0) < self.day and bars.session(-1) >= self.after

    def __str__(self) -> str:
        became = f"merged into {self.into}" if self.reason is ExitReason.MERGED else "delisted"
        worth = f"closed at {self.price:g} a share" if self.price else "written off"
        return f"{self.instrument} was {became} on {self.day}: what was held of it then is {worth}"


def ends_of(
    series: Iterable[Bars],
    actions: Iterable[CorporateAction],
    opening: Callable[[Instrument, date], float | None],
) -> tuple[End, ...]:
    """The ends among the actions of some series (prices as traded on their last days).

    `opening` says at which price an instrument opened on a date or next after it. What was merged into an instrument
    without such a price has no end here: it stays at its last close.
    """
    found = []
    bars_of = {bars.instrument: bars for bars in series}
    for action in sorted(actions):
        bars = bars_of.get(action.instrument)
        if bars is None or not action.kind.ends:
            continue
        before = int(np.searchsorted(bars.sessions, np.datetime64(action.ex_date, "D")))
        if not before:
            continue
        price, reason = action.value, ExitReason.DELISTED
        if action.kind is ActionKind.MERGED:
            opened = opening(Instrument(action.target, action.instrument.venue), action.ex_date)
            if opened is None:
                continue
            price, reason = action.value * opened, ExitReason.MERGED
        after = bars.session(before - 1)
        found.append(End(action.instrument, action.ex_date, price, reason, after, action.target))
    return tuple({end.instrument: end for end in reversed(found)}.values())  # of several the first one


def ends_table(series: Sequence[Bars], times: Times, ends: Sequence[End]) -> Floats:
    """For each series the bar (of all `times`) before whose open it ends, the price of a share, the reason's number.

    Of shape (series, 3). The bar is NEVER where there is no end, and the number of bars where none comes after it.
    """
    reasons = list(ExitReason)
    table = np.full((len(series), 3), NEVER)
    for row, bars in enumerate(series):
        for end in ends:
            if end.instrument == bars.instrument and end.reached(bars):
                bar = np.searchsorted(times, np.datetime64(end.day, "us"))
                table[row] = float(bar), end.price, float(reasons.index(end.reason))
    return table


def end_notes(series: Sequence[Bars], times: Times, ends: Sequence[End]) -> tuple[str, ...]:
    """A sentence on each instrument that ended, or whose bars end long before those of the others."""
    notes: list[str] = []
    for bars in series:
        known = [end for end in ends if end.instrument == bars.instrument and end.reached(bars)]
        limit = LONGEST_OUTAGE if never_closes(bars.instrument.venue) else LONGEST_CLOSURE
        if known:
            notes += map(str, known)
        elif (times[-1] - bars.opened_at[-1]) / np.timedelta64(1, "D") > limit:
            symbol = bars.instrument.symbol
            notes.append(
                f"{symbol} has no bars after {bars.session(-1)} and nothing tells why: what is held of it cannot be "
                "sold, keeps its last close, and its trade ends at that bar; `algo-trading action add "
                f"{symbol} delisted DATE PRICE` tells what a share was worth"
            )
    return tuple(notes)
