"""Answers of the API in PostgreSQL."""

from datetime import datetime

from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert

from algo_trading.adapters.postgres.database import Database
from algo_trading.adapters.postgres.schema.people import api_answers
from algo_trading.repositories.api_answers import KeptAnswer

COLUMNS = api_answers.c


class PostgresApiAnswers:
    """Implements ApiAnswerRepository."""

    def __init__(self, database: Database) -> None:
        self._engine = database.engine

    def begin(self, user: str, key: str, digest: str, at: datetime, since: datetime) -> KeptAnswer | None:
        row = {"user_name": user, "key": key, "digest": digest, "at": at}
        first = insert(api_answers).values(row).on_conflict_do_nothing().returning(COLUMNS.key)
        with self._engine.begin() as connection:
            connection.execute(delete(api_answers).where(COLUMNS.at < since))
            if connection.execute(first).first() is not None:
                return None
            query = select(COLUMNS.digest, COLUMNS.status, COLUMNS.body)
            known = connection.execute(query.where(COLUMNS.user_name == user, COLUMNS.key == key)).one()
        return KeptAnswer(known.digest, known.status, known.body)

    def keep(self, user: str, key: str, status: int, body: bytes) -> None:
        statement = update(api_answers).where(COLUMNS.user_name == user, COLUMNS.key == key)
        with self._engine.begin() as connection:
            connection.execute(statement.values(status=status, body=body))

    def forget(self, user: str, key: str) -> None:
        with self._engine.begin() as connection:
            connection.execute(delete(api_answers).where(COLUMNS.user_name == user, COLUMNS.key == key))
