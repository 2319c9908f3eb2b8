"""Bars, corporate actions and indicators."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import pairwise
from typing import Any, NamedTuple, Protocol

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from algo_trading.domain.bars import COLUMNS, TURNOVER, Bars, Times
from algo_trading.domain.corporate_actions import ActionKind, CorporateAction
from algo_trading.domain.instrument import Instrument, Series
from algo_trading.domain.time import Interval
from algo_trading.indicators import panel

TIME = pa.timestamp("us", tz="UTC")
KEYS = ("symbol", "venue", "interval")
DIGESTS = b"algo_trading.digests"

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

# Null where the source does not say it.
TURNOVER_SCHEMA = pa.schema([*BAR_SCHEMA, *((name, pa.float64()) for name in TURNOVER)])

CLOSE_SCHEMA = pa.schema([BAR_SCHEMA.field(name) for name in (*KEYS, "opened_at", "close")])

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


@dataclass(frozen=True, slots=True)
class SeriesExtent:
    """How much is stored of a series: when its first and last bar opened, and how many there are."""

    series: Series
    first: datetime
    last: datetime
    bars: int


class Close(NamedTuple):
    """A close as traded, and the moment it is of."""

    price: float
    at: datetime


class SeriesDigest(NamedTuple):
    """What tells the stored bars of a series in a range from any others: their number and a hash of their values."""

    bars: int
    hash: int


class BarReader(Protocol):
    """Reads bars as traded. Moments are those at which bars opened (for daily bars 00:00 UTC of the date)."""

    def read(self, series: Sequence[Series], first: datetime | None, last: datetime | None) -> pa.Table:
        """Bars that opened in first..last (None: unbounded) in BAR_SCHEMA, sorted by venue, symbol, interval and time.

        Intervals are sorted as text.
        """
        ...

    def series(self, interval: Interval | None = None) -> list[Series]:
        """Series that have bars, sorted; of one interval, or of all."""
        ...

    def intervals(self, instrument: Instrument) -> list[Interval]:
        """Intervals that an instrument has bars of, from short to long."""
        ...


class BarRepository(BarReader, Protocol):
    """The stored bars."""

    def upsert(self, bars: pa.Table, source: str) -> UpsertCount:
        """Insert new bars, update those that differ, leave the rest alone, in one transaction.

        `bars` has BAR_SCHEMA, or TURNOVER_SCHEMA, whose null leaves what is stored; the keys (symbol, venue, interval,
        opened_at) are unique. Unknown instruments are added.
        """
        ...

    def read_turnover(self, series: Sequence[Series], first: datetime | None, last: datetime | None) -> pa.Table:
        """As `read`, in TURNOVER_SCHEMA."""
        ...

    def read_venue(self, venue: str, interval: Interval, first: datetime, last: datetime) -> pa.Table:
        """As `read`, for every series of a venue in an interval; in TURNOVER_SCHEMA where any bar has turnover.

        The metadata of its schema hold `digests` of the same moment, for `digests_of`.
        """
        ...

    def digests(self, series: Sequence[Series], first: datetime, last: datetime) -> Mapping[Series, SeriesDigest]:
        """Those of the bars that opened in first..last, for the series that have some.

        They are computed where the bars lie and can be compared with each other alone.
        """
        ...

    def read_last(self, series: Sequence[Series], last: datetime, count: int) -> pa.Table:
        """As `read`, of each series the newest `count` bars that opened at or before `last`."""
        ...

    def read_closes(self, series: Sequence[Series], last: datetime, count: int) -> pa.Table:
        """As `read_last`, with the columns of CLOSE_SCHEMA alone."""
        ...

    def last_closes(self, series: Sequence[Series], moment: datetime) -> Mapping[Series, Close]:
        """The newest close at or before a moment, however old, for the series that have one."""
        ...

    def newest_before(self, series: Sequence[Series], before: datetime) -> Mapping[Series, datetime]:
        """When the newest stored bar that opened before `before` did, for the series that have one."""
        ...

    def first_closes(self, series: Sequence[Series]) -> Mapping[Series, datetime]:
        """When the first stored bar closed (UTC), for the series that have one."""
        ...

    def extents(self) -> list[SeriesExtent]:
        """How much is stored of every series, sorted by it."""
        ...

    def remove(self, series: Sequence[Series]) -> int:
        """Remove all bars and indicators of these series; returns how many bars there were."""
        ...

    def count(self) -> int:
        """Stored bars."""
        ...


class ActionVersion(NamedTuple):
    """A corporate action as a source told it, from when to when that held (None: it holds)."""

    action: CorporateAction
    source: str
    seen_at: datetime
    withdrawn_at: datetime | None = None

    def holds(self, moment: datetime) -> bool:
        """Whether it was known at a moment."""
        return self.seen_at <= moment and (self.withdrawn_at is None or moment < self.withdrawn_at)


Covered = Mapping[Instrument, tuple[date, date]]
NOTHING_COVERED: Covered = {}


class CorporateActionRepository(Protocol):
    """Splits, dividends and the ends of instruments: versions, of which one of each key (`CorporateAction.key`) holds.

    What a PERSON said is neither changed nor withdrawn by any other source.
    """

    def upsert(
        self, actions: Iterable[CorporateAction], source: str, covered: Covered = NOTHING_COVERED
    ) -> UpsertCount:
        """Add new actions, and a new version of those that changed.

        What this source told before about a day that is `covered` (of an instrument, from .. to) and does not tell any
        more is withdrawn. That is not counted.
        """
        ...

    def withdraw(self, instrument: Instrument, ex_date: date, kind: ActionKind) -> bool:
        """Withdraw what holds of a key, whoever told it; False where nothing does."""
        ...

    def read(self, instruments: Sequence[Instrument], last: date, first: date | None = None) -> list[CorporateAction]:
        """Actions that hold, with first <= ex-date <= last, sorted."""
        ...

    def changed_at(self) -> datetime | None:
        """When the newest version was seen or withdrawn; None where there never was any."""
        ...

    def versions(
        self, instruments: Sequence[Instrument] | None = None, since: datetime | None = None
    ) -> list[ActionVersion]:
        """Every version of these instruments (None: of all) that was seen or withdrawn after `since` (None: ever).

        They are sorted by key and the time they were seen.
        """
        ...


class IndicatorRepository(Protocol):
    """Indicators as published for each period: a copy of what it saw, never an input to a decision."""

    def upsert(self, rows: pa.Table) -> UpsertCount:
        """Insert or update rows of INDICATOR_SCHEMA."""
        ...

    def read(self, series: Sequence[Series], opened_at: datetime) -> pa.Table:
        """Rows of a period in INDICATOR_SCHEMA, sorted by venue, symbol and interval."""
        ...

    def count(self) -> int:
        """Stored rows."""
        ...


def with_digests(table: pa.Table, digests: Mapping[Series, SeriesDigest]) -> pa.Table:
    """`table`, of one venue and interval, with the digests in the metadata of its schema (and of a Parquet file).

    They are in the order of symbols, whatever order a database gave them in: the same bars make the same file.
    """
    by_symbol = {one.symbol: found for one, found in digests.items()}
    return table.replace_schema_metadata({DIGESTS: json.dumps(by_symbol, sort_keys=True)})


def digests_of(schema: pa.Schema) -> dict[str, SeriesDigest]:
    """The digests of a table of one venue and interval by symbol; none where it was written without."""
    found = json.loads((schema.metadata or {}).get(DIGESTS, b"{}"))
    return {symbol: SeriesDigest(*digest) for symbol, digest in found.items()}


def with_known_turnover(table: pa.Table) -> pa.Table:
    """A TURNOVER_SCHEMA table, or BAR_SCHEMA where no bar has any turnover."""
    known = any(table[name].null_count < table.num_rows for name in TURNOVER)
    return table if known else table.select(BAR_SCHEMA.names)


def series_of(table: pa.Table) -> list[Series]:
    """The series of each row of a table with KEYS."""
    names = zip(*(table[key].to_pylist() for key in KEYS), strict=True)
    return [Series(Instrument(symbol, venue), Interval(interval)) for symbol, venue, interval in names]


def series_starts(table: pa.Table) -> NDArray[np.int64]:
    """First row of each series of a table sorted as `BarRepository.read` sorts, and last the number of rows.

    Raises:
        ValueError: the bars of a series are not in ascending order of time, or one is there twice.
    """
    last = table.num_rows - 1
    if last < 0:
        return np.zeros(1, dtype=np.int64)
    keys = table.select(list(KEYS))
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
    import pyarrow.compute as pc

    one, other = keys.take(pa.array(left)), keys.take(pa.array(right))
    flags: NDArray[np.bool_] = np.logical_or.reduce([pc.not_equal(one[key], other[key]).to_numpy() for key in KEYS])
    return flags


def split_by_series(table: pa.Table) -> dict[Series, Bars]:
    """Bars of each series of a table sorted as `BarRepository.read` sorts; columns are shared, not copied."""
    starts = series_starts(table).tolist()
    opened, closed = _times(table["opened_at"]), _times(table["closed_at"])
    columns: dict[str, Any] = {name: np.ascontiguousarray(table[name].to_numpy()) for name in COLUMNS}
    names = table.select(list(KEYS)).take(pa.array(starts[:-1], pa.int64())).to_pylist()
    split: dict[Series, Bars] = {}
    for (start, end), name in zip(pairwise(starts), names, strict=True):
        series = Series(Instrument(name["symbol"], name["venue"]), Interval(name["interval"]))
        window = slice(start, end)
        values = {column: array[window] for column, array in columns.items()}
        split[series] = Bars(series.instrument, series.interval, opened[window], closed[window], **values)
    return split


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
