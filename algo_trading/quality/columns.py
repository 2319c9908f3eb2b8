"""The columns that the suites look at, computed from parsed rows."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import log, log10

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from algo_trading.domain.bars import COLUMNS, Floats, Times
from algo_trading.domain.corporate_actions import NO_SPLIT, ActionKind, CorporateAction
from algo_trading.domain.time import Interval, array_time
from algo_trading.domain.venue import AssetClass, venue_of
from algo_trading.quality.bar_rules import MOST_VOLUME, PRICES, Reason
from algo_trading.quality.parse import Parsed
from algo_trading.quality.rules import Columns, is_none, nothing
from algo_trading.quality.units import SUSPICIOUS, Closes, off_unit, off_unit_within
from algo_trading.quality.untold_splits import LikelySplit, Steps, untold_splits
from algo_trading.quality.verdict import Batch

NOISE = 1e-6  # relative; adjusted sources print the high a rounding error below the close


def value_columns(parsed: Parsed, venue: str) -> Columns:
    """The columns of `bar_rules.VALUES`."""
    opened, high, low, close = (parsed.numbers[name] for name in PRICES)
    volume = parsed.numbers["volume"]
    with np.errstate(over="ignore"):  # the largest float has nothing above it, and needs no tolerance
        below_high = high - np.maximum(opened, close) * (1 - NOISE)
        above_low = np.minimum(opened, close) * (1 + NOISE) - low
    return {
        "unparseable": parsed.unparseable,
        "missing": _missing(parsed),
        "lowest_price": np.fmin.reduce([opened, high, low, close]),
        "order_margin": np.minimum(below_high, above_low),
        "volume": np.fmin.reduce([volume, *parsed.turnover.values()]),
        "impossible_volume": _impossible(volume, venue),
    }


def _impossible(volume: Floats, venue: str) -> NDArray[np.object_]:
    """Volumes that no venue can have, else None."""
    impossible = volume > MOST_VOLUME
    if venue_of(venue).whole_quantities:
        impossible |= np.mod(volume, 1) != 0
    return _said(np.isfinite(volume) & impossible, lambda row: f"{volume[row]:g}")


def _missing(parsed: Parsed) -> NDArray[np.object_]:
    absent = {"symbol": is_none(parsed.symbol), "session": np.isnat(parsed.opened_at)}
    absent |= {name: np.isnan(values) for name, values in parsed.numbers.items()}
    return _said(
        np.logical_or.reduce(list(absent.values())),
        lambda row: ", ".join(name for name, rows in absent.items() if rows[row]),
    )


def _said(rows: NDArray[np.bool_], text: Callable[[int], str]) -> NDArray[np.object_]:
    """The text about each of the rows marked, None for the others."""
    if not rows.any():
        return nothing(len(rows))
    found = np.full(len(rows), None, dtype=object)
    for row in np.flatnonzero(rows).tolist():
        found[row] = text(row)
    return found


def series_columns(batch: Batch, parsed: Parsed) -> Columns:
    """The columns of `bar_rules.SERIES`, for rows that are bars in themselves."""
    now = array_time(batch.now)
    repeat = repeats(parsed)
    closed_at = _closes(batch, parsed.opened_at)
    hours = (now - closed_at) / np.timedelta64(1, "h")
    valid = np.flatnonzero(is_none(repeat) & (hours >= 0))
    bars = parsed.take(valid)
    beside = _beside(batch, bars)
    off = _off_unit(batch, beside, bars)
    is_off = np.zeros(len(parsed), dtype=bool)
    is_off[valid[off]] = True
    unit, split = _said(is_off, lambda row: f"close {parsed.numbers['close'][row]:g}"), nothing(len(parsed))
    if batch.interval is Interval.DAY and venue_of(batch.calendar.venue).asset_class is AssetClass.EQUITY:
        untold = {int(valid[at]): str(found) for at, found in _untold(batch, beside, off).items()}
        split = _said(np.isin(np.arange(len(parsed)), list(untold)), untold.__getitem__)
    return {"repeat": repeat, "closed_at": closed_at, "hours_since_close": hours, "unit": unit, "split": split}


def repeats(parsed: Parsed) -> NDArray[np.object_]:
    """For each row IDENTICAL (a further copy), CONFLICTING (its key comes with different values too) or None."""
    codes = parsed.names.indices.to_numpy()
    order = np.lexsort((parsed.opened_at, codes))  # stable: the first copy stays first
    same = (np.diff(codes[order]) == 0) & (np.diff(parsed.opened_at[order]) == np.timedelta64(0, "us"))
    if not same.any():
        return nothing(len(parsed))
    found = np.full(len(parsed), None, dtype=object)
    first = np.concatenate(([True], ~same))
    group = np.cumsum(first) - 1
    first_of_row = np.flatnonzero(first)[group]
    differs = np.zeros(len(order), dtype=bool)
    for values in parsed.numbers.values():
        ordered = values[order]
        differs |= ordered != ordered[first_of_row]
    conflicting = (np.bincount(group, weights=differs) > 0)[group]
    found[order[~first]] = Reason.IDENTICAL
    found[order[conflicting]] = Reason.CONFLICTING
    return found


def _closes(batch: Batch, opened_at: Times) -> Times:
    """True closes; NaT where there is no period, the end of its length where the calendar does not reach yet."""
    closes = batch.calendar.closes(batch.interval, opened_at)
    beyond = opened_at.astype("datetime64[D]") > np.datetime64(batch.calendar.last, "D")
    closes[beyond] = opened_at[beyond] + np.timedelta64(batch.interval.length, "us")
    return closes


@dataclass(frozen=True, eq=False)
class _Beside:
    """The valid rows of a batch and, after them, the stored bars of its venue next to them.

    `order` sorts them by series and session, a stored one before the row that comes again; `stored` tells them apart.
    `codes` are the places of their symbols in `symbols`.
    """

    symbols: Sequence[str]
    codes: NDArray[np.int32]
    opened_at: Times
    numbers: Mapping[str, Floats]
    stored: NDArray[np.bool_]
    order: NDArray[np.int64]


def _beside(batch: Batch, bars: Parsed) -> _Beside:
    of_venue = pc.equal(batch.neighbours["venue"], batch.calendar.venue)
    stored = batch.neighbours.filter(pc.and_(of_venue, pc.greater(batch.neighbours["close"], 0)))
    names = pa.chunked_array([bars.names, stored["symbol"].combine_chunks().dictionary_encode()]).unify_dictionaries()
    codes = np.concatenate([chunk.indices.to_numpy() for chunk in names.chunks])
    opened_at = np.concatenate((bars.opened_at, stored["opened_at"].to_numpy().astype("datetime64[us]")))
    is_stored = np.arange(len(codes)) >= len(bars)
    return _Beside(
        symbols=names.chunk(0).dictionary.to_pylist(),
        codes=codes,
        opened_at=opened_at,
        numbers={name: np.concatenate((bars.numbers[name], stored[name].to_numpy())) for name in COLUMNS},
        stored=is_stored,
        order=np.lexsort((~is_stored, opened_at, codes)),
    )


def _off_unit(batch: Batch, beside: _Beside, bars: Parsed) -> NDArray[np.bool_]:
    order = beside.order
    closes = Closes(
        series=beside.codes[order],
        session=beside.opened_at[order],
        close=np.log10(beside.numbers["close"])[order],
        stored=beside.stored[order],
        traded=beside.numbers["volume"][order] > 0,
        splits=_splits(batch.actions, beside, SUSPICIOUS)[order],
    )
    off = np.zeros(len(order), dtype=bool)
    off[order] = off_unit(closes)
    opened, high, low, close = (np.log10(bars.numbers[name]) for name in PRICES)
    within: NDArray[np.bool_] = off_unit_within([opened, high, low], close)
    return off[: len(bars)] | within


def _untold(batch: Batch, beside: _Beside, off: NDArray[np.bool_]) -> dict[int, LikelySplit]:
    """The valid rows of a batch that a split nobody told parts from the others, with that split.

    Rows in another unit do not count, and neither do those that come again.
    """
    rows = len(off)
    keys = np.rec.fromarrays((beside.codes, beside.opened_at.astype(np.int64)))
    counts = beside.stored | ~np.isin(keys, keys[rows:])
    counts[:rows] &= ~off
    order = beside.order[counts[beside.order]]
    steps = Steps(
        series=beside.codes[order],
        session=beside.opened_at[order],
        opened=np.log(beside.numbers["open"])[order],
        close=np.log(beside.numbers["close"])[order],
        volume=beside.numbers["volume"][order],
        stored=beside.stored[order],
        splits=_splits(batch.actions, beside)[order] * log(10),
    )
    sessions = steps.session.astype("datetime64[D]").astype(object)
    splits = [action for action in batch.actions if action.kind is ActionKind.SPLIT]
    right = {*batch.believed, *((one.instrument.symbol, one.ex_date) for one in splits if one.value == NO_SPLIT)}
    believed = [
        at for at, row in enumerate(order.tolist()) if (beside.symbols[beside.codes[row]], sessions[at]) in right
    ]
    return {int(order[at]): split for at, split in untold_splits(steps, believed).items()}


def _splits(actions: Iterable[CorporateAction], beside: _Beside, least: float = 0.0) -> Floats:
    """Shares that one share of each row's session has become since, as decimal logarithm.

    Splits below `least` (a decimal logarithm, too) are left out: they explain no jump of that size.
    """
    shares = np.zeros(len(beside.codes))
    code_of = {symbol: code for code, symbol in enumerate(beside.symbols)}
    for action in actions:
        code = code_of.get(action.instrument.symbol)
        if code is None or action.kind is not ActionKind.SPLIT or action.value <= 0:
            continue
        if abs(log10(action.value)) >= least:
            before = beside.opened_at < np.datetime64(action.ex_date, "D")
            shares[(beside.codes == code) & before] += log10(action.value)
    return shares
