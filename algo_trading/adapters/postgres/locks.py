"""Named locks across processes, held by PostgreSQL."""

import contextlib
from collections.abc import Iterator

from sqlalchemy import func, select

from algo_trading.adapters.postgres.database import Database


class PostgresLocks:
    """Implements ExclusiveWork with advisory locks; a process that ends gives its locks back."""

    def __init__(self, database: Database) -> None:
        self._engine = database.engine

    @contextlib.contextmanager
    def exclusively(self, work: str) -> Iterator[None]:
        with self._engine.begin() as connection:
            connection.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(work, 0))))
            yield
