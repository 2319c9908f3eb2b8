"""Requests to join, and for symbols, in PostgreSQL."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from algo_trading.adapters.postgres.join_requests import PostgresJoinRequests
from algo_trading.adapters.postgres.notices import PostgresNoticeQueue
from algo_trading.adapters.postgres.symbol_requests import PostgresSymbolRequests
from algo_trading.adapters.postgres.users import PostgresUsers
from algo_trading.domain.user import Role, User
from contracts.join_requests import JoinRequestContract
from contracts.symbol_requests import NOW, Desk, SymbolRequestContract

if TYPE_CHECKING:
    from algo_trading.adapters.postgres.database import Database

pytestmark = pytest.mark.integration


class TestPostgresJoinRequests(JoinRequestContract):
    @pytest.fixture
    def requests(self, database: Database) -> PostgresJoinRequests:
        return PostgresJoinRequests(database)


class TestPostgresSymbolRequests(SymbolRequestContract):
    @pytest.fixture
    def desk(self, database: Database) -> Desk:
        PostgresUsers(database).add(User("ann", Role.MEMBER, NOW), "")
        return Desk(PostgresSymbolRequests(database), PostgresNoticeQueue(database))
