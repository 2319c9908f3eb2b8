"""Splits that nobody told: a step in the price of a share that looks like a split, without an action that explains it.

A split is recognised by four things together. The price steps overnight, so that the open is near a usual ratio of the
close before; it stays at the new level; and the volume in shares does not say that the market fell or rose. Who splits
2 for 1 trades some twice as many shares for the same money, while a crash of half brings ten times the usual volume; a
consolidation of 10 into 1 trades fewer shares, a rise to the tenfold many more. docs/corporate-actions.md has the error
rates.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from math import exp, log

import numpy as np
from numpy.typing import NDArray

from algo_trading.domain.bars import Floats, Times

# New shares for one old. Smaller steps are left alone: they are within what shares do in a day.
SPLITS = (1.5, 2, 2.5, 3, 4, 5, 6, 7, 8, 9, 10, 12, 15, 20, 25, 30, 40, 50)
CONSOLIDATIONS = (2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 15, 20, 25, 30, 35, 40, 50)  # old shares for one new
RATIOS = np.log(np.array([*SPLITS, *(1 / old for old in CONSOLIDATIONS)]))
STEP = log(1.35)  # a move between two closes from which on it is worth looking
NEAR = 0.04  # the least by which the open may miss the ratio, as a logarithm;
NEAR_ONE_NEW = 0.15  # that of a consolidation, of which the volume says enough;
FARTHEST = 0.25  # the most, and
USUAL = 5.0  # times the usual move of the series, in between
CROWD = 2.5  # times the volume that a split by itself brings: with more, the market moved
CALM = 1.5  # times the usual volume: a consolidation brings no more
WILD = 0.75  # of the step: who moves as much in other days moves by ticks, or by news
LEAST = 0.1  # of a price after the step: below, shares move by ticks that are ratios
BEFORE = 20  # bars that tell the usual move and volume
AFTER = 5  # bars that tell whether the level was kept
APART = np.timedelta64(31, "D")  # bars farther apart are no neighbours


@dataclass(frozen=True, eq=False)
class Steps:
    """Daily bars of many series, sorted by `series` (a number for each instrument) and `session`.

    `opened` and `close` are natural logarithms of prices, `stored` marks bars that passed the gate before, and `splits`
    (natural logarithm of the shares that one share of the row has become since) is taken off to get prices per share
    of today. All arrays have the same length.
    """

    series: NDArray[np.integer]
    session: Times
    opened: Floats
    close: Floats
    volume: Floats
    stored: NDArray[np.bool_]
    splits: Floats


@dataclass(frozen=True, slots=True)
class LikelySplit:
    """A step before the bar in row `row`: `ratio` new shares for one old."""

    row: int
    ratio: float

    def __str__(self) -> str:
        shares = self.ratio if self.ratio >= 1 else 1 / self.ratio
        return f"{shares:g} for 1" if self.ratio >= 1 else f"1 for {shares:g}"


def untold_splits(bars: Steps, believed: Iterable[int] = ()) -> dict[int, LikelySplit]:
    """The rows to hold back, each with the step that separates it from the rows that are kept.

    Rows beyond a step from the nearest stored ones are; without any stored, those before the newest step, for a source
    is right about today. `believed` are rows that are right as they are: no step to or from them is a split.
    """
    held: dict[int, LikelySplit] = {}
    known = {row + beside for row in believed for beside in (0, 1)}
    for block in _blocks(bars):
        # Prices should be as traded, but may be adjusted for splits already: the reading with fewer steps counts.
        readings = (bars.splits[block], np.zeros(block.stop - block.start))
        found = [[step for step in _likely(bars, block, taken) if step.row not in known] for taken in readings]
        steps = min(found, key=len)
        if steps:
            held |= _beyond(steps, block, bars.stored)
    return held


def _blocks(bars: Steps) -> Iterator[slice]:
    """Stretches of one series without a long gap in which at least one move is large."""
    rows = len(bars.close)
    if rows < 2:
        return
    apart = (np.diff(bars.series) != 0) | (np.diff(bars.session) > APART)
    large = ~apart & (np.abs(np.diff(bars.close)) >= STEP)
    starts = np.concatenate(([0], np.flatnonzero(apart) + 1))
    ends = np.concatenate((starts[1:], [rows]))
    for block in np.unique(np.searchsorted(starts, np.flatnonzero(large), side="right") - 1).tolist():
        yield slice(int(starts[block]), int(ends[block]))


def _likely(bars: Steps, block: slice, splits: Floats) -> list[LikelySplit]:
    """The steps within a block, on prices per share of today."""
    close, opened, volume = bars.close[block] - splits, bars.opened[block] - splits, bars.volume[block] * np.exp(splits)
    moves = np.diff(close)
    found = []
    for at in (np.flatnonzero(np.abs(moves) >= STEP) + 1).tolist():
        usual = np.abs(moves[max(0, at - 1 - BEFORE) : at - 1])
        log_ratio = float(RATIOS[np.argmin(np.abs(RATIOS + opened[at] - close[at - 1]))])
        least = NEAR if log_ratio > 0 else NEAR_ONE_NEW
        near = min(max(least, USUAL * float(np.median(usual)) if len(usual) else 0.0), FARTHEST)
        wild = len(usual) > 0 and usual.max() > WILD * abs(log_ratio)
        if wild or abs(opened[at] - close[at - 1] + log_ratio) > near or close[at] < log(LEAST):
            continue
        kept = np.median(close[at + 1 : at + 1 + AFTER] - close[at]) if at + 1 < len(close) else 0.0
        if abs(kept) < abs(log_ratio) / 2 and _is_calm(volume, at, log_ratio):
            found.append(LikelySplit(block.start + at, round(exp(log_ratio), 6)))
    return found


def _is_calm(volume: Floats, at: int, log_ratio: float) -> bool:
    """Whether no more shares were traded than a split explains; a series without volumes tells nothing."""
    before = volume[max(0, at - BEFORE) : at]
    traded = before[before > 0]
    if not len(traded) or volume[at] <= 0:
        return False
    most = CROWD * exp(log_ratio) if log_ratio > 0 else CALM
    return bool(volume[at] <= most * np.median(traded))


def _beyond(steps: Sequence[LikelySplit], block: slice, stored: NDArray[np.bool_]) -> dict[int, LikelySplit]:
    """The rows of a block that are not stored and lie at another level than those that count."""
    rows = np.arange(block.start, block.stop)
    level = np.searchsorted([step.row for step in steps], rows, side="right")
    there = rows[stored[block]]
    held: dict[int, LikelySplit] = {}
    for row, own in zip(rows.tolist(), level.tolist(), strict=True):
        if not len(there):
            right = {len(steps)}
        else:
            place = int(np.searchsorted(there, row))
            nearest = there[max(0, place - 1) : place + 1]
            right = {int(level[one - block.start]) for one in nearest}
        if own not in right and not stored[row]:
            held[row] = steps[own - 1] if len(there) and own > min(right) else steps[own]
    return held
