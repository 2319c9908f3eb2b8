"""Prices quoted in another unit than their neighbours: pence for pounds, cents for dollars.

A source that mixes units is wrong by a factor of 100 (of 1000 for fils), times whatever the market really did
meanwhile. Factors from 70 on count: a fall of 30 % may hide in one of 100. Below lie splits of 1:50 and real jumps of
some hundred per cent; above nothing real but a split, which an action explains, and another security under the same
symbol, which is not wanted either.
"""

from collections import Counter, deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import log10
from statistics import median

import numpy as np
from numpy.typing import NDArray

from algo_trading.domain.bars import Floats, Times

FAR = log10(70)
SUSPICIOUS = log10(10)  # a move between two bars from which on it is worth looking at a series at all
NEIGHBOURS = 5  # closes whose median a bar is compared with
RUN = 5  # newest bars in one unit that tell the unit of a series nothing is stored of
APART = np.timedelta64(31, "D")  # bars farther apart are no neighbours


@dataclass(frozen=True, eq=False)
class Closes:
    """Closes of many series, as decimal logarithms, sorted by `series` (a number for each instrument) and `session`.

    `stored` marks bars that passed the gate before, `traded` bars with a volume. `splits` is taken off to
    get closes per share of today (0 where no split is known). All arrays have the same length.
    """

    series: NDArray[np.integer]
    session: Times
    close: Floats
    stored: NDArray[np.bool_]
    traded: NDArray[np.bool_]
    splits: Floats


def off_unit(closes: Closes) -> NDArray[np.bool_]:
    """Which closes are FAR too high or too low against their neighbours, with no split to explain it.

    The nearest stored bars tell the right unit; without any the newest run of RUN bars in one unit does (a source that
    changes units is right about today); in a shorter series the majority does. Where units are even, all are held back.
    Bars that nobody traded tell nothing, unless there are no others: a stale quote must not condemn a real price.
    """
    jump = np.zeros(len(closes.close), dtype=bool)
    for block in _suspicious_blocks(closes):
        stored = closes.stored[block]
        # Prices should be as traded, but may be adjusted for splits already: the reading with fewer changes counts.
        readings = (closes.close[block] - closes.splits[block], closes.close[block])
        units = min((_units(reading.tolist()) for reading in readings), key=_changes)
        telling = closes.traded[block] if closes.traded[block].any() else np.ones(len(units), dtype=bool)
        jump[block] = _off(units, (stored & telling).tolist(), telling.tolist()) & ~stored
    return jump


def off_unit_within(prices: Sequence[Floats], close: Floats) -> NDArray[np.bool_]:
    """Which bars hold a price FAR above or below their own close (all as decimal logarithms)."""
    off: NDArray[np.bool_] = np.logical_or.reduce([np.abs(price - close) >= FAR for price in prices])
    return off


def _suspicious_blocks(closes: Closes) -> Iterator[slice]:
    """Stretches of one series without a long gap in which at least one move is huge."""
    if len(closes.close) < 2:
        return
    apart = (np.diff(closes.series) != 0) | (np.diff(closes.session) > APART)
    huge = ~apart & (np.abs(np.diff(closes.close)) >= SUSPICIOUS)
    starts = np.concatenate(([0], np.flatnonzero(apart) + 1))
    ends = np.concatenate((starts[1:], [len(closes.close)]))
    blocks = np.unique(np.searchsorted(starts, np.flatnonzero(huge), side="right") - 1)
    for block in blocks.tolist():
        yield slice(int(starts[block]), int(ends[block]))


def _off(units: list[int], stored: list[bool], telling: list[bool]) -> NDArray[np.bool_]:
    if any(stored):
        before = _last_stored(units, stored)
        after = _last_stored(units[::-1], stored[::-1])[::-1]
        return np.array([unit not in known for unit, *known in zip(units, before, after, strict=True)])
    clear = [unit for unit, tells in zip(units, telling, strict=True) if tells]
    right = _newest_run(clear)
    if right is None:
        (most, count), *others = Counter(clear).most_common()
        right = None if others and others[0][1] == count else most
    return np.array([unit != right for unit in units])


def _last_stored(units: list[int], stored: list[bool]) -> list[int | None]:
    last: int | None = None
    return [last := unit if is_stored else last for unit, is_stored in zip(units, stored, strict=True)]


def _units(closes: list[float]) -> list[int]:
    """The unit of each close as a power of ten relative to the first one's: 0, 2 (100 times higher), -2 ...

    A close is compared with the median of the closes before it, all brought to the first one's unit, so that a real
    move on the day when the unit comes back does not shift the units of everything after.
    """
    recent: deque[float] = deque([closes[0]], maxlen=NEIGHBOURS)
    units = [0]
    for previous, close in pairwise(closes):
        unit = units[-1]
        if abs(close - previous) >= SUSPICIOUS:
            move = close - median(recent)
            unit = round(move) if abs(move) >= FAR else 0
        units.append(unit)
        recent.append(close - unit)
    return units


def _changes(units: list[int]) -> int:
    return sum(before != after for before, after in pairwise(units))


def _newest_run(units: list[int]) -> int | None:
    length = 0
    for position in range(len(units) - 1, -1, -1):
        length = length + 1 if position + 1 < len(units) and units[position] == units[position + 1] else 1
        if length == RUN:
            return units[position]
    return None
