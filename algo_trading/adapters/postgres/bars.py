"""Bars, corporate actions and indicators in PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING

import pyarrow as pa
from sqlalchemy import func, select

from algo_trading.adapters.postgres.instruments import among
from algo_trading.adapters.postgres.schema import bars, indicators
from algo_trading.adapters.postgres.schema import instruments as known
from algo_trading.adapters.postgres.upsert import Upsert
from algo_trading.domain.bars import COLUMNS
from algo_trading.domain.corporate_actions import ActionKind, CorporateAction
from algo_trading.domain.instrument import Instrument, Interval
from algo_trading.repositories.bars import BAR_SCHEMA, INDICATOR_SCHEMA, INDICATORS, UpsertCount

if TYPE_CHECKING:
    from algo_trading.adapters.postgres.database import Database

INTO_BARS = Upsert("bars", ("interval", "opened_at"), ("closed_at", *COLUMNS), ("source",), pruned_by="opened_at")
INTO_ACTIONS = Upsert("corporate_actions", ("ex_date", "kind"), ("value",), ("source",))
INTO_INDICATORS = Upsert("indicators", ("interval", "opened_at"), INDICATORS, pruned_by="opened_at")

ACTION_SCHEMA = pa.schema(
    [
        ("symbol", pa.string()),
        ("venue", pa.string()),
        ("ex_date", pa.date32()),
        ("kind", pa.string()),
        ("value", pa.float64()),
    ]
)

BEGINNING, END = date.min, date.max - timedelta(days=1)  # there is no day after date.max to stop before


class PostgresBars:
    """Implements BarRepository."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def upsert(self, bars: pa.Table, source: str) -> UpsertCount:
        with self._database.arrow() as connection:
            return INTO_BARS.run(connection, _with_source(bars.select(BAR_SCHEMA.names), source))

    def read(
        self, instruments: Sequence[Instrument], interval: Interval, first: date | None, last: date | None
    ) -> pa.Table:
        symbols, venues = _names(instruments)
        return self._read(
            "(i.symbol, i.venue) IN (SELECT * FROM unnest(string_to_array($4, $6), string_to_array($5, $6)))",
            interval,
            first,
            last,
            (symbols, venues, SEPARATOR),
        )

    def read_venue(self, venue: str, interval: Interval, first: date, last: date) -> pa.Table:
        return self._read("i.venue = $4", interval, first, last, (venue,))

    def _read(
        self, condition: str, interval: Interval, first: date | None, last: date | None, parameters: tuple[str, ...]
    ) -> pa.Table:
        columns = ", ".join(f"b.{name}" for name in COLUMNS)
        query = f"""
            SELECT i.symbol, i.venue, b.interval, b.opened_at, b.closed_at, {columns}
            FROM bars AS b JOIN instruments AS i ON i.id = b.instrument_id
            WHERE b.interval = $1 AND b.opened_at >= $2 AND b.opened_at < $3 AND {condition}
            ORDER BY i.venue COLLATE "C", i.symbol COLLATE "C", b.opened_at
            """
        bounds = (_midnight(first or BEGINNING), _midnight(min(last or END, END) + timedelta(days=1)))
        with self._database.arrow() as connection:
            return connection.read(query, (str(interval), *bounds, *parameters)).cast(BAR_SCHEMA)

    def newest_before(
        self, instruments: Sequence[Instrument], interval: Interval, before: date
    ) -> Mapping[Instrument, date]:
        symbols, venues = _names(instruments)
        # One descending index look-up for each instrument, whatever the length of its history.
        query = """
            SELECT i.symbol, i.venue, newest.opened_at
            FROM unnest(string_to_array($1, $5), string_to_array($2, $5)) AS wanted (symbol, venue)
            JOIN instruments AS i USING (symbol, venue)
            CROSS JOIN LATERAL (
                SELECT b.opened_at FROM bars AS b
                WHERE b.instrument_id = i.id AND b.interval = $3 AND b.opened_at < $4
                ORDER BY b.opened_at DESC LIMIT 1
            ) AS newest
            """
        with self._database.arrow() as connection:
            rows = connection.read(query, (symbols, venues, str(interval), _midnight(before), SEPARATOR)).to_pylist()
        return {Instrument(row["symbol"], row["venue"]): row["opened_at"].date() for row in rows}

    def instruments(self, interval: Interval) -> list[Instrument]:
        stored = select(bars.c.closed_at).where(bars.c.instrument_id == known.c.id, bars.c.interval == str(interval))
        query = select(known.c.symbol, known.c.venue).where(stored.exists())
        with self._database.engine.connect() as connection:
            found = [Instrument(row.symbol, row.venue) for row in connection.execute(query)]
        return sorted(found, key=lambda instrument: (instrument.venue, instrument.symbol))

    def first_closes(self, instruments: Sequence[Instrument], interval: Interval) -> Mapping[Instrument, datetime]:
        # Without ADBC: those who ask this have often nothing else to do, and opening its connection takes longer.
        oldest = (
            select(bars.c.closed_at)
            .where(bars.c.instrument_id == known.c.id, bars.c.interval == str(interval))
            .order_by(bars.c.opened_at)
            .limit(1)
            .scalar_subquery()
        )
        query = select(known.c.symbol, known.c.venue, oldest.label("closed_at")).where(among(instruments))
        with self._database.engine.connect() as connection:
            return {
                Instrument(row.symbol, row.venue): row.closed_at.astimezone(UTC)
                for row in connection.execute(query)
                if row.closed_at is not None
            }

    def count(self) -> int:
        with self._database.engine.connect() as connection:
            return connection.execute(select(func.count()).select_from(bars)).scalar_one()


class PostgresCorporateActions:
    """Implements CorporateActionRepository."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def upsert(self, actions: Iterable[CorporateAction], source: str) -> UpsertCount:
        rows = [
            {
                "symbol": action.instrument.symbol,
                "venue": action.instrument.venue,
                "ex_date": action.ex_date,
                "kind": str(action.kind),
                "value": action.value,
            }
            for action in sorted(set(actions))
        ]
        if not rows:
            return UpsertCount()
        table = _with_source(pa.Table.from_pylist(rows, schema=ACTION_SCHEMA), source)
        with self._database.arrow() as connection:
            return INTO_ACTIONS.run(connection, table)

    def read(self, instruments: Sequence[Instrument], last: date, first: date | None = None) -> list[CorporateAction]:
        symbols, venues = _names(instruments)
        query = """
            SELECT i.symbol, i.venue, a.ex_date, a.kind, a.value
            FROM corporate_actions AS a JOIN instruments AS i ON i.id = a.instrument_id
            WHERE (i.symbol, i.venue) IN (SELECT * FROM unnest(string_to_array($1, $3), string_to_array($2, $3)))
              AND a.ex_date BETWEEN $4 AND $5
            """
        with self._database.arrow() as connection:
            rows = connection.read(query, (symbols, venues, SEPARATOR, first or BEGINNING, last)).to_pylist()
        return sorted(
            CorporateAction(
                Instrument(row["symbol"], row["venue"]), row["ex_date"], ActionKind(row["kind"]), row["value"]
            )
            for row in rows
        )


class PostgresIndicators:
    """Implements IndicatorRepository."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def upsert(self, rows: pa.Table) -> UpsertCount:
        with self._database.arrow() as connection:
            return INTO_INDICATORS.run(connection, rows.select(INDICATOR_SCHEMA.names))

    def read(self, instruments: Sequence[Instrument], interval: Interval, session: date) -> pa.Table:
        symbols, venues = _names(instruments)
        query = f"""
            SELECT i.symbol, i.venue, n.interval, n.opened_at, {", ".join(f"n.{name}" for name in INDICATORS)}
            FROM indicators AS n JOIN instruments AS i ON i.id = n.instrument_id
            WHERE (i.symbol, i.venue) IN (SELECT * FROM unnest(string_to_array($1, $3), string_to_array($2, $3)))
              AND n.interval = $4 AND n.opened_at = $5
            ORDER BY i.venue COLLATE "C", i.symbol COLLATE "C"
            """
        with self._database.arrow() as connection:
            parameters = (symbols, venues, SEPARATOR, str(interval), _midnight(session))
            return connection.read(query, parameters).cast(INDICATOR_SCHEMA)

    def count(self) -> int:
        with self._database.engine.connect() as connection:
            return connection.execute(select(func.count()).select_from(indicators)).scalar_one()


# ADBC binds no arrays, so names travel as one string; the separator is a control character no symbol has.
SEPARATOR = "\x1f"


def _names(instruments: Sequence[Instrument]) -> tuple[str, str]:
    return SEPARATOR.join(i.symbol for i in instruments), SEPARATOR.join(i.venue for i in instruments)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def _with_source(table: pa.Table, source: str) -> pa.Table:
    return table.append_column("source", pa.repeat(source, table.num_rows).cast(pa.string()))
