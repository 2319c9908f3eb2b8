"""Splits and dividends that follow from what a file has beside its bars: adjusted closes, or dividends.

The ratio of the adjusted close to the close is a staircase: it rises on the ex-date of each action, by the ratio of a
split or by what a dividend took from the close before. Read so that `corporate_actions.adjusted` gives the adjusted
closes of the file again, up to its rounding.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from math import exp, log

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from algo_trading.domain.bars import Floats, Times
from algo_trading.domain.corporate_actions import ActionKind, CorporateAction
from algo_trading.domain.instrument import Instrument
from algo_trading.domain.time import Interval
from algo_trading.gateways.market_data import ADJUSTED_CLOSE, BESIDE, DIVIDEND
from algo_trading.quality.parse import parse_numbers, parse_opened, parse_symbols
from algo_trading.quality.rules import is_none

SINGLE = 3e-7  # relative error of a 32-bit float that was computed with, as Yahoo's are
WHOLE = (2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 15, 20, 25, 30, 40, 50, 100)
RATIOS = (*WHOLE, 1.5, 2.5, 3.5, *(1 / old for old in WHOLE))  # that may come with a dividend
SMALL = (5 / 4, 4 / 3, 6 / 5)  # that are seen only by themselves: a large dividend is as likely as one with a dividend
LARGEST_DIVIDEND = 0.12  # of the close before, on the day of a split
SURE = 1.9  # from here on, and below 1 / 1.1, a step is a split whatever its ratio
DIGITS = range(2, 9)  # of a dividend: the fewest that are within the file's rounding


@dataclass(frozen=True)
class DerivedActions:
    """What rows tell of actions, and the symbols of which they tell nothing, not even that there were none."""

    actions: tuple[CorporateAction, ...]
    silent: frozenset[str]


def derived_actions(rows: pa.Table, venue: str) -> DerivedActions:
    """The actions of daily rows, by their adjusted closes where they have some, else by their dividends."""
    symbols, opened = parse_symbols(rows["symbol"])[0], parse_opened(rows["session"], Interval.DAY)[0]
    closes = parse_numbers(rows["close"])[0]
    known = np.flatnonzero(~is_none(symbols) & ~np.isnat(opened) & (closes > 0))
    symbols, opened, closes = symbols[known], opened[known], closes[known]
    if not any(name in rows.column_names for name in BESIDE):
        return DerivedActions((), frozenset(pc.unique(pa.array(symbols, pa.string())).to_pylist()))
    beside = {name: _numbers(rows, name)[known] for name in BESIDE}
    printed = {name: _printed(rows[name])[known] for name in ("close", ADJUSTED_CLOSE) if name in rows.column_names}
    found: list[CorporateAction] = []
    silent = set()
    for symbol, own in _of_symbols(symbols, opened):
        instrument, days = Instrument(symbol, venue), opened[own].astype("datetime64[D]")
        adjusted, paid = beside[ADJUSTED_CLOSE][own], beside[DIVIDEND][own]
        if (adjusted > 0).any():
            told = np.flatnonzero(adjusted > 0)
            digits = {name: int(count[own[told]].max()) for name, count in printed.items()}
            found += _from_adjusted(instrument, days[told], closes[own[told]], adjusted[told], digits)
        elif np.isfinite(paid).any():
            found += [
                CorporateAction(instrument, days[row].item(), ActionKind.DIVIDEND, float(paid[row]))
                for row in np.flatnonzero(paid > 0)
            ]
        else:
            silent.add(symbol)
    return DerivedActions(tuple(sorted(found)), frozenset(silent))


def _numbers(rows: pa.Table, name: str) -> Floats:
    return parse_numbers(rows[name])[0] if name in rows.column_names else np.full(len(rows), np.nan)


def _of_symbols(symbols: NDArray[np.object_], opened: Times) -> Iterator[tuple[str, NDArray[np.int64]]]:
    """The rows of each symbol by date, the first of those that come twice."""
    codes = pa.array(symbols, pa.string()).dictionary_encode()
    order = np.lexsort((opened, codes.indices.to_numpy()))
    ordered = codes.indices.to_numpy()[order]
    new = (np.diff(ordered, prepend=-1) != 0) | (np.diff(opened[order], prepend=np.datetime64(0, "us")) != 0)
    order, ordered = order[new], ordered[new]
    starts = np.flatnonzero(np.diff(ordered, prepend=-1)).tolist()
    for start, end in pairwise([*starts, len(order)]):
        yield codes.dictionary[int(ordered[start])].as_py(), order[start:end]


def _printed(texts: pa.ChunkedArray) -> NDArray[np.int64]:
    """How many digits each number has after its point."""
    point = pc.find_substring(texts, ".")
    digits = pc.if_else(pc.less(point, 0), 0, pc.subtract(pc.subtract(pc.utf8_length(texts), point), 1))
    counts: NDArray[np.int64] = pc.fill_null(digits, 0).to_numpy().astype(np.int64)
    return counts


def _error(digits: int, values: Floats) -> Floats:
    """By how much each value may be off, relatively: half of the last digit that its column prints."""
    return 0.5 * 10.0**-digits / values + SINGLE


def _from_adjusted(
    instrument: Instrument, days: Times, closes: Floats, adjusted: Floats, digits: Mapping[str, int]
) -> list[CorporateAction]:
    """The steps of the staircase; a step that goes back after one row was a slip.

    Closes are rounded like the adjusted ones where the ratio moves by more than the rounding of those on most days;
    else they are what was traded, to the cent.
    """
    ratio = np.log(adjusted / closes)
    moves, errors = np.abs(np.diff(ratio)), _error(digits[ADJUSTED_CLOSE], adjusted)
    if not (moves > errors[1:] + errors[:-1]).any():
        return []
    if np.median(moves) > np.median(errors):
        errors = errors + _error(digits["close"], closes)
    edges = np.flatnonzero(moves > errors[1:] + errors[:-1]) + 1
    starts = [0, *edges.tolist()]
    levels = [float(np.median(part)) for part in np.split(ratio, edges)]
    stairs: list[tuple[int, float]] = []
    for place, (start, level) in enumerate(zip(starts, levels, strict=True)):
        alone = place + 1 < len(starts) and starts[place + 1] == start + 1
        if stairs and alone and abs(levels[place + 1] - stairs[-1][1]) <= 2 * errors[start]:
            continue
        if not stairs or abs(level - stairs[-1][1]) > errors[start] + errors[start - 1]:
            stairs.append((start, level))
    actions = []
    for (_, before), (start, level) in pairwise(stairs):
        error = float(errors[start] + errors[start - 1])
        split, rest = _split_of(exp(level - before), error)
        day, close = days[start].item(), float(closes[start - 1])
        if split != 1:
            actions.append(CorporateAction(instrument, day, ActionKind.SPLIT, split))
        if rest > 1 + error:
            paid = _few_digits(close / split * (1 - 1 / rest), close / split * error)
            actions.append(CorporateAction(instrument, day, ActionKind.DIVIDEND, paid))
    return actions


def _split_of(step: float, error: float) -> tuple[float, float]:
    """The split in a step of the ratio (1: none), and what is left for a dividend."""
    likely = [ratio for ratio in RATIOS if 1 - error <= step / ratio <= 1 / (1 - LARGEST_DIVIDEND)]
    likely += [ratio for ratio in SMALL if abs(log(step / ratio)) <= error]
    if likely and not 1 / 1.1 < step < min(SMALL) * (1 - error):
        ratio = min(likely, key=lambda ratio: step / ratio)
        return float(ratio), step / ratio
    if step >= SURE or step < 1 / 1.1:
        return round(step, 6), 1.0
    return 1.0, step


def _few_digits(value: float, error: float) -> float:
    shorter = (round(value, digits) for digits in DIGITS)
    return next((short for short in shorter if short > 0 and abs(short - value) <= error), value)
