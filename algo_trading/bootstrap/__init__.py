"""The composition root: settings -> adapters -> services. The only importer of adapters."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Self

from algo_trading.adapters.practice_record import PracticeRecord
from algo_trading.bootstrap.services import Services
from algo_trading.bootstrap.without_database import bar_file_reader, impact_weights
from algo_trading.gateways.clock import Clock, SystemClock
from algo_trading.settings import Settings, load_settings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType

    from sqlalchemy import Engine

    from algo_trading.adapters.postgres.database import Database
    from algo_trading.adapters.postgres.embedded import EmbeddedPostgres


class App(Services):
    """The application over a database; close it, or use it in a `with` block."""

    def __init__(self, settings: Settings, database: Database, clock: Clock) -> None:
        self.settings = settings
        self.database = database
        self.clock = clock

    def vacuum(self) -> dict[str, int]:
        """Free the space of deleted rows in the database; the number of them by table."""
        from algo_trading.adapters.postgres.vacuum import vacuum

        return vacuum(self.database)

    def close(self) -> None:
        """Close connections."""
        self.database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
        explained = self.database.explained(error) if error is not None else None
        if explained is not None:
            raise explained from error


def embedded_postgres(settings: Settings) -> EmbeddedPostgres:
    """The server that belongs to the configured home, running or not."""
    from algo_trading.adapters.postgres.embedded import EmbeddedPostgres

    return EmbeddedPostgres(settings.home)


def database_url(settings: Settings) -> str:
    """The libpq URL of the market database; the embedded server is started if it is the one."""
    configured = settings.database_url.get_secret_value()
    if configured:
        return configured
    server = embedded_postgres(settings)
    server.start()
    return server.url()


def bootstrap(
    settings: Settings | None = None,
    url: str | None = None,
    clock: Clock | None = None,
    *,
    setting: str = "ALGO_DATABASE_URL",
) -> App:
    """The application on a database at its newest revision; close it, or use it in a `with` block.

    `setting` is where the URL comes from, for the sentences on one that does not work.

    Raises:
        ConfigError: the configuration is wrong.
        ServiceUnavailableError: the database does not answer; in a `with` block also: it stopped answering.
    """
    from algo_trading.adapters.postgres.database import Database
    from algo_trading.adapters.postgres.migrate import is_current, upgrade

    settings = settings or load_settings()
    application = App(settings, Database(url or database_url(settings), setting), clock or SystemClock())
    with contextlib.ExitStack() as on_error:
        on_error.enter_context(application)
        application.database.check()
        if not is_current(application.database.engine):
            upgrade(application.database.engine)
        on_error.pop_all()
    return application


@contextlib.contextmanager
def market_database() -> Iterator[Engine]:
    """The engine of the configured database, for Alembic's command line."""
    from algo_trading.adapters.postgres.database import Database

    database = Database(database_url(load_settings()))
    try:
        yield database.engine
    finally:
        database.close()


__all__ = [
    "App",
    "PracticeRecord",
    "bar_file_reader",
    "bootstrap",
    "database_url",
    "embedded_postgres",
    "impact_weights",
    "market_database",
]
