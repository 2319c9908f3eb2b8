"""Requests to join in PostgreSQL."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from algo_trading.adapters.postgres.join_requests import PostgresJoinRequests
from contracts.join_requests import JoinRequestContract

if TYPE_CHECKING:
    from algo_trading.adapters.postgres.database import Database

pytestmark = pytest.mark.integration


class TestPostgresJoinRequests(JoinRequestContract):
    @pytest.fixture
    def requests(self, database: Database) -> PostgresJoinRequests:
        return PostgresJoinRequests(database)
