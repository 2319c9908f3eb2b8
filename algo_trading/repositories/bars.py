"""Bars, corporate actions and indicators."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import pairwise
from typing import Any, Protocol

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from algo_trading.domain.bars import COLUMNS, Bars, Times
from algo_trading.domain.corporate_actions import CorporateAction
from algo_trading.domain.instrument import Instrument, Interval
from algo_trading.indicators import panel

TIME = pa.timestamp("us", tz="UTC")

BAR_SCHEMA = pa.schema(
    [
        ("symbol", pa.string()),
        ("venue", pa.string()),
        ("interval", pa.string()),
        ("opened_at", TIME),
        ("closed_at", TIME),
        *((name, pa.float64()) for name in COLUMNS),
    ]
)

INDICATORS = panel.COLUMNS

INDICATOR_SCHEMA = pa.schema(
    [
        ("symbol", pa.string()),
        ("venue", pa.string()),
        ("interval", pa.string()),
        ("opened_at", TIME),
        *((name, pa.float64()) for name in INDICATORS),
    ]
)


@dataclass(frozen=True, slots=True)
class UpsertCount:
    """Rows of an upsert: new, changed and already there as they are."""

    inserted: int = 0
    updated: int = 0
    unchanged: int = 0

    @property
    def stored(self) -> int:
        """Rows written."""
        return self.inserted + self.updated

    def __add__(self, other: "UpsertCount") -> "UpsertCount":
        return UpsertCount(
            self.inserted + other.inserted, self.updated + other.updated, self.unchanged + other.unchanged
        )


class BarRepository(Protocol):
    """Bars as traded."""

    def upsert(self, bars: pa.Table, source: str) -> UpsertCount:
        """Insert new bars, update those that differ, leave the rest alone, in one transaction.

        `bars` has BAR_SCHEMA; its keys (symbol, venue, interval, opened_at) are unique. Unknown instruments are added.
        """
        ...

    def read(
        self, instruments: Sequence[Instrument], interval: Interval, first: date | None, last: date | None
    ) -> pa.Table:
        """Bars of sessions first..last (None: unbounded) in BAR_SCHEMA, sorted by venue, symbol and time."""
        ...

    def read_venue(self, venue: str, interval: Interval, first: date, last: date) -> pa.Table:
        """As `read`, for every instrument of a venue."""
        ...

    def newest_before(
        self, instruments: Sequence[Instrument], interval: Interval, before: date
    ) -> Mapping[Instrument, date]:
        """Newest stored session before `before`, for the instruments that have one."""
        ...

    def instruments(self, interval: Interval) -> list[Instrument]:
        """Instruments that have such bars, sorted by venue and symbol."""
        ...

    def first_closes(self, instruments: Sequence[Instrument], interval: Interval) -> Mapping[Instrument, datetime]:
        """When the first stored bar closed (UTC), for the instruments that have one."""
        ...

    def count(self) -> int:
        """Stored bars."""
        ...


class CorporateActionRepository(Protocol):
    """Splits and dividends."""

    def upsert(self, actions: Iterable[CorporateAction], source: str) -> UpsertCount:
        """Insert new actions and update changed values; the key is instrument, ex-date and kind."""
        ...

    def read(self, instruments: Sequence[Instrument], last: date, first: date | None = None) -> list[CorporateAction]:
        """Actions with first <= ex-date <= last, sorted."""
        ...


class IndicatorRepository(Protocol):
    """Indicators as published for each session: a copy of what it saw, never an input to a decision."""

    def upsert(self, rows: pa.Table) -> UpsertCount:
        """Insert or update rows of INDICATOR_SCHEMA."""
        ...

    def read(self, instruments: Sequence[Instrument], interval: Interval, session: date) -> pa.Table:
        """Rows of a session in INDICATOR_SCHEMA, sorted by venue and symbol."""
        ...

    def count(self) -> int:
        """Stored rows."""
        ...


def instrument_starts(table: pa.Table) -> NDArray[np.int64]:
    """First row of each instrument of a table sorted as `BarRepository.read` sorts, and last the number of rows.

    Raises:
        ValueError: the bars of an instrument are not in ascending order of time, or one is there twice.
    """
    last = table.num_rows - 1
    if last < 0:
        return np.zeros(1, dtype=np.int64)
    keys = table.select(["symbol", "venue"])
    # Names are compared at every 64th row, and row by row only where two of these differ.
    stride = 64
    samples = np.append(np.arange(0, last, stride), last)
    between = samples[:-1][_differ(keys, samples[:-1], samples[1:])]
    rows = np.minimum(between[:, None] + np.arange(1, stride + 1), last).ravel()
    edges = np.unique(rows[_differ(keys, rows - 1, rows)])
    times = table["opened_at"].cast(pa.int64()).to_numpy()
    not_later = times[1:] <= times[:-1]
    not_later[edges - 1] = False
    if not_later.any():
        row = int(np.argmax(not_later)) + 1
        raise ValueError(f"{table['symbol'][row]}: bars are not in ascending order of time, or one is there twice")
    return np.concatenate(([0], edges, [last + 1]))


def _differ(keys: pa.Table, left: NDArray[np.int64], right: NDArray[np.int64]) -> NDArray[np.bool_]:
    one, other = keys.take(pa.array(left)), keys.take(pa.array(right))
    differs = pc.or_(pc.not_equal(one["symbol"], other["symbol"]), pc.not_equal(one["venue"], other["venue"]))
    flags: NDArray[np.bool_] = differs.to_numpy()
    return flags


def split_by_instrument(table: pa.Table, interval: Interval) -> dict[Instrument, Bars]:
    """Bars of each instrument of a table sorted as `BarRepository.read` sorts; columns are shared, not copied."""
    starts = instrument_starts(table).tolist()
    opened, closed = _times(table["opened_at"]), _times(table["closed_at"])
    columns: dict[str, Any] = {name: np.ascontiguousarray(table[name].to_numpy()) for name in COLUMNS}
    series: dict[Instrument, Bars] = {}
    for start, end in pairwise(starts):
        instrument = Instrument(table["symbol"][start].as_py(), table["venue"][start].as_py())
        window = slice(start, end)
        values = {name: column[window] for name, column in columns.items()}
        series[instrument] = Bars(instrument, interval, opened[window], closed[window], **values)
    return series


def _times(column: pa.ChunkedArray) -> Times:
    times: Times = column.cast(pa.timestamp("us")).to_numpy()
    return times


def bars_table(series: Iterable[Bars]) -> pa.Table:
    """The BAR_SCHEMA table of several series."""
    tables = [
        pa.table(
            [
                pa.repeat(bars.instrument.symbol, len(bars)).cast(pa.string()),
                pa.repeat(bars.instrument.venue, len(bars)).cast(pa.string()),
                pa.repeat(str(bars.interval), len(bars)).cast(pa.string()),
                pa.array(bars.opened_at).cast(TIME),
                pa.array(bars.closed_at).cast(TIME),
                *(pa.array(getattr(bars, name)) for name in COLUMNS),
            ],
            schema=BAR_SCHEMA,
        )
        for bars in series
    ]
    return pa.concat_tables(tables) if tables else BAR_SCHEMA.empty_table()
