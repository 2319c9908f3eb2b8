"""Bars into PostgreSQL, again, and out: our Arrow way beside to_sql, COPY, ON CONFLICT DO UPDATE and read_sql.

All on one embedded server in a temporary folder. The peers get a flat table with the same columns and primary key.
"""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pandas as pd
import psycopg
import pyarrow as pa
import pyarrow.compute as pc
from sqlalchemy import Engine, create_engine

from algo_trading.bootstrap import App, bootstrap, embedded_postgres
from algo_trading.domain.instrument import Instrument, Interval
from algo_trading.repositories.bars import BAR_SCHEMA
from algo_trading.settings import load_settings
from bench.measure import Contender, Goal, Progress, Result, measure
from bench.series import bar_table

Rows = list[tuple[object, ...]]

SYMBOLS, BARS = 200, 5_000
FEW_SYMBOLS = 20  # for the row-wise peers, which would take minutes
COLUMNS = ", ".join(BAR_SCHEMA.names)
TYPES = ["text", "text", "text", "timestamptz", "timestamptz", *["float8"] * 5]
FLAT = """
    symbol text, venue text, interval text, opened_at timestamptz, closed_at timestamptz NOT NULL,
    open float8 NOT NULL, high float8 NOT NULL, low float8 NOT NULL, close float8 NOT NULL, volume float8 NOT NULL
"""
KEY = "symbol, venue, interval, opened_at"
SET_ALL = ", ".join(f"{name} = EXCLUDED.{name}" for name in BAR_SCHEMA.names[4:])


@contextmanager
def fresh_app() -> Iterator[App]:
    """The application on a server of its own, which is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="bench-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)  # as root, the server runs as another user
        os.environ["ALGO_HOME"] = folder
        settings = load_settings()
        try:
            with bootstrap(settings) as app:
                yield app
        finally:
            embedded_postgres(settings).stop()


def benchmark(progress: Progress) -> list[Result]:
    """Load, reload and read."""
    progress("starting PostgreSQL")
    with fresh_app() as app, psycopg.connect(app.database.url, autocommit=True) as connection:
        connection.execute(f"CREATE TABLE flat ({FLAT}, PRIMARY KEY ({KEY}))")
        engine = create_engine(app.database.url.replace("postgresql://", "postgresql+psycopg://"))
        table = bar_table(SYMBOLS, BARS)
        rows = list(zip(*(column.to_pylist() for column in table.columns), strict=True))
        try:
            return [
                load(app, connection, engine, table, rows, progress),
                reload(app, connection, table, rows, progress),
                read(app, engine, table, progress),
            ]
        finally:
            engine.dispose()


def load(
    app: App, connection: psycopg.Connection, engine: Engine, table: pa.Table, rows: Rows, progress: Progress
) -> Result:
    """Into an empty table."""
    few = table.slice(0, FEW_SYMBOLS * BARS)
    frame = few.to_pandas()

    def empty(name: str) -> None:
        connection.execute(f"TRUNCATE {name}")

    timings = measure(
        [
            Contender(
                "ours (Arrow, anti-join)", lambda: app.bars.upsert(table, "bench"), len(table), lambda: empty("bars")
            ),
            Contender("psycopg COPY binary", lambda: copy_into(connection, rows), len(table), lambda: empty("flat")),
            Contender(
                "pandas to_sql",
                lambda: frame.to_sql("flat", engine, if_exists="append", index=False, chunksize=10_000),
                len(few),
                lambda: empty("flat"),
                rounds=1,
            ),
        ],
        3,
        progress,
    )
    ours, _, to_sql = timings
    return Result(
        "Load bars into an empty table",
        f"{len(table):,} rows: {SYMBOLS} symbols x {BARS:,} bars (to_sql: {len(few):,} rows)",
        timings,
        [Goal("times to_sql", 10, ours.rate / to_sql.rate)],
        ["ours resolves instruments and writes into yearly partitions; COPY's rows were made into tuples beforehand"],
    )


def reload(app: App, connection: psycopg.Connection, table: pa.Table, rows: Rows, progress: Progress) -> Result:
    """The same rows again, and with one in a hundred revised."""
    connection.execute("TRUNCATE bars, flat")
    app.bars.upsert(table, "bench")
    copy_into(connection, rows)
    connection.execute("VACUUM ANALYZE bars, flat")
    sizes = [table_size(connection, name) for name in ("bars", "flat")]
    revised = pc.if_else(pa.array(np.arange(len(table)) % 100 == 0), pc.add(table["volume"], 1.0), table["volume"])
    changed = table.set_column(BAR_SCHEMA.get_field_index("volume"), "volume", revised)
    timings = measure(
        [
            Contender("ours, unchanged", lambda: app.bars.upsert(table, "bench"), len(table)),
            Contender(
                "ours, 1 % revised",
                lambda: app.bars.upsert(changed, "bench"),
                len(table),
                lambda: app.bars.upsert(table, "bench"),
            ),
            Contender(
                "COPY + ON CONFLICT DO UPDATE",
                lambda: copy_and_update(connection, rows),
                len(table),
                rounds=1,
            ),
        ],
        3,
        progress,
    )
    growth = [table_size(connection, name) / size for name, size in zip(("bars", "flat"), sizes, strict=True)]
    return Result(
        "Load the same bars again",
        f"{len(table):,} rows",
        timings,
        [Goal("times ON CONFLICT DO UPDATE", 3, timings[0].rate / timings[2].rate)],
        [
            f"size of the table afterwards, of the size before: ours {growth[0]:.2f}, DO UPDATE {growth[1]:.2f}",
        ],
    )


def read(app: App, engine: Engine, table: pa.Table, progress: Progress) -> Result:
    """Everything, in order."""
    instruments = [Instrument(f"S{number:05}") for number in range(SYMBOLS)]
    query = f"SELECT {COLUMNS} FROM flat ORDER BY venue, symbol, opened_at"

    def by_pandas() -> pd.DataFrame:
        with engine.connect() as connection:
            return pd.read_sql(query, connection)

    timings = measure(
        [
            Contender("ours (Arrow)", lambda: app.bars.read(instruments, Interval.DAY, None, None), len(table)),
            Contender("pandas read_sql", by_pandas, len(table), rounds=2),
        ],
        3,
        progress,
    )
    return Result(
        "Read bars, sorted by venue, symbol and time",
        f"{len(table):,} rows",
        timings,
        [Goal("times read_sql", 3, timings[0].rate / timings[1].rate)],
    )


def copy_into(connection: psycopg.Connection, rows: Rows, target: str = "flat") -> None:
    """Binary COPY, row by row, as psycopg documents it."""
    with connection.cursor() as cursor, cursor.copy(f"COPY {target} ({COLUMNS}) FROM STDIN (FORMAT BINARY)") as copy:
        copy.set_types(TYPES)
        for row in rows:
            copy.write_row(row)


def copy_and_update(connection: psycopg.Connection, rows: Rows) -> None:
    """The usual upsert: COPY into a temporary table, then ON CONFLICT DO UPDATE."""
    with connection.transaction():
        connection.execute(f"CREATE TEMPORARY TABLE incoming ({FLAT}) ON COMMIT DROP")
        copy_into(connection, rows, "incoming")
        connection.execute("ANALYZE incoming")
        connection.execute(
            f"INSERT INTO flat ({COLUMNS}) SELECT {COLUMNS} FROM incoming ON CONFLICT ({KEY}) DO UPDATE SET {SET_ALL}"
        )


def table_size(connection: psycopg.Connection, name: str) -> int:
    """Bytes of a table with its indexes and partitions."""
    row = connection.execute(
        "SELECT pg_total_relation_size(%(name)s::regclass)"
        " + coalesce((SELECT sum(pg_total_relation_size(relid)) FROM pg_partition_tree(%(name)s::regclass)), 0)",
        {"name": name},
    ).fetchone()
    assert row is not None
    return int(row[0])
