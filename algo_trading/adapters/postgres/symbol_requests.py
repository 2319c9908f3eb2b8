"""Symbols that people ask for, in PostgreSQL."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Row, func, select, update
from sqlalchemy.dialects.postgresql import insert

from algo_trading.adapters.postgres.database import Database
from algo_trading.adapters.postgres.notices import add_notices
from algo_trading.adapters.postgres.schema.people import symbol_requests
from algo_trading.domain.instrument import Instrument
from algo_trading.domain.notice import Content
from algo_trading.domain.symbol_request import SymbolRequest

COLUMNS = symbol_requests.c


class PostgresSymbolRequests:
    """Implements SymbolRequests."""

    def __init__(self, database: Database) -> None:
        self._engine = database.engine

    def add(self, request: SymbolRequest) -> bool:
        row = {
            "symbol": request.instrument.symbol, "venue": request.instrument.venue, "watchlist": request.watchlist,
            "user_name": request.user, "address": request.address, "asked_at": request.asked_at, "outcome": "",
        }  # fmt: skip
        statement = insert(symbol_requests).values(row).on_conflict_do_nothing().returning(COLUMNS.id)
        with self._engine.begin() as connection:
            return connection.execute(statement).first() is not None

    def count(self, user: str, since: datetime) -> int:
        query = select(func.count()).where(COLUMNS.user_name == user, COLUMNS.asked_at >= since)
        with self._engine.connect() as connection:
            return int(connection.execute(query).scalar_one())

    def open(self) -> list[SymbolRequest]:
        query = select(symbol_requests).where(COLUMNS.finished_at.is_(None)).order_by(COLUMNS.id)
        with self._engine.connect() as connection:
            return [_request(row) for row in connection.execute(query)]

    def finish(self, request: SymbolRequest, outcome: str, at: datetime, content: Content) -> bool:
        same = (
            COLUMNS.symbol == request.instrument.symbol, COLUMNS.venue == request.instrument.venue,
            COLUMNS.user_name == request.user, COLUMNS.finished_at.is_(None),
        )  # fmt: skip
        finished = update(symbol_requests).where(*same).values(outcome=outcome, finished_at=at).returning(COLUMNS.id)
        with self._engine.begin() as connection:
            if connection.execute(finished).first() is None:
                return False
            add_notices(connection, content, [(request.address, "")] if request.address else [])
            return True


def _request(row: Row[Any]) -> SymbolRequest:
    return SymbolRequest(
        Instrument(row.symbol, row.venue), row.watchlist, row.user_name, row.address, row.asked_at.astimezone(UTC),
        row.outcome, row.finished_at and row.finished_at.astimezone(UTC),
    )  # fmt: skip
