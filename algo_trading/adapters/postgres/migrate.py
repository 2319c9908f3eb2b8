"""Bringing the database to the newest revision."""

from pathlib import Path

from sqlalchemy import Engine, text

SCRIPTS = Path(__file__).resolve().parents[3] / "sql" / "migrations"
LOCK = 0x616C676F  # "algo": one migration at a time, whoever starts first


def upgrade(engine: Engine, revision: str = "head") -> None:
    """Run the migrations up to `revision` in one transaction; nothing happens if they have been run."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(SCRIPTS))
    with engine.begin() as connection:
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
        config.attributes["connection"] = connection
        command.upgrade(config, revision)


def is_current(engine: Engine) -> bool:
    """Whether the database is at the newest revision (a query, where `upgrade` loads all of Alembic)."""
    newest = max(path.name.split("_")[0] for path in (SCRIPTS / "versions").glob("[0-9]*.py"))
    with engine.connect() as connection:
        if connection.execute(text("SELECT to_regclass('alembic_version')")).scalar() is None:
            return False
        return bool(connection.execute(text("SELECT version_num FROM alembic_version")).scalar() == newest)
