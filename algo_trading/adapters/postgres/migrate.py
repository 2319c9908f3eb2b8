"""Bringing the database to the newest revision."""

from hashlib import sha256
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
        ServiceUnavailableError: another version made the database, or its user may not make tables.
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
            if current is not None and _made_by(connection) != _fingerprint(current):
                raise ServiceUnavailableError(
                    "the market database was made by an unreleased version of algo-trading, whose tables were others; "
                    "start over with an empty one: `make stop && rm -r var` where it is the embedded one"
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
    newest = max(_revisions())
    with engine.connect() as connection:
        return _current(connection) == newest and _made_by(connection) == _fingerprint(newest)


def _revisions() -> list[str]:
    return [path.name.split("_")[0] for path in (SCRIPTS / "versions").glob("[0-9]*.py")]


def _fingerprint(revision: str) -> str:
    """Of the migrations up to a revision: until a release they may change, and a number would not tell."""
    found = sha256()
    for path in sorted((SCRIPTS / "versions").rglob("*")):
        name = path.relative_to(SCRIPTS / "versions").as_posix()
        if path.suffix in {".py", ".sql"} and name.partition("_")[0] <= revision:
            found.update(f"{name}\n".encode() + path.read_bytes())
    return found.hexdigest()


def sign(connection: Connection) -> None:
    """Note which migrations made the database; Alembic's environment calls this after running some."""
    current = _current(connection)
    if current is not None:
        connection.execute(text(f"COMMENT ON TABLE alembic_version IS '{_fingerprint(current)}'"))


def _made_by(connection: Connection) -> str | None:
    made: str | None = connection.execute(text("SELECT obj_description(to_regclass('alembic_version'))")).scalar()
    return made


def _current(connection: Connection) -> str | None:
    if connection.execute(text("SELECT to_regclass('alembic_version')")).scalar() is None:
        return None
    revision: str | None = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return revision
