"""Alembic's environment: the program hands its connection over; on the command line it is the configured database."""

import re
from typing import Any

from alembic import context
from sqlalchemy import Connection

from algo_trading.adapters.postgres.migrate import sign
from algo_trading.adapters.postgres.schema import metadata

PARTITION = re.compile(r"bars_(y\d{4}|older|newer)")


def include_object(_object: Any, name: str | None, kind: str, _reflected: bool, _compared: Any) -> bool:  # noqa: ANN401 - Alembic's signature
    """Leave the partitions of `bars` out of comparisons: the schema knows only the whole table."""
    return not (kind == "table" and name is not None and PARTITION.fullmatch(name))


def migrate(connection: Connection) -> None:
    """Run the migrations in one transaction."""
    context.configure(
        connection=connection, target_metadata=metadata, include_object=include_object, compare_server_default=True
    )
    with context.begin_transaction():
        context.run_migrations()
        sign(connection)


handed_over = context.config.attributes.get("connection")
if handed_over is not None:
    migrate(handed_over)
else:
    from algo_trading.bootstrap import market_database

    with market_database() as engine, engine.begin() as connection:
        migrate(connection)
