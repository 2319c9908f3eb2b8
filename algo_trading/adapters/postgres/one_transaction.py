"""Several repositories at work in one transaction."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import cast

from sqlalchemy import Connection, Engine

from algo_trading.adapters.postgres.database import Database


class OneTransaction(Database):
    """A database whose repositories share the transaction of a connection.

    What would be a transaction of theirs is a savepoint of it. What is read through Arrow is read as it was before.
    """

    def __init__(self, database: Database, connection: Connection) -> None:
        super().__init__(database.url)
        self.__dict__["engine"] = cast("Engine", _Savepoints(connection))

    def close(self) -> None:
        """Close idle connections of Arrow; the transaction belongs to who began it."""
        engine = self.__dict__.pop("engine")
        super().close()
        self.__dict__["engine"] = engine


class _Savepoints:
    """What repositories ask of an engine, on one connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        with self._connection.begin_nested():
            yield self._connection

    @contextmanager
    def connect(self) -> Iterator[Connection]:
        yield self._connection


@contextmanager
def one_transaction(database: Database) -> Iterator[OneTransaction]:
    """A transaction over everything that is done through what this gives, taken back on an error."""
    with database.engine.begin() as connection:
        shared = OneTransaction(database, connection)
        try:
            yield shared
        finally:
            shared.close()
