"""Watchlists and assignments on PostgreSQL keep what the protocol promises."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from algo_trading.adapters.postgres.watchlists import PostgresAssignments, PostgresSetup, PostgresWatchlists
from contracts.watchlists import Setup, SetupContract

if TYPE_CHECKING:
    from algo_trading.adapters.postgres.database import Database

pytestmark = pytest.mark.integration


class TestPostgresSetup(SetupContract):
    @pytest.fixture
    def setup(self, database: Database) -> Setup:
        return Setup(PostgresSetup(database), PostgresWatchlists(database), PostgresAssignments(database))
