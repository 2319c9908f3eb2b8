"""Scores, and who is told of them, on PostgreSQL."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from algo_trading.adapters.postgres.outbox import PostgresOutbox
from algo_trading.adapters.postgres.regular_mails import PostgresRecipients, PostgresRegularMails
from algo_trading.adapters.postgres.score_alerts import PostgresScoreAlerts
from algo_trading.adapters.postgres.scores import PostgresScores, PostgresThresholds
from algo_trading.adapters.postgres.strategy_failures import PostgresStrategyFailures
from contracts.regular_mails import Regularly, RegularMailContract
from contracts.score_alerts import ScoreAlertContract, Scored
from contracts.scores import ScoreContract, ThresholdContract
from contracts.strategy_failures import StrategyFailureContract

if TYPE_CHECKING:
    from algo_trading.adapters.postgres.database import Database

pytestmark = pytest.mark.integration


class TestPostgresScores(ScoreContract):
    @pytest.fixture
    def scores(self, database: Database) -> PostgresScores:
        return PostgresScores(database)


class TestPostgresThresholds(ThresholdContract):
    @pytest.fixture
    def thresholds(self, database: Database) -> PostgresThresholds:
        return PostgresThresholds(database)


class TestPostgresScoreAlerts(ScoreAlertContract):
    @pytest.fixture
    def scored(self, database: Database) -> Scored:
        return Scored(PostgresScoreAlerts(database), PostgresScores(database), PostgresOutbox(database))


class TestPostgresRegularMails(RegularMailContract):
    @pytest.fixture
    def regularly(self, database: Database) -> Regularly:
        return Regularly(PostgresRegularMails(database), PostgresRecipients(database), PostgresOutbox(database))


class TestPostgresStrategyFailures(StrategyFailureContract):
    @pytest.fixture
    def failures(self, database: Database) -> PostgresStrategyFailures:
        return PostgresStrategyFailures(database)
