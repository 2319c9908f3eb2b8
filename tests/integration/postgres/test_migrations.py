"""Migrations: from nothing, from the revision before, back again, by two at once, and to what the schema says."""

import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import Connection, text

from algo_trading.adapters.postgres.accounts import PostgresAccounts
from algo_trading.adapters.postgres.bars import PostgresBars
from algo_trading.adapters.postgres.corporate_actions import PostgresCorporateActions
from algo_trading.adapters.postgres.database import Database
from algo_trading.adapters.postgres.migrate import SCRIPTS, is_current, upgrade
from algo_trading.adapters.postgres.quality import PostgresQuarantine
from algo_trading.adapters.postgres.schema import metadata
from algo_trading.adapters.postgres.signals import PostgresSignals
from algo_trading.errors import ServiceUnavailableError
from algo_trading.repositories.bars import UpsertCount
from contracts.accounts import CASH, an_account, opening
from contracts.bars import IBM, bar_row, bar_rows, daily
from contracts.corporate_actions import split
from contracts.quality import ROW
from contracts.signals import a_signal
from support.postgres_server import TestServer

pytestmark = pytest.mark.integration

JAN_2 = date(2013, 1, 2)
REVISIONS = sorted(path.name.split("_")[0] for path in (SCRIPTS / "versions").glob("0*.py"))

# What a database is made of, without partitions of bars and Alembic's own table.
OURS = """
    n.nspname = 'public' AND c.relname <> 'alembic_version' AND NOT c.relispartition
    AND NOT EXISTS (SELECT FROM pg_index i JOIN pg_class t ON t.oid = i.indrelid
                    WHERE i.indexrelid = c.oid AND (t.relispartition OR t.relname = 'alembic_version'))
"""
CATALOGUE = {
    "relations": f"""
        SELECT c.relname, c.relkind, pg_get_partkeydef(c.oid), obj_description(c.oid, 'pg_class'), c.relpersistence
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE {OURS}""",
    "columns": f"""
        SELECT c.relname, a.attname, a.attnum, format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attidentity,
               pg_get_expr(d.adbin, d.adrelid), col_description(c.oid, a.attnum), l.collname
        FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
        LEFT JOIN pg_attrdef d ON (d.adrelid, d.adnum) = (a.attrelid, a.attnum)
        LEFT JOIN pg_collation l ON l.oid = a.attcollation
        WHERE {OURS} AND a.attnum > 0 AND NOT a.attisdropped AND c.relkind IN ('r', 'p')""",
    "constraints": f"""
        SELECT c.relname, o.conname, o.contype, pg_get_constraintdef(o.oid)
        FROM pg_constraint o JOIN pg_class c ON c.oid = o.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE {OURS}""",
    "indexes": f"""
        SELECT c.relname, pg_get_indexdef(c.oid) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE {OURS} AND c.relkind IN ('i', 'I')""",
}


def catalogue(connection: Connection) -> dict[str, set[tuple[Any, ...]]]:
    """Everything that two databases of one schema have in common."""
    return {what: {tuple(row) for row in connection.execute(text(query))} for what, query in CATALOGUE.items()}


def downgrade(database: Database, revision: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS))
    with database.engine.begin() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, revision)


@pytest.fixture
def empty(postgres: TestServer) -> Iterator[Database]:
    """A database without a table."""
    with postgres.own_database("template0") as url:
        database = Database(url)
        yield database
        database.close()


def test_a_database_at_the_newest_revision_is_what_the_schema_says(postgres: TestServer, empty: Database) -> None:
    with empty.engine.begin() as connection:
        metadata.create_all(connection)
        wanted = catalogue(connection)
    with postgres.own_database() as url:
        migrated = Database(url)
        with migrated.engine.connect() as connection:
            found = catalogue(connection)
            compared = MigrationContext.configure(
                connection,
                opts={
                    "compare_server_default": True,
                    "include_object": lambda _object, name, kind, _reflected, _compared: (
                        kind != "table" or not str(name).startswith("bars_")
                    ),
                },
            )
            assert compare_metadata(compared, metadata) == []
        migrated.close()
    assert len(wanted["relations"]) > 30
    for what in CATALOGUE:
        assert found[what] == wanted[what], what


def test_from_nothing_to_the_newest_and_again(empty: Database) -> None:
    assert not is_current(empty.engine)
    for _ in range(2):
        upgrade(empty.engine)
        assert is_current(empty.engine)


def test_a_database_whose_tables_were_others_is_refused(empty: Database) -> None:
    upgrade(empty.engine)
    with empty.engine.begin() as connection:
        connection.execute(text("COMMENT ON TABLE alembic_version IS NULL"))
    assert not is_current(empty.engine)
    with pytest.raises(ServiceUnavailableError, match=r"made by an unreleased version.*start over"):
        upgrade(empty.engine)


def test_revision_by_revision_with_data_in_it(empty: Database) -> None:
    """What was stored is there, to the last digit, under the newest revision and when it is asked for again."""
    upgrade(empty.engine, REVISIONS[0])
    days = [date(1999, 12, 31), JAN_2, date(2041, 1, 2)]
    bars = bar_rows(*(bar_row(IBM, day, 0.1 + 0.2) for day in days))
    PostgresBars(empty).upsert(bars, "test")
    PostgresCorporateActions(empty).upsert([split(IBM, JAN_2, 1.5)], "test")
    PostgresSignals(empty).add([a_signal()])
    PostgresQuarantine(empty).add([ROW])
    opened = PostgresAccounts(empty).open(opening(an_account()))
    for revision in [*REVISIONS[1:], "head"]:
        upgrade(empty.engine, revision)
    assert is_current(empty.engine)
    assert PostgresBars(empty).read(daily([IBM]), None, None) == bars
    assert PostgresBars(empty).upsert(bars, "test") == UpsertCount(unchanged=3)
    assert PostgresCorporateActions(empty).read([IBM], JAN_2) == [split(IBM, JAN_2, 1.5)]
    assert PostgresSignals(empty).find(a_signal().key) == a_signal()
    assert PostgresQuarantine(empty).newest() == [ROW]
    assert PostgresAccounts(empty).state("paper") == opened
    assert opened.cash == {"USD": CASH}


def test_back_to_each_revision_and_to_nothing(empty: Database) -> None:
    states = []
    for revision in REVISIONS:
        upgrade(empty.engine, revision)
        with empty.engine.connect() as connection:
            states.append(catalogue(connection))
    for revision, state in reversed(list(zip(["base", *REVISIONS[:-1]], [None, *states[:-1]], strict=True))):
        downgrade(empty, revision)
        with empty.engine.connect() as connection:
            found = catalogue(connection)
        assert found == (state or {what: set() for what in CATALOGUE}), revision
    upgrade(empty.engine)
    with empty.engine.connect() as connection:
        assert catalogue(connection) == states[-1]


def test_a_migration_that_fails_leaves_everything_as_it_was(empty: Database) -> None:
    with empty.engine.begin() as connection:
        connection.execute(text("CREATE TABLE quarantine (mine INTEGER)"))  # in the way of one of the last tables
        before = catalogue(connection)
    with pytest.raises(Exception, match='relation "quarantine" already exists'):
        upgrade(empty.engine)
    with empty.engine.connect() as connection:
        assert catalogue(connection) == before


UPGRADE = """
import sys
from algo_trading.adapters.postgres.database import Database
from algo_trading.adapters.postgres.migrate import is_current, upgrade

database = Database(sys.argv[1])
print("ready", flush=True)
sys.stdin.readline()
upgrade(database.engine)
assert is_current(database.engine)
database.close()
"""


def test_two_programs_that_start_at_once(empty: Database) -> None:
    programs = [
        subprocess.Popen(
            [sys.executable, "-c", UPGRADE, empty.url],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for _ in range(2)
    ]
    for program in programs:
        assert program.stdout is not None
        assert program.stdout.readline() == "ready\n"
    for program in programs:
        assert program.stdin is not None
        program.stdin.write("\n")
        program.stdin.flush()
    for program in programs:
        output, _ = program.communicate(timeout=120)
        assert (program.returncode, output) == (0, "")
    assert is_current(empty.engine)


def test_alembics_own_command_finds_nothing_to_do(
    database_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ALGO_HOME", str(tmp_path / "var"))
    monkeypatch.setenv("ALGO_DATABASE_URL", database_url)
    command.check(Config(SCRIPTS.parent / "alembic.ini"))  # raises what there is to do


def test_every_year_has_a_partition_and_none_has_two(database: Database) -> None:
    query = "SELECT tableoid::regclass::text FROM bars"
    days = [date(year, 1, 1) for year in range(1995, 2046)] + [date(year, 12, 31) for year in range(1995, 2046)]
    PostgresBars(database).upsert(bar_rows(*(bar_row(IBM, day) for day in days)), "test")
    with database.engine.connect() as connection:
        partitions = connection.execute(text(query)).scalars().all()
    expected = {f"bars_y{year}" for year in range(2000, 2041)} | {"bars_older", "bars_newer"}
    assert set(partitions) == expected
    assert {name: partitions.count(name) for name in expected} == {
        name: 10 if name in {"bars_older", "bars_newer"} else 2 for name in expected
    }
