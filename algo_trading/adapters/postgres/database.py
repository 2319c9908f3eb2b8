"""One market database: SQLAlchemy for rows, ADBC (Arrow) for tables."""

from __future__ import annotations

import contextlib
import json
import logging
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from datetime import datetime
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import psycopg
from psycopg.conninfo import conninfo_to_dict
from sqlalchemy import Engine, create_engine, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError

from algo_trading.errors import ConfigError, ServiceUnavailableError

if TYPE_CHECKING:
    import pyarrow as pa

OLDEST_SERVER = 14
PIECE = 2_000  # rows, about as much as the buffer of a socket holds
LOOK_UP = 0.1  # seconds until Ctrl-C is noticed
FORM = "must be postgresql://user:password@host:port/database, with what is special in a password escaped"

Result = TypeVar("Result")


class Aside(Protocol):
    """Makes a call of ADBC's in a thread of its own; `cancel` ends it early."""

    def __call__(self, call: Callable[[], Result], cancel: Callable[[], None] = lambda: None) -> Result:
        """What the call gives."""
        ...


class Database:
    """Connections to the database behind a libpq URL; `setting` is what a user changes to name another one."""

    def __init__(self, url: str, setting: str = "ALGO_DATABASE_URL") -> None:
        """Raise ConfigError unless `url` is one of PostgreSQL."""
        self._setting = setting
        scheme, separator, rest = url.partition("://")
        if scheme.split("+")[0] not in {"postgresql", "postgres"} or not rest:
            begins = f"begins with {scheme!r}" if separator else "has no ://"  # what is no scheme may be a password
            raise ConfigError(f"the database URL {begins}; it {FORM}; check {setting}")
        self.url = f"postgresql://{rest}"
        self._parts = _read_by_all(self.url)
        self._idle: list[Any] = []  # ADBC connections; opening one costs some ten queries of PostgreSQL's catalogue

    @cached_property
    def engine(self) -> Engine:
        """SQLAlchemy's engine, through psycopg."""
        # When a server dies, or Ctrl-C strikes, that is raised: what could not be ended then need not be logged too.
        logging.getLogger("psycopg").setLevel(logging.ERROR)
        logging.getLogger("sqlalchemy.pool").setLevel(logging.CRITICAL)
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
        except DBAPIError as error:
            raise ServiceUnavailableError(
                f"the database at {self.address} does not answer: {_reason(error)}; check {self._setting}"
            ) from error
        if version is not None and int(version[0]) < OLDEST_SERVER:
            raise ServiceUnavailableError(
                f"the database at {self.address} is PostgreSQL {version[0]}; {OLDEST_SERVER} or newer is needed"
            )

    @property
    def address(self) -> str:
        """Server and database, without user and password."""
        host, port, name = (self._parts.get(key, "") for key in ("host", "port", "dbname"))
        shown = f"[{host}]" if ":" in host else host or "localhost"
        return f"{shown}:{port}/{name}" if port else f"{shown}/{name}"

    def explained(self, error: BaseException) -> ServiceUnavailableError | None:
        """What a user can do about `error` if the server went away or cannot go on (a full disk); None for others."""
        from adbc_driver_manager import OperationalError as ArrowError

        cause = error.orig if isinstance(error, DBAPIError) else error
        if not isinstance(cause, psycopg.OperationalError | ArrowError):
            return None
        return ServiceUnavailableError(
            f"the database at {self.address} failed: {_reason(cause)}; see its log, and run the same command again"
        )

    @contextlib.contextmanager
    def arrow(self) -> Iterator[ArrowConnection]:
        """An ADBC connection in a transaction, committed at the end and rolled back on an error."""
        try:
            connection = self._idle.pop()
        except IndexError:  # asking first would leave room for another thread
            connection = self._aside(self._connect)
        try:
            yield ArrowConnection(connection, self._aside)
            self._aside(connection.commit)
        except BaseException:
            self._aside(partial(_close, connection))
            raise
        self._idle.append(connection)

    def _connect(self) -> Any:  # noqa: ANN401 - ADBC ships no types
        from algo_trading.adapters.postgres.arrow_driver import load_driver

        return load_driver().connect(self.url)

    def _aside(self, call: Callable[[], Result], cancel: Callable[[], None] = lambda: None) -> Result:
        """The result of an ADBC call, made by a thread of its own while the main thread waits.

        Ctrl-C within such a call leaves a statement behind that nobody can close, and ADBC's own handler of it may call
        one that is gone, which kills the process. So it strikes here: what runs is cancelled, and the next call, that
        which closes the connection, waits until it has ended.
        """
        if threading.current_thread() is not threading.main_thread():
            return call()
        future = self._thread.submit(call)
        try:
            while not future.done():
                wait([future], LOOK_UP)  # a signal is handled between two waits
        except KeyboardInterrupt:
            cancel()
            raise
        return future.result()

    @cached_property
    def _thread(self) -> ThreadPoolExecutor:
        return ThreadPoolExecutor(1, "adbc")

    def close(self) -> None:
        """Close idle connections."""
        while self._idle:
            self._aside(partial(_close, self._idle.pop()))
        if "_thread" in self.__dict__:
            self._thread.shutdown()
            del self._thread
        if "engine" in self.__dict__:
            self.engine.dispose()


class ArrowConnection:
    """What the adapters need of ADBC."""

    def __init__(self, connection: Any, aside: Aside) -> None:  # noqa: ANN401 - ADBC ships no types
        self._connection = connection
        self._aside = aside
        self._lock = threading.Lock()
        self._running: Any = None
        self._is_cancelled = False

    @contextlib.contextmanager
    def _cursor(self) -> Iterator[Any]:
        """A cursor that `cancel` can reach while it is open."""
        with self._connection.cursor() as cursor:
            with self._lock:
                if self._is_cancelled:
                    raise InterruptedError
                self._running = cursor
            try:
                yield cursor
            finally:
                with self._lock:
                    self._running = None

    def cancel(self) -> None:
        """Have the server stop what runs; nothing runs afterwards."""
        with self._lock:
            self._is_cancelled = True
            if self._running is not None:
                with contextlib.suppress(Exception):  # it may have ended, or its server
                    self._running.adbc_cancel()

    def stage(self, name: str, table: pa.Table) -> None:
        """Load `table` into a temporary table; `name` must not come from outside."""

        def load() -> None:
            with self._cursor() as cursor:
                cursor.adbc_ingest(name, table, mode="create", temporary=True)
                cursor.execute(f"ANALYZE {name}")

        self._aside(load, self.cancel)

    def append(self, name: str, table: pa.Table) -> None:
        """Load `table` into an existing table of the same columns by COPY; `name` must not come from outside."""
        import pyarrow as pa

        # In small pieces, so that the server stores one while the next one is encoded.
        pieces = pa.RecordBatchReader.from_batches(table.schema, table.to_batches(max_chunksize=PIECE))

        def copy() -> None:
            with self._cursor() as cursor:
                cursor.adbc_ingest(name, pieces, mode="append")

        self._aside(copy, self.cancel)

    def execute(self, statement: str) -> None:
        """Run a statement that returns nothing."""

        def run() -> None:
            with self._cursor() as cursor:
                cursor.execute(statement)

        self._aside(run, self.cancel)

    def count(self, statement: str, parameters: Sequence[object] = ()) -> int:
        """Run a statement with RETURNING and give the number of its rows."""
        table = self.read(f"WITH touched AS ({statement}) SELECT count(*) AS n FROM touched", parameters)
        touched: int = table["n"][0].as_py()
        return touched

    def write(self, statement: str, rows: Sequence[Mapping[str, object]]) -> int:
        """Run an INSERT with RETURNING over `rows`, bound as one array of JSON objects ($1); see `count`."""
        return self.count(statement, (json.dumps(rows, ensure_ascii=False, default=datetime.isoformat),)) if rows else 0

    def read(self, query: str, parameters: Sequence[object] = ()) -> pa.Table:
        """Run a query with bound parameters ($1, $2 ...)."""
        from adbc_driver_manager import AdbcStatusCode, OperationalError

        def fetch() -> pa.Table:
            with self._cursor() as cursor:
                cursor.execute(query, tuple(parameters) or None)
                try:
                    return cursor.fetch_arrow_table()
                except OSError as error:  # what Arrow makes of a server that goes away while it reads
                    raise OperationalError(str(error), status_code=AdbcStatusCode.IO) from error

        return self._aside(fetch, self.cancel)


def _read_by_all(url: str) -> dict[str, str]:
    """The parts of `url` as libpq, and so ADBC, reads it; ConfigError unless SQLAlchemy reads the same."""
    try:
        ours = make_url(url)
        parts = {key: str(value) for key, value in conninfo_to_dict(url).items()}
    except (ArgumentError, ValueError, psycopg.Error) as error:  # its text may hold the password
        raise ConfigError(f"the database URL cannot be read; it {FORM}") from error
    secret = ours.password if ours.password is not None else ours.query.get("password", "")
    if parts.get("password", "") != secret or "@" in parts.get("host", ""):
        raise ConfigError(f"the database URL can be read in more than one way; it {FORM}")
    return parts


def _close(connection: Any) -> None:  # noqa: ANN401 - ADBC ships no types
    """Close an ADBC connection, also one whose server is gone, without hiding the error that told of it."""
    from adbc_driver_manager import Error

    with contextlib.suppress(Error):
        connection.close()


def _reason(error: BaseException) -> str:
    """The first line of the account, not its last ones: a guess, a question to the reader or the statement follow."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    lines = (line.strip() for line in str(cause).splitlines())
    return next((line for line in lines if line and not line.endswith(":")), type(cause).__name__)
