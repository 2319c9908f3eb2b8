"""Bars, corporate actions and indicators in PostgreSQL."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pyarrow as pa
from sqlalchemy import delete, func, select, text

from algo_trading.adapters.postgres.instruments import instrument_id
from algo_trading.adapters.postgres.price_changes import ANNOUNCE
from algo_trading.adapters.postgres.read_bars import (
    WANTED,
    bar_digests,
    bars_between,
    bars_packed,
    last_bars,
    names_of,
    series_ids,
    venue_ids,
)
from algo_trading.adapters.postgres.schema.market import bars, indicators, instruments
from algo_trading.adapters.postgres.schema.market import series as stored_series
from algo_trading.adapters.postgres.upsert import Upsert
from algo_trading.domain.bars import COLUMNS, TURNOVER
from algo_trading.domain.instrument import Instrument, Series
from algo_trading.domain.time import Interval
from algo_trading.domain.venue import AssetClass, venues
from algo_trading.repositories.bars import (
    BAR_SCHEMA,
    CLOSE_SCHEMA,
    INDICATOR_SCHEMA,
    INDICATORS,
    TURNOVER_SCHEMA,
    Close,
    SeriesDigest,
    SeriesExtent,
    UpsertCount,
    with_digests,
    with_known_turnover,
)

if TYPE_CHECKING:
    from algo_trading.adapters.postgres.database import ArrowConnection, Database

# What is stored of each series, kept with its bars: counting millions of them takes seconds.
ADD_TO_SERIES = """
INSERT INTO series AS s (instrument_id, interval, first_opened_at, last_opened_at, bars)
SELECT * FROM jsonb_to_recordset($1::jsonb) AS new
    (instrument_id int, interval text, opened_at_min timestamptz, opened_at_max timestamptz, opened_at_count bigint)
ON CONFLICT (instrument_id, interval) DO UPDATE SET
    first_opened_at = least(s.first_opened_at, excluded.first_opened_at),
    last_opened_at = greatest(s.last_opened_at, excluded.last_opened_at),
    bars = s.bars + excluded.bars
RETURNING 1
"""
STORED = (
    select(instruments.c.symbol, instruments.c.venue, stored_series.c.interval)
    .select_from(stored_series.join(instruments))
    .where(stored_series.c.bars > 0)
)
# One bar of each series, by an index scan for each. Through psycopg: it costs a short command no import of Arrow, which
# brings pandas along.
ONE_OF_EACH = """
SELECT i.symbol, i.venue, w.interval, found.*
FROM unnest(CAST(:symbols AS text[]), CAST(:venues AS text[]), CAST(:intervals AS text[]))
    AS w (symbol, venue, interval)
JOIN instruments AS i USING (symbol, venue)
CROSS JOIN LATERAL (
    SELECT {columns} FROM bars AS b
    WHERE b.instrument_id = i.id AND b.interval = w.interval {condition}
    ORDER BY b.opened_at {order} LIMIT 1
) AS found
"""
EXTENTS = """
SELECT i.symbol, i.venue, s.interval, s.first_opened_at, s.last_opened_at, s.bars
FROM series AS s JOIN instruments AS i ON i.id = s.instrument_id
"""


def _add_to_series(connection: ArrowConnection, new: pa.Table) -> None:
    found = new.group_by(["instrument_id", "interval"]).aggregate([("opened_at", of) for of in ("min", "max", "count")])
    connection.write(ADD_TO_SERIES, found.to_pylist())
    connection.read(ANNOUNCE)


INTO_BARS = Upsert(
    "bars",
    ("interval", "opened_at"),
    ("closed_at", *COLUMNS),
    ("source",),
    pruned_by="opened_at",
    optional=TURNOVER,
    added=_add_to_series,
)
INTO_INDICATORS = Upsert("indicators", ("interval", "opened_at"), INDICATORS, pruned_by="opened_at")


class PostgresBars:
    """Implements BarRepository."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def upsert(self, bars: pa.Table, source: str) -> UpsertCount:
        with self._database.arrow() as connection:
            return upsert_bars(connection, bars, source)

    def read(self, series: Sequence[Series], first: datetime | None, last: datetime | None) -> pa.Table:
        with self._database.arrow() as connection:
            return bars_between(connection, series_ids(connection, series), first, last)

    def read_turnover(self, series: Sequence[Series], first: datetime | None, last: datetime | None) -> pa.Table:
        with self._database.arrow() as connection:
            return bars_between(connection, series_ids(connection, series), first, last, TURNOVER_SCHEMA)

    def read_venue(self, venue: str, interval: Interval, first: datetime, last: datetime) -> pa.Table:
        with self._database.arrow() as connection:
            connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            series = venue_ids(connection, venue, interval)
            coins = venue in venues() and venues()[venue].asset_class is AssetClass.CRYPTO
            table = bars_packed(connection, series, first, last, TURNOVER_SCHEMA if coins else BAR_SCHEMA)
            return with_digests(
                with_known_turnover(table) if coins else table, bar_digests(connection, series, first, last)
            )

    def digests(self, series: Sequence[Series], first: datetime, last: datetime) -> Mapping[Series, SeriesDigest]:
        with self._database.arrow() as connection:
            return bar_digests(connection, series_ids(connection, series), first, last)

    def read_last(self, series: Sequence[Series], last: datetime, count: int) -> pa.Table:
        with self._database.arrow() as connection:
            return last_bars(connection, series_ids(connection, series), last, count)

    def read_closes(self, series: Sequence[Series], last: datetime, count: int) -> pa.Table:
        with self._database.arrow() as connection:
            return last_bars(connection, series_ids(connection, series), last, count, CLOSE_SCHEMA)

    def newest_before(self, series: Sequence[Series], before: datetime) -> Mapping[Series, datetime]:
        query = ONE_OF_EACH.format(columns="b.opened_at", condition="AND b.opened_at < :before", order="DESC")
        rows = self._one_of_each(query, series, before=before)
        return {one: row["opened_at"].astimezone(UTC) for one, row in rows.items()}

    def last_closes(self, series: Sequence[Series], moment: datetime) -> Mapping[Series, Close]:
        # A bar that closed by then opened before; the partitions after it need not be looked at.
        closed = "AND b.opened_at <= :moment AND b.closed_at <= :moment"
        query = ONE_OF_EACH.format(columns="b.close, b.closed_at", condition=closed, order="DESC")
        rows = self._one_of_each(query, series, moment=moment)
        return {one: Close(row["close"], row["closed_at"].astimezone(UTC)) for one, row in rows.items()}

    def series(self, interval: Interval | None = None) -> list[Series]:
        query = STORED if interval is None else STORED.where(stored_series.c.interval == str(interval))
        with self._database.engine.connect() as connection:
            return sorted(_series(dict(row)) for row in connection.execute(query).mappings())

    def intervals(self, instrument: Instrument) -> list[Interval]:
        query = STORED.where(instruments.c.symbol == instrument.symbol, instruments.c.venue == instrument.venue)
        with self._database.engine.connect() as connection:
            found = (Interval(row["interval"]) for row in connection.execute(query).mappings())
            return sorted(found, key=lambda one: one.order)

    def first_closes(self, series: Sequence[Series]) -> Mapping[Series, datetime]:
        rows = self._one_of_each(ONE_OF_EACH.format(columns="b.closed_at", condition="", order="ASC"), series)
        return {one: row["closed_at"].astimezone(UTC) for one, row in rows.items()}

    def _one_of_each(
        self, query: str, series: Sequence[Series], **parameters: datetime
    ) -> dict[Series, Mapping[str, Any]]:
        names = sorted({(one.symbol, one.venue, str(one.interval)) for one in series})
        wanted = {part: [name[n] for name in names] for n, part in enumerate(("symbols", "venues", "intervals"))}
        with self._database.engine.connect() as connection:
            found = [dict(row) for row in connection.execute(text(query), {**wanted, **parameters}).mappings()]
        return {_series(row): row for row in found}

    def extents(self) -> list[SeriesExtent]:
        with self._database.engine.connect() as connection:
            rows = [dict(row) for row in connection.execute(text(EXTENTS)).mappings()]
        found = [
            SeriesExtent(
                _series(row), row["first_opened_at"].astimezone(UTC), row["last_opened_at"].astimezone(UTC), row["bars"]
            )
            for row in rows
        ]
        return sorted(found, key=lambda extent: extent.series)

    def remove(self, series: Sequence[Series]) -> int:
        removed = 0
        with self._database.engine.begin() as connection:
            for one in series:
                for table in (indicators, stored_series, bars):
                    wanted = table.c.instrument_id == instrument_id(one.instrument)
                    gone = connection.execute(delete(table).where(wanted, table.c.interval == str(one.interval)))
                removed += gone.rowcount  # of the bars, which come last
        return removed

    def count(self) -> int:
        with self._database.engine.connect() as connection:
            return int(connection.execute(select(func.coalesce(func.sum(stored_series.c.bars), 0))).scalar_one())


class PostgresIndicators:
    """Implements IndicatorRepository."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def upsert(self, rows: pa.Table) -> UpsertCount:
        with self._database.arrow() as connection:
            return INTO_INDICATORS.run(connection, rows.select(INDICATOR_SCHEMA.names))

    def read(self, series: Sequence[Series], opened_at: datetime) -> pa.Table:
        query = f"""
            WITH wanted AS ({WANTED})
            SELECT w.symbol, w.venue, n.interval, n.opened_at, {", ".join(f"n.{name}" for name in INDICATORS)}
            FROM wanted AS w JOIN indicators AS n ON n.instrument_id = w.id AND n.interval = w.interval
            WHERE n.opened_at = $4
            ORDER BY w.venue COLLATE "C", w.symbol COLLATE "C", n.interval COLLATE "C"
            """
        with self._database.arrow() as connection:
            return connection.read(query, (*names_of(series), opened_at)).cast(INDICATOR_SCHEMA)

    def count(self) -> int:
        with self._database.engine.connect() as connection:
            return connection.execute(select(func.count()).select_from(indicators)).scalar_one()


def upsert_bars(connection: ArrowConnection, bars: pa.Table, source: str) -> UpsertCount:
    """As PostgresBars.upsert, in the transaction of `connection`."""
    schema = TURNOVER_SCHEMA if TURNOVER[0] in bars.column_names else BAR_SCHEMA
    return INTO_BARS.run(connection, _with_source(bars.select(schema.names), source))


def _series(row: Mapping[str, Any]) -> Series:
    return Series(Instrument(row["symbol"], row["venue"]), Interval(row["interval"]))


def _with_source(table: pa.Table, source: str) -> pa.Table:
    return table.append_column("source", pa.repeat(source, table.num_rows).cast(pa.string()))
