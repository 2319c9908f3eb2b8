"""Fills must not know later prices: those after a fill are changed, and that fill and all before it must stay.

A fill at an open is asked with the high, low, close and volume of its own bar changed too, and without its text.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import zip_longest
from math import isclose

import numpy as np

from algo_trading.domain.bars import Bars
from back_testing.analysis.lookahead_cuts import SAME
from back_testing.engine.trade import ExitReason, Trade

FACTORS = (0.7, 1.4)
INTRABAR = {ExitReason.STOP_LOSS, ExitReason.TRAILING_STOP, ExitReason.TAKE_PROFIT, ExitReason.RUIN}
NO_FILL = {ExitReason.END_OF_DATA, ExitReason.OPEN, ExitReason.DELISTED, ExitReason.MERGED}


@dataclass(frozen=True, slots=True)
class Fill:
    """An entry or exit: the bar it was filled in, whether at its open, and what was filled."""

    index: int
    at_open: bool
    kind: str
    price: float
    size: float


def fills_of(bars: Bars, trades: Sequence[Trade]) -> list[Fill]:
    """Every fill of `trades` on `bars` in the order of time. The closing at the end of the data is none."""
    entries = _places(bars, [trade.entry_time for trade in trades])
    exits = _places(bars, [trade.exit_time or trade.entry_time for trade in trades])
    fills = []
    for trade, entry, left in zip(trades, entries, exits, strict=True):
        kind = f"{trade.side} entry"
        fills.append(Fill(entry, at_open=True, kind=kind, price=trade.entry_price, size=trade.size))
        if trade.exit_time is not None and trade.reason not in NO_FILL:
            at_open = trade.reason not in INTRABAR
            kind = f"{trade.side} exit ({trade.reason})"
            fills.append(Fill(left, at_open, kind, trade.exit_price, trade.size))
    return sorted(fills, key=lambda fill: (fill.index, not fill.at_open))


def _places(bars: Bars, times: Sequence[datetime]) -> list[int]:
    """The numbers of the bars that open at `times`."""
    moments = np.array([time.astimezone(UTC).replace(tzinfo=None) for time in times], dtype="datetime64[us]")
    found: list[int] = np.searchsorted(bars.opened_at, moments).tolist()
    return found


def moved_fill(bars: Bars, fill: Fill, filled: Sequence[Fill], fills_on: Callable[[Bars], list[Fill]]) -> str:
    """What became of the first fill up to `fill` that is another one once later bars are; empty where none is."""
    for factor in FACTORS:
        if sentence := _moved(bars, fill, filled, fills_on(_with_later_bars(bars, fill, factor))):
            return sentence
    return ""


def _moved(bars: Bars, fill: Fill, before: Sequence[Fill], after: Sequence[Fill]) -> str:
    def known(fills: Sequence[Fill]) -> list[Fill]:
        return [f for f in fills if f.index < fill.index or (f.index == fill.index and (f.at_open or not fill.at_open))]

    for old, new in zip_longest(known(before), known(after)):
        if not _same_fill(old, new):
            return (
                f"{_named(bars, old)} becomes {_named(bars, new)} when only what comes after the "
                f"{'open' if fill.at_open else 'bar'} of {bars.session(fill.index)} changes"
            )
    return ""


def _with_later_bars(bars: Bars, fill: Fill, factor: float) -> Bars:
    """Every price and volume after `fill` is another one, and no text is known; whether a bar has volume stays."""
    wobble = factor * (1 + 0.05 * np.sin(np.arange(len(bars)) * 1.7))
    start = fill.index + 1
    columns = {name: getattr(bars, name).copy() for name in ("open", "high", "low", "close", "volume")}
    for values in columns.values():
        values[start:] *= wobble[start:]
    if fill.at_open:
        at = fill.index
        columns["close"][at] *= factor
        columns["volume"][at] *= factor**8  # a volume that is compared with others: by far less or far more
        columns["high"][at] = 1.01 * max(columns["open"][at], columns["close"][at])
        columns["low"][at] = 0.99 * min(columns["open"][at], columns["close"][at])
    features = {name: values.copy() for name, values in bars.features.items()}
    for values in features.values():
        values[fill.index if fill.at_open else start :] = np.nan
    return replace(bars, **columns, features=features)


def _same_fill(one: Fill | None, other: Fill | None) -> bool:
    if one is None or other is None:
        return one is other
    return (
        (one.index, one.at_open, one.kind) == (other.index, other.at_open, other.kind)
        and isclose(one.price, other.price, rel_tol=SAME)
        and isclose(one.size, other.size, rel_tol=SAME)
    )


def _named(bars: Bars, fill: Fill | None) -> str:
    if fill is None:
        return "no fill"
    return f"the {fill.kind} of {bars.session(fill.index)} at {fill.price:.4f} (size {fill.size:g})"
