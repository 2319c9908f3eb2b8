"""Bars into PostgreSQL, again, and out: our Arrow way beside to_sql, COPY, ON CONFLICT DO UPDATE and read_sql.

All on one embedded server in a temporary folder. The peers get a flat table with the same columns and primary key.
"""

import multiprocessing
import tempfile
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd
import psycopg
import pyarrow as pa
import pyarrow.compute as pc
from sqlalchemy import Engine, create_engine

from algo_trading.adapters.local_objects import LocalObjects
from algo_trading.adapters.parquet_bars import ParquetBars
from algo_trading.adapters.postgres.embedded import EmbeddedPostgres
from algo_trading.bootstrap import bootstrap
from algo_trading.domain.instrument import Instrument, Series
from algo_trading.domain.time import Interval
from algo_trading.repositories.bars import BAR_SCHEMA, BarRepository
from algo_trading.services.export import ExportBars
from bench.measure import Contender, Goal, Progress, Result, measure
from bench.series import bar_table
from fakes.locks import FakeLocks

Rows = list[tuple[object, ...]]

SYMBOLS, BARS = 200, 5_000
ROUNDS = 3
MANY, TWENTY_YEARS = 500, 5_040
FEW_SYMBOLS = 20  # for the row-wise peers, which would take minutes
COLUMNS = ", ".join(BAR_SCHEMA.names)
TYPES = ["text", "text", "text", "timestamptz", "timestamptz", *["float8"] * 5]
FLAT = """
    symbol text, venue text, interval text, opened_at timestamptz, closed_at timestamptz NOT NULL,
    open float8 NOT NULL, high float8 NOT NULL, low float8 NOT NULL, close float8 NOT NULL, volume float8 NOT NULL
"""
KEY = "symbol, venue, interval, opened_at"
VALUES = BAR_SCHEMA.names[4:]
DIFFERENT = (
    f"WHERE ({', '.join(f'flat.{v}' for v in VALUES)}) IS DISTINCT FROM ({', '.join(f'EXCLUDED.{v}' for v in VALUES)})"
)
SET_ALL = ", ".join(f"{name} = EXCLUDED.{name}" for name in VALUES)


@dataclass(frozen=True)
class Setting:
    """Our repository and the peers' connections to one server, and the bars as a table and as tuples."""

    bars: BarRepository
    connection: psycopg.Connection
    engine: Engine
    table: pa.Table
    rows: Rows
    url: str

    def empty(self, table: str) -> None:
        """Remove every row of a table."""
        self.connection.execute(f"TRUNCATE {table}")

    def upsert(self) -> None:
        """Load the bars our way."""
        self.bars.upsert(self.table, "bench")


@contextmanager
def a_setting() -> Iterator[Setting]:
    """Everything on a server of its own, which is gone afterwards. A configured database is never touched."""
    with tempfile.TemporaryDirectory(prefix="bench-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)  # as root, the server runs as another user
        server = EmbeddedPostgres(Path(folder))
        engine = create_engine(server.url().replace("postgresql://", "postgresql+psycopg://"))
        try:
            server.start()
            with bootstrap(url=server.url()) as app, psycopg.connect(server.url(), autocommit=True) as connection:
                connection.execute(f"CREATE TABLE flat ({FLAT}, PRIMARY KEY ({KEY}))")
                table = bar_table(SYMBOLS, BARS)
                rows = list(zip(*(column.to_pylist() for column in table.columns), strict=True))
                yield Setting(app.bars, connection, engine, table, rows, server.url())
        finally:
            engine.dispose()
            server.stop()


def benchmark(progress: Progress) -> list[Result]:
    """Load, reload and read."""
    progress("starting PostgreSQL")
    with a_setting() as setting:
        measured = [load(setting, progress), reload(setting, progress), read(setting, progress)]
        return [*measured, read_copies(setting, progress)]


def load(setting: Setting, progress: Progress) -> Result:
    """Into an empty table."""
    n = len(setting.rows)
    few = setting.table.slice(0, FEW_SYMBOLS * BARS)
    frame = few.to_pandas()
    timings = measure(
        [
            Contender("ours", setting.upsert, n, lambda: setting.empty("bars")),
            Contender(
                "psycopg COPY binary",
                lambda: copy_into(setting.connection, setting.rows),
                n,
                lambda: setting.empty("flat"),
            ),
            Contender(
                "pandas to_sql",
                lambda: frame.to_sql("flat", setting.engine, if_exists="append", index=False, chunksize=10_000),
                len(few),
                lambda: setting.empty("flat"),
                rounds=1,
            ),
        ],
        ROUNDS,
        progress,
        warm_up=False,
    )
    return Result(
        "Load bars into an empty table",
        f"{n:,} rows: {SYMBOLS} symbols x {BARS:,} bars (to_sql: {len(few):,} rows)",
        timings,
        [
            Goal("times COPY", 0.75, timings[0].rate / timings[1].rate),
            Goal("times to_sql", 10, timings[0].rate / timings[2].rate),
            Goal("MB at the peak", 500, peak_of_a_load(setting), at_most=True),
        ],
        [
            "ours finds instruments, looks for rows that are there, and writes into yearly partitions",
            "COPY's rows were made into tuples beforehand, and it neither looks nor updates",
            "the peak is that of a process that makes the rows and loads them",
        ],
    )


def peak_of_a_load(setting: Setting) -> float:
    """Megabytes that a process of its own needs to load the bars into an empty table."""
    setting.empty("bars")
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        return pool.submit(_load_and_tell, setting.url).result()


def _load_and_tell(url: str) -> float:
    with bootstrap(url=url) as app:
        app.bars.upsert(bar_table(SYMBOLS, BARS), "bench")
    # Not ru_maxrss: a process inherits that of the one it was made by.
    peak = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
    return int(peak.split()[1]) / 1024


def reload(setting: Setting, progress: Progress) -> Result:
    """The same rows again, and with one in a hundred revised."""
    n = len(setting.rows)
    setting.empty("bars")
    setting.empty("flat")
    setting.upsert()
    copy_into(setting.connection, setting.rows)
    setting.connection.execute("VACUUM ANALYZE bars, flat")
    sizes = [table_size(setting.connection, name) for name in ("bars", "flat")]
    volume = setting.table["volume"]
    revised = pc.if_else(pa.array(np.arange(n) % 100 == 0), pc.add(volume, 1.0), volume)
    changed = setting.table.set_column(BAR_SCHEMA.get_field_index("volume"), "volume", revised)
    timings = measure(
        [
            Contender("ours, unchanged", setting.upsert, n),
            Contender("ours, 1 % revised", lambda: setting.bars.upsert(changed, "bench"), n),
            Contender("COPY, DO UPDATE", lambda: copy_and_update(setting, ""), n, rounds=1),
            Contender("COPY, DO UPDATE WHERE different", lambda: copy_and_update(setting, DIFFERENT), n, rounds=1),
        ],
        1,
        progress,
        warm_up=False,
    )
    growth = [table_size(setting.connection, name) / size for name, size in zip(("bars", "flat"), sizes, strict=True)]
    return Result(
        "Load the same bars again",
        f"{n:,} rows",
        timings,
        [Goal("times DO UPDATE", 5, timings[0].rate / timings[2].rate)],
        [f"size of the table afterwards, of the size before: ours {growth[0]:.2f}, DO UPDATE {growth[1]:.2f}"],
    )


def read(setting: Setting, progress: Progress) -> Result:
    """Everything, in order."""
    series = [Series(Instrument(f"S{number:05}")) for number in range(SYMBOLS)]
    query = f"SELECT {COLUMNS} FROM flat ORDER BY venue, symbol, opened_at"

    def by_pandas() -> pd.DataFrame:
        with setting.engine.connect() as connection:
            return pd.read_sql(query, connection)

    setting.connection.execute("VACUUM ANALYZE bars, flat")
    timings = measure(
        [
            Contender("ours", lambda: setting.bars.read(series, None, None), len(setting.rows)),
            Contender("pandas read_sql", by_pandas, len(setting.rows)),
        ],
        ROUNDS,
        progress,
        warm_up=False,
    )
    return Result(
        "Read bars, sorted by venue, symbol and time",
        f"{len(setting.rows):,} rows",
        timings,
        [Goal("times read_sql", 6, timings[0].rate / timings[1].rate)],
    )


def read_copies(setting: Setting, progress: Progress) -> Result:
    """Many series for a backtest, from their Parquet copies and from the database."""
    progress("loading and exporting")
    setting.empty("bars")
    table = bar_table(MANY, TWENTY_YEARS)
    setting.bars.upsert(table, "bench")
    series = [Series(Instrument(f"S{number:05}")) for number in range(MANY)]
    with tempfile.TemporaryDirectory(prefix="bench-copies-") as folder:
        objects = LocalObjects(Path(folder))
        years = pc.unique(pc.year(table["opened_at"])).to_pylist()
        moments = [datetime(year, 1, 1, tzinfo=UTC) for year in years]
        ExportBars(setting.bars, objects, FakeLocks())("XNYS", Interval.DAY, moments)
        setting.connection.execute("VACUUM ANALYZE bars")
        copies = ParquetBars(setting.bars, objects)
        timings = measure(
            [
                Contender("Parquet, proven by the database", lambda: copies.read(series, None, None), len(table)),
                Contender("the database", lambda: setting.bars.read(series, None, None), len(table)),
            ],
            ROUNDS,
            progress,
        )
    return Result(
        "Read many series for a backtest",
        f"{MANY} symbols x {TWENTY_YEARS:,} bars",
        timings,
        [Goal("seconds", 2, timings[0].median, at_most=True)],
        ["the database counts and hashes the bars of each series and year, and the files must hold the same"],
    )


def copy_into(connection: psycopg.Connection, rows: Rows, target: str = "flat") -> None:
    """Binary COPY, row by row, as psycopg documents it."""
    with connection.cursor() as cursor, cursor.copy(f"COPY {target} ({COLUMNS}) FROM STDIN (FORMAT BINARY)") as copy:
        copy.set_types(TYPES)
        for row in rows:
            copy.write_row(row)


def copy_and_update(setting: Setting, condition: str) -> None:
    """The usual upsert: COPY into a temporary table, then ON CONFLICT DO UPDATE."""
    with setting.connection.transaction():
        setting.connection.execute(f"CREATE TEMPORARY TABLE incoming ({FLAT}) ON COMMIT DROP")
        copy_into(setting.connection, setting.rows, "incoming")
        setting.connection.execute("ANALYZE incoming")
        setting.connection.execute(
            f"INSERT INTO flat ({COLUMNS}) SELECT {COLUMNS} FROM incoming "
            f"ON CONFLICT ({KEY}) DO UPDATE SET {SET_ALL} {condition}"
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
