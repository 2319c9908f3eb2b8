"""A PostgreSQL server for tests, with as many databases at the newest revision as they like."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import psycopg

from algo_trading.adapters.postgres.database import Database
from algo_trading.adapters.postgres.embedded import EmbeddedPostgres
from algo_trading.adapters.postgres.migrate import upgrade

# Nobody misses these databases after a power cut.
FASTER = ("fsync = off", "synchronous_commit = off", "full_page_writes = off")
# Tables that hold or held rows: most of a hundred, among them one for each year of bars, never saw one.
USED = """
    SELECT oid::regclass::text FROM pg_class
    WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND relname <> 'alembic_version'
        AND pg_relation_size(oid) > 0"""
OTHERS = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"


class TestServer:
    """An embedded server in a folder of its own: a database for all, and others for those who change more than rows."""

    __test__ = False

    def __init__(self, server: EmbeddedPostgres) -> None:
        self._server = server
        self._numbers = count(1)
        server.start()
        with self.administrator() as connection:
            for setting in FASTER:
                connection.execute(f"ALTER SYSTEM SET {setting}")
            connection.execute("SELECT pg_reload_conf()")
        template = Database(server.url())
        try:
            upgrade(template.engine)
        finally:
            template.close()
        with self.administrator() as connection:
            connection.execute("CREATE DATABASE shared TEMPLATE algo_trading")
        self._kept = Database(server.url("shared"))
        self._connected: set[int] = set()  # the server's processes for its connections, after the last test

    @contextmanager
    def administrator(self) -> Iterator[psycopg.Connection]:
        """A connection outside the market database, without transactions."""
        with psycopg.connect(self._server.url("postgres"), autocommit=True) as connection:
            yield connection

    @contextmanager
    def shared_database(self) -> Iterator[str]:
        """The URL of a database at the newest revision without a row; whoever asks next gets the same one, emptied.

        It fails at the end if somebody still holds a lock.
        """
        url = self._server.url("shared")
        yield url
        with psycopg.connect(url) as connection:
            connection.execute("SET lock_timeout = '5s'")
            connection.execute("SET session_replication_role = replica")  # all tables go, so no reference is checked
            for (table,) in connection.execute(USED).fetchall():
                connection.execute(f"DELETE FROM {table}")
            connected = {pid for (pid,) in connection.execute(OTHERS)}
        if not self._connected <= connected:  # a test ended some of them: what is kept may be dead
            self.close()
            connected = set()
        self._connected = connected

    @contextmanager
    def connections(self, url: str) -> Iterator[Database]:
        """Those of a database; of the shared one they are kept, because opening them takes longer than many a test."""
        database = self._kept if url == self._kept.url else Database(url)
        try:
            yield database
        finally:
            if database is not self._kept:
                database.close()

    def close(self) -> None:
        """Close the connections that are kept."""
        self._kept.close()

    @contextmanager
    def own_database(self, template: str = "algo_trading") -> Iterator[str]:
        """The URL of a database of one's own: at the newest revision, a copy of another one, or empty (`template0`).

        It fails at the end if somebody left a connection open.
        """
        name = f"test_{next(self._numbers)}"
        with self.administrator() as connection:
            connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
            yield self._server.url(name)
            connection.execute(f"DROP DATABASE {name}")


@contextmanager
def a_server() -> Iterator[TestServer]:
    """Start one, and leave nothing behind. Its folder has a short name: a socket's path may not be long."""
    home = Path(tempfile.mkdtemp(prefix="pg-"))
    server = EmbeddedPostgres(home)
    try:
        made = TestServer(server)
        yield made
        made.close()
    finally:
        server.stop()
        shutil.rmtree(home)
