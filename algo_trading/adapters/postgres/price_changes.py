"""New prices are announced by PostgreSQL itself (NOTIFY), when the transaction that stores them is committed."""

import contextlib
import time

import psycopg
from psycopg import sql

from algo_trading.adapters.postgres.database import Database

CHANNEL = "prices"
ANNOUNCE = f"SELECT pg_notify('{CHANNEL}', '')::text AS announced"


class PostgresPriceChanges:
    """Implements PriceChanges over a connection of its own; where the server is away, it waits for the whole time."""

    def __init__(self, database: Database) -> None:
        self._url = database.url
        self._connection: psycopg.Connection | None = None

    def wait(self, seconds: float) -> None:
        begin = time.monotonic()
        try:
            connection = self._connection or self._listening()
            for _ in connection.notifies(timeout=seconds, stop_after=1):
                return
        except psycopg.Error:
            self.close()
            time.sleep(max(begin + seconds - time.monotonic(), 0))

    def close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with contextlib.suppress(psycopg.Error):
                connection.close()

    def _listening(self) -> psycopg.Connection:
        connection = psycopg.connect(self._url, autocommit=True, connect_timeout=10)
        connection.execute(sql.SQL("LISTEN {}").format(sql.Identifier(CHANNEL)))
        self._connection = connection
        return connection
