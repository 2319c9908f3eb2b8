"""Bringing the database to the newest revision."""

from pathlib import Path

from psycopg.errors import InsufficientPrivilege
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import ProgrammingError

from algo_trading.errors import ServiceUnavailableError

SCRIPTS = Path(__file__).resolve().parents[3] / "sql" / "migrations"
LOCK = 0x616C676F  # "algo": one migration at a time, whoever starts first


def upgrade(engine: Engine, revision: str = "head") -> None:
    """Run the migrations up to `revision` in one transaction; nothing happens if they have been run.

    Raises:
        ServiceUnavailableError: a newer version made the database, or its user may not make tables.
    """
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(SCRIPTS))
    try:
        with engine.begin() as connection:
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
            current = _current(connection)
            if current not in {None, *_revisions()}:
                raise ServiceUnavailableError(
                    f"the market database is at revision {current}, which this version does not know; "
                    "install a newer version of algo-trading"
                )
            config.attributes["connection"] = connection
            command.upgrade(config, revision)
    except ProgrammingError as error:
        if not isinstance(error.orig, InsufficientPrivilege):
            raise
        reason = str(error.orig).splitlines()[0]
        raise ServiceUnavailableError(
            f"the tables of the market database cannot be made: {reason}; "
            "let its user make them, with GRANT CREATE ON SCHEMA public TO that user"
        ) from error


def is_current(engine: Engine) -> bool:
    """Whether the database is at the newest revision (a query, where `upgrade` loads all of Alembic)."""
    with engine.connect() as connection:
        return _current(connection) == max(_revisions())


def _revisions() -> list[str]:
    return [path.name.split("_")[0] for path in (SCRIPTS / "versions").glob("[0-9]*.py")]


def _current(connection: Connection) -> str | None:
    if connection.execute(text("SELECT to_regclass('alembic_version')")).scalar() is None:
        return None
    revision: str | None = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return revision
