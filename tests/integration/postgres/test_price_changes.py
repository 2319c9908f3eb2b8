"""New prices are announced to whoever waits for them."""

import time
from collections.abc import Iterator

import pytest

from algo_trading.adapters.postgres.database import Database
from algo_trading.adapters.postgres.price_changes import PostgresPriceChanges
from algo_trading.adapters.postgres.scores import PostgresScores
from contracts.scores import a_score

pytestmark = pytest.mark.integration

LONG, SHORT = 60.0, 0.05
TERMINATE = """
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE starts_with(query, 'LISTEN') AND datname = current_database()
"""


@pytest.fixture
def changes(database: Database) -> Iterator[PostgresPriceChanges]:
    """Listening already."""
    changes = PostgresPriceChanges(database)
    changes.wait(SHORT)
    yield changes
    changes.close()


def waited(changes: PostgresPriceChanges, seconds: float) -> float:
    begin = time.monotonic()
    changes.wait(seconds)
    return time.monotonic() - begin


def test_what_was_stored_since_the_last_call_ends_the_wait(changes: PostgresPriceChanges, database: Database) -> None:
    PostgresScores(database).store([a_score()])
    assert waited(changes, LONG) < LONG / 2
    assert waited(changes, SHORT) >= SHORT


def test_after_a_lost_connection_it_listens_again(changes: PostgresPriceChanges, database: Database) -> None:
    with database.engine.begin() as connection:
        assert connection.exec_driver_sql(TERMINATE).rowcount == 1
    assert waited(changes, SHORT) >= SHORT
    changes.wait(SHORT)
    PostgresScores(database).store([a_score()])
    assert waited(changes, LONG) < LONG / 2


def test_one_that_was_closed_begins_anew(changes: PostgresPriceChanges, database: Database) -> None:
    changes.close()
    changes.wait(SHORT)
    PostgresScores(database).store([a_score()])
    assert waited(changes, LONG) < LONG / 2
