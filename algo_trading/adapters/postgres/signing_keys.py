"""Signing keys in PostgreSQL."""

import secrets

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert as upsert

from algo_trading.adapters.postgres.database import Database
from algo_trading.adapters.postgres.schema.people import signing_keys

BYTES = 32


class PostgresSigningKeys:
    """Implements SigningKeys."""

    def __init__(self, database: Database) -> None:
        self._engine = database.engine

    def of(self, purpose: str) -> bytes:
        query = select(signing_keys.c.key).where(signing_keys.c.purpose == purpose)
        new = upsert(signing_keys).values(purpose=purpose, key=secrets.token_bytes(BYTES)).on_conflict_do_nothing()
        with self._engine.begin() as connection:
            known: bytes | None = connection.execute(query).scalar()
            if known is None:
                connection.execute(new)
                known = connection.execute(query).scalar_one()
        return known
