"""Going from one bar with a decision to the next, over eight bars at a time."""

import numpy as np
from numpy.typing import NDArray

from algo_trading.indicators.compiling import inlined
from algo_trading.strategies.base import Flags

Words = NDArray[np.uint64]


@inlined
def flagged(entries: Flags, exits: Flags) -> Words:
    """Bars with an entry or an exit, a byte each, eight to a word."""
    n = len(entries)
    marks = np.empty((n + 7) // 8 * 8, dtype=np.uint8)
    marks[n:] = 0
    for i in range(n):
        marks[i] = entries[i] | exits[i]
    return marks.view(np.uint64)


@inlined
def next_flag(marks: Words, first: int, end: int) -> int:
    """The first bar from `first` on that has a flag; `end` if there is none before."""
    i = first
    while i < end:
        word = marks[i >> 3] >> np.uint64((i & 7) * 8)  # the bar is its lowest byte
        if word:
            while not word & np.uint64(255):
                word >>= np.uint64(8)
                i += 1
            return min(i, end)
        i = (i | 7) + 1
    return end
