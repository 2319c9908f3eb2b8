"""Reading many bars: the server finds them, and Arrow names and sorts them.

Per row the server sends the id of the instrument instead of three texts, in whatever order it finds the rows: names
are joined and rows sorted here, which takes a tenth of the time. Of a whole venue it sends a value for each series and
column, which holds all rows: ADBC's time for each cell, a microsecond and a half for each row, is spent once a series.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from algo_trading.adapters.postgres.upsert import SEPARATOR, any_of
from algo_trading.domain.bars import TURNOVER
from algo_trading.domain.instrument import Instrument, Series
from algo_trading.domain.time import Interval
from algo_trading.repositories.bars import BAR_SCHEMA, KEYS, SeriesDigest

if TYPE_CHECKING:
    from algo_trading.adapters.postgres.database import ArrowConnection

# Series as three texts of parts, which is how ADBC takes lists (SEPARATOR is chr(31)).
WANTED = """
    SELECT i.id, i.symbol, i.venue, w.interval
    FROM unnest(string_to_array($1, chr(31)), string_to_array($2, chr(31)), string_to_array($3, chr(31)))
        AS w (symbol, venue, interval)
    JOIN instruments AS i USING (symbol, venue)
    """
BY_NAME = 'ORDER BY venue COLLATE "C", symbol COLLATE "C"'
POSTGRES_EPOCH = np.datetime64("2000-01-01", "us").astype(np.int64)  # from which its binary times count microseconds
CELL = 8  # bytes of a time or number in PostgreSQL's binary form


def _values(schema: pa.Schema) -> str:
    """The columns beside KEYS, for a query."""
    return ", ".join(name for name in schema.names if name not in KEYS)


VALUES = _values(BAR_SCHEMA)


def names_of(series: Sequence[Series]) -> tuple[str, str, str]:
    """Symbols, venues and intervals, as WANTED takes them."""
    names = sorted({(one.symbol, one.venue, str(one.interval)) for one in series})
    return tuple(SEPARATOR.join(name[part] for name in names) for part in range(3))  # type: ignore[return-value]


def series_ids(connection: ArrowConnection, series: Sequence[Series]) -> pa.Table:
    """`id` of the instrument and KEYS of the series whose instruments are stored, in the order of their bars."""
    query = f'WITH wanted AS ({WANTED}) SELECT * FROM wanted {BY_NAME}, interval COLLATE "C"'
    return connection.read(query, names_of(series))


def venue_ids(connection: ArrowConnection, venue: str, interval: Interval) -> pa.Table:
    """As `series_ids`, for every instrument of a venue."""
    query = f"SELECT id, symbol, venue, $2 AS interval FROM instruments WHERE venue = $1 {BY_NAME}"
    return connection.read(query, (venue, str(interval)))


def bars_between(
    connection: ArrowConnection,
    series: pa.Table,
    first: datetime | None,
    last: datetime | None,
    schema: pa.Schema = BAR_SCHEMA,
) -> pa.Table:
    """The bars of `series` (of `series_ids`) that opened in first..last (None: unbounded), in `schema` and sorted."""
    values = _values(schema)

    def query(interval: Interval, ids: str) -> str:
        return f"SELECT instrument_id, {values} FROM bars WHERE {_where(interval, ids, first, last)}"

    return _read(connection, series, query, schema)


def bars_packed(
    connection: ArrowConnection,
    series: pa.Table,
    first: datetime,
    last: datetime,
    schema: pa.Schema = BAR_SCHEMA,
) -> pa.Table:
    """As `bars_between`, of many bars of each series in few partitions: the server sends each column in one piece."""
    fields = [field for field in schema if field.name not in KEYS]

    def query(interval: Interval, ids: str) -> str:
        return f"""
            SELECT b.*
            FROM instruments AS w CROSS JOIN LATERAL (
                SELECT w.id AS instrument_id, {", ".join(map(_packed, fields))}
                FROM bars
                WHERE instrument_id = w.id AND {_in_range(interval, first, last)}
            ) AS b
            WHERE w.id = {ids} AND b.opened_at IS NOT NULL
            """

    return _read(connection, series, query, schema, lambda table: _unpacked(table, fields))


def _packed(field: pa.Field) -> str:
    """A column's cells one after the other, for a query; string_agg passes over nulls."""
    if pa.types.is_timestamp(field.type):
        return f"string_agg(timestamptz_send({field.name}), '') AS {field.name}"
    return f"string_agg(float8send(coalesce({field.name}, 'NaN')), '') AS {field.name}"


def _unpacked(packed: pa.Table, fields: Sequence[pa.Field]) -> pa.Table:
    """The rows of `bars_packed`; NaN is null where there may be one."""
    counts = [len(cells) // CELL for cells in packed["opened_at"].to_pylist()]
    columns = {"instrument_id": pa.array(np.repeat(packed["instrument_id"].to_numpy(), counts))}
    for field in fields:
        content = b"".join(packed[field.name].to_pylist())
        if pa.types.is_timestamp(field.type):
            moments = np.frombuffer(content, ">i8").astype(np.int64) + POSTGRES_EPOCH
            columns[field.name] = pa.array(moments).view(field.type)
        else:
            values = np.frombuffer(content, ">f8").astype(np.float64)
            columns[field.name] = pa.array(values, from_pandas=field.name in TURNOVER)
    return pa.table(columns)


def last_bars(
    connection: ArrowConnection, series: pa.Table, last: datetime, count: int, schema: pa.Schema = BAR_SCHEMA
) -> pa.Table:
    """As `bars_between`, of each series the newest `count` bars that opened at or before `last`.

    With a `schema` that has KEYS and fewer of the other columns only these are read.
    """
    values = _values(schema)

    # One descending index scan for each series, whatever the length of its history.
    def query(interval: Interval, ids: str) -> str:
        return f"""
            SELECT w.id AS instrument_id, {values}
            FROM instruments AS w CROSS JOIN LATERAL (
                SELECT {values} FROM bars
                WHERE instrument_id = w.id AND interval = '{interval}' AND opened_at <= '{last.isoformat()}'
                ORDER BY opened_at DESC LIMIT {int(count)}
            ) AS b
            WHERE w.id = {ids}
            """

    return _read(connection, series, query, schema)


def bar_digests(
    connection: ArrowConnection, series: pa.Table, first: datetime, last: datetime
) -> dict[Series, SeriesDigest]:
    """The digests of `series` (of `series_ids`) over first..last."""
    found: dict[Series, SeriesDigest] = {}
    for interval in pc.unique(series["interval"]).to_pylist():
        rows = series.filter(pc.equal(series["interval"], interval)).to_pylist()
        names = {row["id"]: Series(Instrument(row["symbol"], row["venue"]), Interval(interval)) for row in rows}
        table = connection.read(
            f"SELECT instrument_id, count(*) AS bars, bit_xor(hash_record_extended(ROW({VALUES}), 0)) AS hash "
            f"FROM bars WHERE {_where(Interval(interval), any_of(names), first, last)} GROUP BY instrument_id"
        )
        found |= {names[row["instrument_id"]]: SeriesDigest(row["bars"], row["hash"]) for row in table.to_pylist()}
    return found


def _where(interval: Interval, ids: str, first: datetime | None, last: datetime | None) -> str:
    return f"instrument_id = {ids} AND {_in_range(interval, first, last)}"


def _in_range(interval: Interval, first: datetime | None, last: datetime | None) -> str:
    conditions = [f"interval = '{interval}'"]
    conditions += [f"opened_at >= '{first.isoformat()}'"] if first else []
    conditions += [f"opened_at <= '{last.isoformat()}'"] if last else []
    return " AND ".join(conditions)


def _read(
    connection: ArrowConnection,
    series: pa.Table,
    query: Callable[[Interval, str], str],
    schema: pa.Schema = BAR_SCHEMA,
    unpacked: Callable[[pa.Table], pa.Table] = lambda table: table,
) -> pa.Table:
    """The rows that the queries of the intervals give (instrument_id and values), in `schema` and sorted."""
    tables, places = [], []
    for interval in pc.unique(series["interval"]).to_pylist():
        chosen = pc.equal(series["interval"], interval).to_numpy()
        ids = series["id"].to_numpy()[chosen]
        table = unpacked(connection.read(query(Interval(interval), any_of(ids))))
        place_of_id = np.zeros(ids.max() + 1, dtype=np.int32)
        place_of_id[ids] = np.flatnonzero(chosen)
        places.append(place_of_id[table["instrument_id"].to_numpy()])
        tables.append(table.drop_columns(["instrument_id"]))
    if not tables:
        return schema.empty_table()
    table, place = pa.concat_tables(tables), np.concatenate(places)
    order = np.lexsort((table["opened_at"].cast(pa.int64()).to_numpy(), place))
    names = series.select(list(KEYS)).take(pa.array(place[order]))
    values = table.take(pa.array(order))
    return pa.table([*names.columns, *values.columns], schema=schema)
