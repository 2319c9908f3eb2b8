"""The columns that the suites look at, computed from parsed rows."""

from collections.abc import Iterable
from math import log10

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from algo_trading.domain.bars import Floats, Times
from algo_trading.domain.corporate_actions import ActionKind, CorporateAction
from algo_trading.domain.time import array_time
from algo_trading.domain.venue import venue_of
from algo_trading.quality.bar_rules import MOST_VOLUME, PRICES, Reason
from algo_trading.quality.parse import Parsed
from algo_trading.quality.rules import Columns, is_none
from algo_trading.quality.units import SUSPICIOUS, Closes, off_unit, off_unit_within
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
    parts = venue_of(venue).whole_quantities & (np.mod(volume, 1) != 0)
    found = np.full(len(volume), None, dtype=object)
    for row in np.flatnonzero(np.isfinite(volume) & (parts | (volume > MOST_VOLUME))):
        found[row] = f"{volume[row]:g}"
    return found


def _missing(parsed: Parsed) -> NDArray[np.object_]:
    absent = {"symbol": is_none(parsed.symbol), "session": np.isnat(parsed.opened_at)}
    absent |= {name: np.isnan(values) for name, values in parsed.numbers.items()}
    named = np.full(len(parsed), None, dtype=object)
    for row in np.flatnonzero(np.any(list(absent.values()), axis=0)):
        named[row] = ", ".join(name for name, rows in absent.items() if rows[row])
    return named


def series_columns(batch: Batch, parsed: Parsed) -> Columns:
    """The columns of `bar_rules.SERIES`, for rows that are bars in themselves."""
    now = array_time(batch.now)
    repeat = repeats(parsed)
    closed_at = _closes(batch, parsed.opened_at)
    hours = (now - closed_at) / np.timedelta64(1, "h")
    valid = np.flatnonzero(is_none(repeat) & (hours >= 0))
    unit = np.full(len(parsed), None, dtype=object)
    for row in valid[_off_unit(batch, parsed.take(valid))]:
        unit[row] = f"close {parsed.numbers['close'][row]:g}"
    return {"repeat": repeat, "closed_at": closed_at, "hours_since_close": hours, "unit": unit}


def repeats(parsed: Parsed) -> NDArray[np.object_]:
    """For each row IDENTICAL (a further copy), CONFLICTING (its key comes with different values too) or None."""
    found = np.full(len(parsed), None, dtype=object)
    codes = _codes(parsed.symbol)
    order = np.lexsort((parsed.opened_at, codes))  # stable: the first copy stays first
    same = (np.diff(codes[order]) == 0) & (np.diff(parsed.opened_at[order]) == np.timedelta64(0, "us"))
    if not same.any():
        return found
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


def _codes(symbols: NDArray[np.object_]) -> NDArray[np.int64]:
    codes: NDArray[np.int64] = pa.array(symbols, pa.string()).dictionary_encode().indices.to_numpy()
    return codes


def _closes(batch: Batch, opened_at: Times) -> Times:
    """True closes; NaT where there is no period, the end of its length where the calendar does not reach yet."""
    closes = batch.calendar.closes(batch.interval, opened_at)
    beyond = opened_at.astype("datetime64[D]") > np.datetime64(batch.calendar.last, "D")
    closes[beyond] = opened_at[beyond] + np.timedelta64(batch.interval.length, "us")
    return closes


def _off_unit(batch: Batch, bars: Parsed) -> NDArray[np.bool_]:
    of_venue = pc.equal(batch.neighbours["venue"], batch.calendar.venue)
    stored = batch.neighbours.filter(pc.and_(of_venue, pc.greater(batch.neighbours["close"], 0)))
    symbols = np.concatenate((bars.symbol, stored["symbol"].to_numpy()))
    codes = _codes(symbols)
    sessions = np.concatenate((bars.opened_at, stored["opened_at"].to_numpy().astype("datetime64[us]")))
    is_stored = np.arange(len(codes)) >= len(bars)
    order = np.lexsort((~is_stored, sessions, codes))
    closes = Closes(
        series=codes[order],
        session=sessions[order],
        close=np.log10(np.concatenate((bars.numbers["close"], stored["close"].to_numpy())))[order],
        stored=is_stored[order],
        traded=np.concatenate((bars.numbers["volume"], stored["volume"].to_numpy()))[order] > 0,
        splits=_splits(batch.actions, symbols, sessions)[order],
    )
    off = np.zeros(len(codes), dtype=bool)
    off[order] = off_unit(closes)
    opened, high, low, close = (np.log10(bars.numbers[name]) for name in PRICES)
    within: NDArray[np.bool_] = off_unit_within([opened, high, low], close)
    return off[: len(bars)] | within


def _splits(
    actions: Iterable[CorporateAction], symbols: NDArray[np.object_], sessions: NDArray[np.datetime64]
) -> Floats:
    """Shares that one share of each row's session has become since, as decimal logarithm.

    Small splits explain no jump and are left out.
    """
    shares = np.zeros(len(symbols))
    for action in actions:
        if action.kind is ActionKind.SPLIT and action.value > 0 and abs(log10(action.value)) >= SUSPICIOUS:
            before = (symbols == action.instrument.symbol) & (sessions < np.datetime64(action.ex_date, "D"))
            shares[before] += log10(action.value)
    return shares
