"""One market database: SQLAlchemy for rows, ADBC (Arrow) for tables."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from sqlalchemy import Engine, create_engine
from sqlalchemy.exc import OperationalError

from algo_trading.errors import ConfigError, ServiceUnavailableError

if TYPE_CHECKING:
    import pyarrow as pa

OLDEST_SERVER = 14


class Database:
    """Connections to the database behind a libpq URL."""

    def __init__(self, url: str) -> None:
        """Raise ConfigError unless `url` is one of PostgreSQL."""
        scheme, _, rest = url.partition("://")
        if scheme.split("+")[0] not in {"postgresql", "postgres"} or not rest:
            raise ConfigError(
                f"the database URL begins with {scheme!r}; it must be postgresql://user:password@host:port/database"
            )
        self.url = f"postgresql://{rest}"
        self._idle: list[Any] = []  # ADBC connections; opening one costs some ten queries of PostgreSQL's catalogue

    @cached_property
    def engine(self) -> Engine:
        """SQLAlchemy's engine, through psycopg."""
        return create_engine(
            self.url.replace("postgresql://", "postgresql+psycopg://", 1), connect_args={"connect_timeout": 10}
        )

    def check(self) -> None:
        """Make sure that the server answers and is new enough.

        Raises:
            ServiceUnavailableError: with the server's address (never its password) and the reason.
        """
        try:
            with self.engine.connect() as connection:
                version = connection.dialect.server_version_info
        except OperationalError as error:
            reason = str(error.orig).strip().splitlines()[-1]
            raise ServiceUnavailableError(
                f"the database at {self.address} does not answer: {reason}; check ALGO_DATABASE_URL"
            ) from error
        if version is not None and int(version[0]) < OLDEST_SERVER:
            raise ServiceUnavailableError(
                f"the database at {self.address} is PostgreSQL {version[0]}; {OLDEST_SERVER} or newer is needed"
            )

    @property
    def address(self) -> str:
        """The URL without user and password."""
        parts = urlsplit(self.url)
        return f"{parts.netloc.rpartition('@')[2]}{parts.path}" + (f"?{parts.query}" if not parts.hostname else "")

    @contextlib.contextmanager
    def arrow(self) -> Iterator[ArrowConnection]:
        """An ADBC connection in a transaction, committed at the end and rolled back on an error."""
        connection = self._idle.pop() if self._idle else self._connect()
        try:
            yield ArrowConnection(connection)
            connection.commit()
        except BaseException:
            connection.close()
            raise
        self._idle.append(connection)

    def _connect(self) -> Any:  # noqa: ANN401 - ADBC ships no types
        from adbc_driver_postgresql import dbapi

        return dbapi.connect(self.url)

    def close(self) -> None:
        """Close idle connections."""
        while self._idle:
            self._idle.pop().close()
        if "engine" in self.__dict__:
            self.engine.dispose()


class ArrowConnection:
    """What the adapters need of ADBC."""

    def __init__(self, connection: Any) -> None:  # noqa: ANN401 - ADBC ships no types
        self._connection = connection

    def stage(self, name: str, table: pa.Table) -> None:
        """Load `table` into a temporary table; `name` must not come from outside."""
        with self._connection.cursor() as cursor:
            cursor.adbc_ingest(name, table, mode="create", temporary=True)
            cursor.execute(f"ANALYZE {name}")

    def execute(self, statement: str) -> None:
        """Run a statement that returns nothing."""
        with self._connection.cursor() as cursor:
            cursor.execute(statement)

    def count(self, statement: str, parameters: Sequence[object] = ()) -> int:
        """Run a statement with RETURNING and give the number of its rows."""
        table = self.read(f"WITH touched AS ({statement}) SELECT count(*) AS n FROM touched", parameters)
        touched: int = table["n"][0].as_py()
        return touched

    def read(self, query: str, parameters: Sequence[object] = ()) -> pa.Table:
        """Run a query with bound parameters ($1, $2 ...)."""
        with self._connection.cursor() as cursor:
            cursor.execute(query, tuple(parameters) or None)
            return cursor.fetch_arrow_table()
