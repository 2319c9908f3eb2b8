"""Bars, corporate actions and indicators."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol

import numpy as np
import pyarrow as pa

from algo_trading.domain.bars import COLUMNS, Bars, Times
from algo_trading.domain.corporate_actions import CorporateAction
from algo_trading.domain.instrument import Instrument, Interval

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

INDICATORS = (
    "sma_7",
    "sma_21",
    "sma_50",
    "sma_100",
    "sma_200",
    "ema_12",
    "ema_26",
    "rsi_14",
    "macd",
    "macd_signal",
)

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


def split_by_instrument(table: pa.Table, interval: Interval) -> dict[Instrument, Bars]:
    """Bars of each instrument of a table sorted as `BarRepository.read` sorts; columns are shared, not copied."""
    if table.num_rows == 0:
        return {}
    table = table.combine_chunks()
    symbols, venues = (
        np.asarray(table[name].dictionary_encode().combine_chunks().indices) for name in ("symbol", "venue")
    )
    edges = np.flatnonzero((np.diff(symbols) != 0) | (np.diff(venues) != 0)) + 1
    starts = [0, *edges.tolist()]
    ends = [*edges.tolist(), table.num_rows]
    opened, closed = _times(table["opened_at"]), _times(table["closed_at"])
    columns: dict[str, Any] = {name: np.ascontiguousarray(table[name].to_numpy()) for name in COLUMNS}
    series: dict[Instrument, Bars] = {}
    for start, end in zip(starts, ends, strict=True):
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
