"""A server that goes away, runs full or is interrupted in the middle of the work: a sentence, and no hidden bug."""

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import psycopg
import pyarrow as pa
import pytest
from adbc_driver_manager.dbapi import Cursor
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from algo_trading.adapters.postgres.database import Database
from algo_trading.bootstrap import App, bootstrap
from algo_trading.errors import ServiceUnavailableError
from support.postgres_server import TestServer

pytestmark = pytest.mark.integration

Work = Callable[[Database], object]


def rows(database: Database, query: str) -> object:
    """Ask through SQLAlchemy."""
    with database.engine.connect() as connection:
        return connection.execute(text(query)).all()


def table(database: Database, query: str) -> object:
    """Ask through ADBC."""
    with database.arrow() as connection:
        return connection.read(query)


@contextmanager
def when_asleep(url: str, act: Callable[[], object]) -> Iterator[None]:
    """Act as soon as somebody sleeps in the database."""

    def watch() -> None:
        asleep = "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND wait_event = 'PgSleep'"
        with psycopg.connect(url, autocommit=True) as connection:
            while connection.execute(asleep).fetchone() == (0,):
                time.sleep(0.01)
        act()

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield
    finally:
        watcher.join(30)


def terminated(ask: Callable[[Database, str], object]) -> Work:
    """The server ends the connection while it works."""

    def work(database: Database) -> None:
        with when_asleep(database.url, lambda: end_others(database.url)):
            ask(database, "SELECT pg_sleep(30)")

    return work


def end_others(url: str) -> None:
    with psycopg.connect(url) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


def without_room(database: Database) -> None:
    """As on a full disk: no more room for temporary files."""
    with database.engine.connect() as connection:
        connection.execute(text("SET temp_file_limit = '100kB'"))
        connection.execute(text("SET work_mem = '64kB'"))
        connection.execute(text("SELECT g FROM generate_series(1, 300000) AS g ORDER BY random()")).all()


@pytest.mark.parametrize(
    ("work", "reason"),
    [
        (terminated(rows), "terminating connection due to administrator command"),
        (terminated(table), "terminating connection due to administrator command"),
        (without_room, "temporary file size exceeds"),
    ],
    ids=["rows", "table", "without room"],
)
def test_trouble_of_the_server_is_one_sentence(work: Work, reason: str, application: App) -> None:
    with pytest.raises(ServiceUnavailableError) as raised, application:
        work(application.database)
    sentence = str(raised.value)
    assert sentence.startswith(f"the database at {application.database.address} failed: ")
    assert reason in sentence
    assert sentence.endswith("run the same command again")
    assert "\n" not in sentence


def test_a_server_that_goes_away_while_an_answer_is_read(application: App, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a time among the parameters, ADBC asks the server once more at the end, and Arrow tells what happens."""
    url, fetch = application.database.url, Cursor.fetch_arrow_table

    def fetch_late(cursor: Cursor) -> pa.Table:
        end_others(url)
        return fetch(cursor)

    monkeypatch.setattr(Cursor, "fetch_arrow_table", fetch_late)
    with (
        pytest.raises(ServiceUnavailableError, match="terminating connection due to administrator command"),
        application,
        application.database.arrow() as arrow,
    ):
        arrow.read("SELECT $1::TIMESTAMPTZ", (datetime.now(UTC),))


def test_a_connection_that_was_idle_is_closed_without_a_word(application: App) -> None:
    table(application.database, "SELECT 1")
    end_others(application.database.url)
    application.close()


def test_a_mistake_of_ours_stays_one(application: App) -> None:
    with pytest.raises(ProgrammingError), application:
        rows(application.database, "SELEC 1")


@pytest.fixture
def database_url(postgres: TestServer) -> Iterator[str]:
    """A database of its own: connections to the shared one are kept, and would be lost for later tests."""
    with postgres.own_database() as url:
        yield url


@pytest.fixture
def ctrl_c() -> Iterator[None]:
    """Ctrl-C raises as in a program; processes of a parallel test run ignore it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("ctrl_c")
def test_ctrl_c_in_a_query_ends_the_program(application: App) -> None:
    """The query is cancelled, and the program ends with the interruption, not with a failure of the query."""
    url = application.database.url
    with (
        pytest.raises(KeyboardInterrupt),
        application,
        when_asleep(url, lambda: os.kill(os.getpid(), signal.SIGINT)),
    ):
        table(application.database, "SELECT pg_sleep(30)")


@pytest.fixture
def slow_tables(database_url: str) -> Iterator[None]:
    """Making a table takes half a minute."""
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute(
            "CREATE FUNCTION sleep() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(30); END $$"
        )
        connection.execute(
            "CREATE EVENT TRIGGER asleep ON ddl_command_start WHEN TAG IN ('CREATE TABLE') EXECUTE FUNCTION sleep()"
        )
        try:
            yield
        finally:
            connection.execute("DROP EVENT TRIGGER asleep")
            connection.execute("DROP FUNCTION sleep")


@pytest.mark.usefixtures("slow_tables", "ctrl_c")
def test_ctrl_c_while_a_table_is_made_ends_the_program(application: App) -> None:
    with (
        pytest.raises(KeyboardInterrupt),
        application,
        when_asleep(application.database.url, lambda: os.kill(os.getpid(), signal.SIGINT)),
        application.database.arrow() as arrow,
    ):
        arrow.stage("staged", pa.table({"n": [1]}))


@pytest.fixture
def application(database_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> App:
    monkeypatch.setenv("ALGO_HOME", str(tmp_path_factory.mktemp("home")))
    return bootstrap(url=database_url)
