"""Recommendations on PostgreSQL keep what the protocol promises."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import func, select

from algo_trading.adapters.postgres.recommendations import PostgresRecommendations
from algo_trading.adapters.postgres.schema.decisions import backtests, recommendations
from contracts.recommendations import RecommendationContract, a_recommendation

if TYPE_CHECKING:
    from algo_trading.adapters.postgres.database import Database

pytestmark = pytest.mark.integration


class TestPostgresRecommendations(RecommendationContract):
    @pytest.fixture
    def recommendations(self, database: Database) -> PostgresRecommendations:
        return PostgresRecommendations(database)


def test_a_review_repeated_adds_no_row(database: Database) -> None:
    repository = PostgresRecommendations(database)
    for _ in range(3):
        repository.store(a_recommendation())
    with database.engine.connect() as connection:
        counts = [
            connection.execute(select(func.count()).select_from(table)).scalar_one()
            for table in (recommendations, backtests)
        ]
    assert counts == [1, 2]
