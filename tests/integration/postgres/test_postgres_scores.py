"""Scores, and who is told of them, on PostgreSQL."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from algo_trading.adapters.postgres.outbox import PostgresOutbox
from algo_trading.adapters.postgres.regular_mails import PostgresRecipients, PostgresRegularMails
from algo_trading.adapters.postgres.score_alerts import PostgresScoreAlerts
from algo_trading.adapters.postgres.scores import PostgresScores, PostgresThresholds
from algo_trading.adapters.postgres.strategy_failures import PostgresStrategyFailures
from algo_trading.services.record_scores import RecordScores
from contracts.regular_mails import Regularly, RegularMailContract
from contracts.score_alerts import ANN, ScoreAlertContract, Scored
from contracts.scores import NOON, PAIR, ScoreContract, ThresholdContract, a_score
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

    def test_of_several_who_score_at_once_one_tells(self, scored: Scored, database: Database) -> None:
        scored.alerts.put(ANN)
        record = RecordScores(lambda *_: a_score(), scored.alerts, PostgresThresholds(database))  # type: ignore[arg-type]
        with ThreadPoolExecutor(4) as pool:
            reports = list(pool.map(lambda _: record([(PAIR, ())], NOON), range(8)))
        assert sorted(report.notices for report in reports) == [0] * 7 + [1]
        assert scored.alerts.all() == [replace(ANN, bull=3)]


class TestPostgresRegularMails(RegularMailContract):
    @pytest.fixture
    def regularly(self, database: Database) -> Regularly:
        return Regularly(PostgresRegularMails(database), PostgresRecipients(database), PostgresOutbox(database))


class TestPostgresStrategyFailures(StrategyFailureContract):
    @pytest.fixture
    def failures(self, database: Database) -> PostgresStrategyFailures:
        return PostgresStrategyFailures(database)
