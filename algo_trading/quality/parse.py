"""Rows of text become columns of numbers and dates; what cannot be read is named, never guessed."""

import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import cached_property, lru_cache
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from algo_trading.domain.bars import COLUMNS, TURNOVER, Floats
from algo_trading.domain.symbol import normal_symbol
from algo_trading.domain.time import Interval, array_time
from algo_trading.quality.rules import is_none, nothing

# Texts that stand for "no value" in a date or a number. A symbol may be called NA or NULL, so it has only the blank.
MISSING = ("", "nan", "none", "null", "na", "n/a", "#n/a", "nat")

LONGEST_SYMBOL = 64  # characters

NUMBER = r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$"

# ISO (2015-03-23), 20150323, 2015/03/23 and the American 03/23/2015, each perhaps followed by a time of day with or
# without a zone. The date counts as written: sources stamp a session with its local midnight.
# Beside these a midnight of UTC in milliseconds since 1970, or smaller units, is a date.
DATES = (
    re.compile(r"(?P<year>\d{4})(?P<separator>[-/]?)(?P<month>\d\d)(?P=separator)(?P<day>\d\d)", re.ASCII),
    re.compile(r"(?P<year>\d{4})(?P<separator>[-/])(?P<month>\d{1,2})(?P=separator)(?P<day>\d{1,2})", re.ASCII),
    re.compile(r"(?P<month>\d{1,2})/(?P<day>\d{1,2})/(?P<year>\d{4})", re.ASCII),
)
# From 0:00 to 23:59:59, with offsets that some place has or had (Juneau's was +15:02:19).
TIME = re.compile(
    r"([T ]\s*([01]?\d|2[0-3]):[0-5]\d(:[0-5]\d([.,]\d{1,9})?)?"
    r"\s*(Z|UTC|[+-](0\d|1[0-5])(:?[0-5]\d(:[0-5]\d)?)?)?)?",
    re.ASCII | re.IGNORECASE,
)
# What no table, path or spreadsheet takes for something else: BRK.B, ^GSPC, EURUSD=X, BF/B, M&M, 0700.HK.
SYMBOL = re.compile(r"(?![=+@-])(?:[\w.^$&=:!+*@#~'() -]|(?<=\w)/(?=\w))+")


ISO = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d", re.ASCII)
EPOCH = re.compile(r"\d{9,19}", re.ASCII)
SHORTEST_EPOCH, LONGEST_EPOCH = 9, 18  # digits of those that fit into 64 bits for certain
EPOCH_START = np.datetime64(0, "us")
UNITS = tuple(np.timedelta64(1, unit) for unit in ("s", "ms", "us", "ns"))
# Up to the year 5138 in seconds, and the same in smaller units.
LARGEST = dict(zip(UNITS, (10**11, 10**14, 10**17, 10**20), strict=True))


@dataclass(frozen=True, eq=False)
class Parsed:
    """Columns of n rows.

    `symbol` (None where blank) and `opened_at` (datetime64[us] in UTC, NaT where missing) name the bar; `numbers` holds
    the float columns (NaN where missing), `turnover` those of TURNOVER that the rows have; `unparseable` quotes the
    first cell of each row that is neither empty nor readable, else None.
    """

    symbol: NDArray[np.object_]
    opened_at: NDArray[np.datetime64]
    numbers: Mapping[str, Floats]
    unparseable: NDArray[np.object_]
    turnover: Mapping[str, Floats] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.symbol)

    @cached_property
    def names(self) -> pa.DictionaryArray:
        """The symbols, each text once."""
        return pa.array(self.symbol, pa.string()).dictionary_encode()

    def take(self, rows: NDArray[np.int64]) -> "Parsed":
        """The rows at these positions, which are in ascending order."""
        return self if len(rows) == len(self) else self.rearranged(rows)

    def rearranged(self, rows: NDArray[np.int64]) -> "Parsed":
        """The rows at these positions, in whatever order."""
        numbers = {name: column[rows] for name, column in self.numbers.items()}
        turnover = {name: column[rows] for name, column in self.turnover.items()}
        return Parsed(self.symbol[rows], self.opened_at[rows], numbers, self.unparseable[rows], turnover)


def parse_rows(rows: pa.Table, interval: Interval) -> Parsed:
    """Read a RAW_SCHEMA table of bars of an interval, which may have columns of TURNOVER."""
    symbol, bad_symbol = parse_symbols(rows["symbol"])
    opened_at, bad_time = parse_opened(rows["session"], interval)
    numbers = {name: parse_numbers(rows[name]) for name in COLUMNS}
    turnover = {name: parse_numbers(rows[name]) for name in TURNOVER if name in rows.column_names}
    unparseable = nothing(rows.num_rows)
    bad = {"symbol": bad_symbol, "session": bad_time} | {
        name: wrong for name, (_, wrong) in (numbers | turnover).items()
    }
    for name, wrong in bad.items():
        if not wrong.any():
            continue
        unparseable = unparseable.copy()
        for row in np.flatnonzero(wrong & is_none(unparseable)):
            unparseable[row] = f"{name}: {rows[name][int(row)].as_py()}"
    return Parsed(
        symbol,
        opened_at,
        {name: values for name, (values, _) in numbers.items()},
        unparseable,
        {name: values for name, (values, _) in turnover.items()},
    )


def parse_symbols(column: pa.ChunkedArray) -> tuple[NDArray[np.object_], NDArray[np.bool_]]:
    """Symbols in capitals without surrounding blanks (None where there is none), and where a text cannot be one.

    Control characters, `..`, slashes at the ends and what a spreadsheet takes for a formula are in no symbol.
    """
    return _by_distinct_value(column, _symbol, np.array([None]))


def distinct_symbols(column: pa.ChunkedArray) -> set[str]:
    """Those of `parse_symbols` that there are."""
    found: set[str] = set()
    for text in pc.unique(column).drop_null().to_pylist():
        with suppress(ValueError):
            found |= {symbol} if (symbol := _symbol(text.strip())) is not None else set()
    return found


def parse_opened(column: pa.ChunkedArray, interval: Interval) -> tuple[NDArray[np.datetime64], NDArray[np.bool_]]:
    """When bars of an interval open (datetime64[us] in UTC, NaT where missing), and where there is a text that is none.

    Those of a day or longer are named by a date.
    """
    opened, wrong = (parse_moments if interval.intraday else parse_dates)(column)
    return opened.astype("datetime64[us]"), wrong


def parse_dates(column: pa.ChunkedArray) -> tuple[NDArray[np.datetime64], NDArray[np.bool_]]:
    """Dates (datetime64[D], NaT where missing), and where there is a text that is not a date."""
    encoded = column.combine_chunks().dictionary_encode()
    if (days := _iso_dates(encoded.dictionary)) is not None and not encoded.null_count:
        return days[encoded.indices.to_numpy()], np.zeros(len(encoded), dtype=bool)
    return _by_distinct_value(encoded, _date, np.array(["NaT"], "datetime64[D]"))


def _iso_dates(texts: pa.Array) -> NDArray[np.datetime64] | None:
    """The dates of texts that all are like 2015-03-23 and nothing else; else None."""
    try:
        days: NDArray[np.datetime64] = pc.cast(texts, pa.date32()).to_numpy(zero_copy_only=False)
    except pa.ArrowInvalid:
        return None
    return days if (days >= np.datetime64(date.min)).all() else None  # Arrow knows a year 0


def parse_moments(column: pa.ChunkedArray) -> tuple[NDArray[np.datetime64], NDArray[np.bool_]]:
    """Moments (datetime64[us] in UTC, NaT where missing), and where there is a text that is none.

    Texts are ISO 8601 (without a zone they are in UTC) or whole seconds, milli-, micro- or nanoseconds since 1970,
    told apart by their size.
    """
    texts = column.combine_chunks()
    if len(texts) and not texts.null_count and _are_epochs(texts):
        return _epochs(pc.cast(texts, pa.int64()).to_numpy()), np.zeros(len(texts), dtype=bool)
    return _by_distinct_value(column, _moment, np.array(["NaT"], "datetime64[us]"))


def _are_epochs(texts: pa.Array) -> bool:
    lengths = pc.min_max(pc.binary_length(texts))
    fits = lengths["min"].as_py() >= SHORTEST_EPOCH and lengths["max"].as_py() <= LONGEST_EPOCH
    return fits and bool(pc.all(pc.ascii_is_decimal(texts)).as_py())


def _epochs(values: NDArray[np.int64]) -> NDArray[np.datetime64]:
    """Each value in the unit that its size says."""
    place = np.searchsorted([most for most in LARGEST.values() if most <= np.iinfo(np.int64).max], values, side="right")
    micro = np.choose(place, (values * 1_000_000, values * 1_000, values, values // 1_000))
    return micro.astype("datetime64[us]")


def _by_distinct_value(
    column: pa.ChunkedArray | pa.DictionaryArray, read: Callable[[str], object], missing: NDArray[Any]
) -> tuple[NDArray[Any], NDArray[np.bool_]]:
    # There are few distinct symbols and sessions: read each once. Nulls and unreadable texts get `missing`.
    is_encoded = pa.types.is_dictionary(column.type)
    encoded = column if is_encoded else column.combine_chunks().dictionary_encode()
    texts = encoded.dictionary.to_pylist()
    found = np.repeat(missing, len(texts) + 1)
    wrong = np.zeros(len(texts) + 1, dtype=bool)
    for position, text in enumerate(texts):
        try:
            value = read(text.strip())
        except ValueError:
            wrong[position] = True
        else:
            if value is not None:
                found[position] = value
    codes = encoded.indices.fill_null(len(texts)).to_numpy(zero_copy_only=False)
    return found[codes], wrong[codes]


def _symbol(text: str) -> str | None:
    """The symbol as it is stored; ValueError if the text cannot be one."""
    if not text:
        return None
    if len(text) > LONGEST_SYMBOL or ".." in text or not SYMBOL.fullmatch(text):
        raise ValueError(text)
    return normal_symbol(text)


@lru_cache(maxsize=2**16)
def _date(text: str) -> date | None:
    if text.lower() in MISSING:
        return None
    if EPOCH.fullmatch(text) and int(text) >= LARGEST[UNITS[0]]:
        moment = _moment(text)
        if moment is None or moment != moment.astype("datetime64[D]"):
            raise ValueError(text)
        midnight: date = moment.astype("datetime64[D]").item()
        return midnight
    for pattern in DATES:
        found = pattern.match(text)
        if found and TIME.fullmatch(text, found.end()):
            return date(int(found["year"]), int(found["month"]), int(found["day"]))
    raise ValueError(text)


def _moment(text: str) -> np.datetime64 | None:
    if text.lower() in MISSING:
        return None
    if EPOCH.fullmatch(text):
        value = int(text)
        return next(EPOCH_START + value * unit for unit, most in LARGEST.items() if value < most)
    if not ISO.match(text):
        raise ValueError(text)
    found = datetime.fromisoformat(text)
    return array_time(found.replace(tzinfo=found.tzinfo or UTC))


def parse_numbers(column: pa.ChunkedArray) -> tuple[Floats, NDArray[np.bool_]]:
    """Finite numbers (NaN where missing), and where there is a text that is not one."""
    if (plain := _all_numbers(column)) is not None:
        return plain, np.zeros(len(plain), dtype=bool)
    texts = pc.utf8_trim_whitespace(column.combine_chunks()).fill_null("")
    is_number = pc.match_substring_regex(texts, NUMBER)
    values: Floats = pc.cast(pc.if_else(is_number, texts, None), pa.float64()).to_numpy(zero_copy_only=False).copy()
    infinite = np.isinf(values)
    values[infinite] = np.nan
    if pc.all(is_number).as_py():
        return values, infinite
    missing = pc.is_in(pc.utf8_lower(texts), value_set=pa.array(MISSING))
    wrong: NDArray[np.bool_] = ~pc.or_(is_number, missing).to_numpy(zero_copy_only=False) | infinite
    return values, wrong


def _all_numbers(column: pa.ChunkedArray) -> Floats | None:
    """The values of a column in which every cell is a finite number and nothing else, as nearly all are; else None."""
    if column.null_count:
        return None
    try:
        values: Floats = pc.cast(column, pa.float64()).to_numpy()
    except pa.ArrowInvalid:
        return None
    return values if np.isfinite(values).all() else None  # Arrow reads "nan" and "inf", too
