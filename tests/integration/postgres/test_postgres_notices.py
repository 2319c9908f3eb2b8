"""Subscriptions, the queue of notices and the outbox on PostgreSQL."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text

from algo_trading.adapters.postgres.notices import PostgresNoticeQueue
from algo_trading.adapters.postgres.outbox import SENDERS, PostgresOutbox
from algo_trading.adapters.postgres.periods import PostgresPeriodLog
from algo_trading.adapters.postgres.subscriptions import PostgresSubscriptions
from contracts.notices import NOW, NoticeQueueContract, OutboxContract, Post, claim, keys, sent
from contracts.subscriptions import SubscriptionContract

if TYPE_CHECKING:
    from algo_trading.adapters.postgres.database import Database

pytestmark = pytest.mark.integration


class TestPostgresSubscriptions(SubscriptionContract):
    @pytest.fixture
    def subscriptions(self, database: Database) -> PostgresSubscriptions:
        return PostgresSubscriptions(database)


class TestPostgresNotices(NoticeQueueContract, OutboxContract):
    @pytest.fixture
    def post(self, database: Database) -> Post:
        return Post(
            PostgresSubscriptions(database),
            PostgresPeriodLog(database),
            PostgresNoticeQueue(database),
            PostgresOutbox(database),
        )

    def test_what_a_killed_sender_had_is_free_at_once(self, post: Post, database: Database) -> None:
        """The server ends the connection, as it does for a process that was killed."""
        post.fill("a", "b")
        with post.outbox.sender() as killed:
            assert keys(claim(killed)) == ["a", "b"]
            with database.engine.connect() as connection:
                lock = "SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND classid = :senders"
                (pid,) = connection.execute(text(lock), {"senders": SENDERS}).one()
                assert connection.execute(text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": pid}).scalar()
            with post.outbox.sender() as other:
                assert keys(claim(other)) == ["a", "b"]

    def test_no_transaction_is_open_between_claim_and_settlement(self, post: Post, database: Database) -> None:
        post.fill("a")
        with post.outbox.sender() as sender:
            claimed = claim(sender)
            with database.engine.connect() as connection:
                states = (
                    "SELECT state FROM pg_stat_activity "
                    "WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
                )
                assert set(connection.execute(text(states)).scalars()) <= {"idle"}
            sender.settle([sent(notice) for notice in claimed])

    def test_a_sender_leaves_no_lock(self, post: Post, database: Database) -> None:
        for _ in range(3):
            with post.outbox.sender() as sender:
                claim(sender)
        with database.engine.connect() as connection:
            held = text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND classid = :senders")
            until = time.monotonic() + 10  # the server ends a session a moment after its connection was closed
            while connection.execute(held, {"senders": SENDERS}).scalar() and time.monotonic() < until:
                time.sleep(0.01)
            assert connection.execute(held, {"senders": SENDERS}).scalar() == 0

    def test_a_claim_does_not_see_locks_of_another_kind_as_senders(self, post: Post, database: Database) -> None:
        post.fill("a")
        with database.engine.begin() as connection:
            number = "UPDATE notices SET sender = 7, leased_until = :until"
            connection.execute(text(number), {"until": NOW + timedelta(days=1)})
        with database.engine.connect() as connection:
            connection.execute(text("SELECT pg_advisory_lock(7), pg_advisory_lock(8, 7)"))
            with post.outbox.sender() as sender:
                assert keys(claim(sender)) == ["a"]
            connection.execute(text("SELECT pg_advisory_unlock_all()"))
