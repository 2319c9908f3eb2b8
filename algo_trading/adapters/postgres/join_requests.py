"""People who want to become users, in PostgreSQL."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Row, delete, select, update
from sqlalchemy.dialects.postgresql import insert

from algo_trading.adapters.postgres.database import Database
from algo_trading.adapters.postgres.schema.people import join_requests
from algo_trading.domain.join_request import JoinRequest

COLUMNS = join_requests.c


class PostgresJoinRequests:
    """Implements JoinRequests."""

    def __init__(self, database: Database) -> None:
        self._engine = database.engine

    def ask(self, address: str, at: datetime, unless_since: datetime) -> bool:
        asked = insert(join_requests).values(address=address, asked_at=at)
        again = asked.on_conflict_do_update(
            index_elements=["address"], set_={"asked_at": at}, where=COLUMNS.asked_at < unless_since
        )
        with self._engine.begin() as connection:
            return connection.execute(again.returning(COLUMNS.address)).first() is not None

    def find(self, address: str) -> JoinRequest | None:
        with self._engine.connect() as connection:
            row = connection.execute(select(join_requests).where(COLUMNS.address == address)).first()
        return None if row is None else _request(row)

    def confirm(self, address: str, at: datetime) -> bool:
        waiting = (COLUMNS.address == address, COLUMNS.confirmed_at.is_(None))
        changed = update(join_requests).where(*waiting).values(confirmed_at=at).returning(COLUMNS.address)
        with self._engine.begin() as connection:
            return connection.execute(changed).first() is not None

    def all(self) -> list[JoinRequest]:
        query = select(join_requests).order_by(COLUMNS.asked_at, COLUMNS.address.collate("C"))
        with self._engine.connect() as connection:
            return [_request(row) for row in connection.execute(query)]

    def remove(self, address: str) -> bool:
        gone = delete(join_requests).where(COLUMNS.address == address).returning(COLUMNS.address)
        with self._engine.begin() as connection:
            return connection.execute(gone).first() is not None


def _request(row: Row[Any]) -> JoinRequest:
    confirmed = row.confirmed_at and row.confirmed_at.astimezone(UTC)
    return JoinRequest(row.address, row.asked_at.astimezone(UTC), confirmed)
