"""The compiled loops of candle ranks. Importing this module loads numba (see `compiling`).

Order statistics come from a Fenwick tree (Fenwick, A New Data Structure for Cumulative Frequency Tables, Software:
Practice and Experience 24, 1994) over the places of the closed candles among all of them sorted: a candle is added when
it has closed, so that what came later has a place but does not count.
"""

import numpy as np
from numba import types
from numpy.typing import NDArray

from algo_trading.domain.bars import Floats
from algo_trading.indicators.compiling import (
    INTEGERS,
    OUT_INTEGERS,
    OUT_SERIES,
    OUT_TABLE,
    SERIES,
    compiled,
    inlined,
)

Integers = NDArray[np.int64]
Words = NDArray[np.uint64]
CLEAR = 1e-6  # of a whole number of candles: more than any rounding


@compiled(types.void(SERIES, SERIES, SERIES, SERIES, INTEGERS, OUT_TABLE))
def running_metrics(  # noqa: PLR0917 - compiled functions take arrays by position
    opens: Floats, highs: Floats, lows: Floats, closes: Floats, candle: Integers, out: Floats
) -> None:
    """Write the metrics (rows: domain/scores.py) of the candle that each bar belongs to, as it stood at its close."""
    first, highest, lowest = 0.0, 0.0, 0.0
    for i in range(len(candle)):
        if i == 0 or candle[i] != candle[i - 1]:
            first, highest, lowest = opens[i], highs[i], lows[i]
        else:
            highest, lowest = max(highest, highs[i]), min(lowest, lows[i])
        out[0, i] = 100.0 * (closes[i] / first - 1.0)
        out[1, i] = 100.0 * (highest / lowest - 1.0)
        out[2, i] = 100.0 * (highest / first - 1.0)
        out[3, i] = 100.0 * (lowest / first - 1.0)


@inlined
def _above(ordered: Floats, value: float) -> int:
    """Place of the first of `ordered` that is greater than `value`."""
    low, high = 0, len(ordered)
    while low < high:
        middle = (low + high) >> 1
        if ordered[middle] > value:
            high = middle
        else:
            low = middle + 1
    return low


@inlined
def _count(tree: Integers, place: int) -> int:
    """How many of those before `place` count."""
    total = 0
    while place > 0:
        total += tree[place]
        place &= place - 1
    return total


@inlined
def _change(tree: Integers, place: int, by: int) -> None:
    place += 1
    while place < len(tree):
        tree[place] += by
        place += place & -place


@compiled(types.void(SERIES, INTEGERS, SERIES, INTEGERS, INTEGERS, OUT_SERIES))
def rank_history(  # noqa: PLR0917
    ordered: Floats, places: Integers, values: Floats, candle: Integers, oldest: Integers, out: Floats
) -> None:
    """Write the rank of each value among the closed candles oldest[i] .. candle[i] - 1; great values have small ranks.

    `ordered` are the values of all candles, ascending, and `places` where each of them is. `candle` is that of each
    value, `oldest` the first one it is compared with; both ascend. NaN for a NaN and where there is no closed candle.
    """
    tree = np.zeros(len(places) + 1, dtype=np.int64)
    low, high = 0, 0  # those that count
    for i in range(len(values)):
        while high < candle[i]:
            _change(tree, places[high], 1)
            high += 1
        while low < oldest[i] and low < high:
            _change(tree, places[low], -1)
            low += 1
        closed = high - low
        if closed == 0 or np.isnan(values[i]):
            out[i] = np.nan
            continue
        greater = closed - _count(tree, _above(ordered, values[i]))
        out[i] = 100.0 * min(greater + 1, closed) / closed


@compiled(types.void(SERIES, SERIES, SERIES, INTEGERS, OUT_SERIES, OUT_SERIES, OUT_SERIES))
def candle_reaches(  # noqa: PLR0917
    opens: Floats, highs: Floats, lows: Floats, candle: Integers, first: Floats, up: Floats, down: Floats
) -> None:
    """Write the open of each candle, and how far it rose and fell, in per cent and both as numbers to be great."""
    n, i = len(candle), 0
    for k in range(len(first)):
        first[k], highest, lowest = opens[i], highs[i], lows[i]
        i += 1
        while i < n and candle[i] == k:
            highest, lowest = max(highest, highs[i]), min(lowest, lows[i])
            i += 1
        up[k] = 100.0 * (highest / first[k] - 1.0)
        down[k] = -(100.0 * (lowest / first[k] - 1.0))


@inlined
def _next_counted(words: Words, place: int) -> int:
    """The first counted place after `place`; there is one."""
    place += 1
    word = words[place >> 6] >> np.uint64(place & 63)
    while word == 0:
        place = (place | 63) + 1
        word = words[place >> 6]
    while not word & np.uint64(1):
        word >>= np.uint64(1)
        place += 1
    return place


@inlined
def _counted_before(words: Words, place: int) -> int:
    """The last counted place before `place`; there is one."""
    place -= 1
    word = words[place >> 6] << np.uint64(63 - (place & 63))
    while word == 0:
        place = (place & ~63) - 1
        word = words[place >> 6]
    while not word >> np.uint64(63):
        word <<= np.uint64(1)
        place -= 1
    return place


@inlined
def _follow(words: Words, wanted: int, cut: int, above: int) -> tuple[int, int]:
    """Move `cut`, which has `above` counted places above it, to the counted place with wanted - 1 above it."""
    while above >= wanted:
        cut = _next_counted(words, cut)
        above -= 1
    counts = (words[cut >> 6] >> np.uint64(cut & 63)) & np.uint64(1) == 1
    while above < wanted - 1 or not counts:
        if counts:
            above += 1
        cut, counts = _counted_before(words, cut), True
    return cut, above


@inlined
def _counted(words: Words, place: int, cuts: Integers, above: Integers, by: int) -> None:
    """Let a place count (by 1) or not any more (by -1)."""
    words[place >> 6] ^= np.uint64(1) << np.uint64(place & 63)
    for k in range(len(cuts)):
        if place > cuts[k]:
            above[k] += by


@inlined
def _wanted(wanted: int, closed: int, bound: float) -> int:
    """How many of `closed` values have ranks up to `bound`, where nearly as many had before."""
    share = 0.01 * bound * closed
    if share - 1.0 + CLEAR < wanted < share - CLEAR:
        return wanted  # as before, and no division that would be needed to tell
    wanted = min(wanted, closed)
    while wanted < closed and 100.0 * (wanted + 1) / closed <= bound:
        wanted += 1
    while wanted > 0 and 100.0 * wanted / closed > bound:
        wanted -= 1
    return wanted


@inlined
def _points(value: float, least: Floats, points: Integers) -> int:
    if value >= 0.0 and value >= least[-1]:  # the last is the least of them
        for k in range(len(least)):
            if value >= least[k]:
                return int(points[k])
    return 0


@compiled(
    types.void(SERIES, INTEGERS, SERIES, SERIES, types.float64, INTEGERS, INTEGERS, SERIES, INTEGERS, OUT_INTEGERS)
)
def add_points(  # noqa: PLR0917
    ordered: Floats,
    places: Integers,
    first: Floats,
    closes: Floats,
    sign: float,
    candle: Integers,
    oldest: Integers,
    bounds: Floats,
    points: Integers,
    score: Integers,
) -> None:
    """Add the points of the rank that each close's change has among the closed candles, as `rank_history` ranks it.

    `first` are the opens of the candles. The value from which a rank is within a bound is the m-th greatest of those
    that count; it is followed from candle to candle, so a close costs a comparison for each bound.
    """
    words = np.zeros((len(places) >> 6) + 2, dtype=np.uint64)  # a bit for each place: whether it counts
    cuts, above = np.full(len(bounds), len(places)), np.zeros(len(bounds), dtype=np.int64)
    wanted, least = np.zeros(len(bounds), dtype=np.int64), np.full(len(bounds), np.inf)
    low, high, was_low, was_high = 0, 0, 0, 0
    for i in range(len(closes)):
        while high < candle[i]:
            _counted(words, places[high], cuts, above, 1)
            high += 1
        while low < oldest[i] and low < high:
            _counted(words, places[low], cuts, above, -1)
            low += 1
        if (low, high) != (was_low, was_high):
            was_low, was_high = low, high
            for k in range(len(bounds)):
                wanted[k] = _wanted(wanted[k], high - low, bounds[k])
                least[k] = np.inf
                if wanted[k]:
                    cuts[k], above[k] = _follow(words, wanted[k], cuts[k], above[k])
                    # The rank of one that went less far than all is 100, too.
                    least[k] = ordered[cuts[k]] if wanted[k] < high - low else -np.inf
        score[i] += _points(sign * (100.0 * (closes[i] / first[candle[i]] - 1.0)), least, points)
