"""The server's housekeeping, asked for by hand."""

import pytest
from sqlalchemy import text

from algo_trading.adapters.postgres.database import Database
from algo_trading.adapters.postgres.vacuum import vacuum

pytestmark = pytest.mark.integration


def test_dead_rows_are_counted_and_their_space_is_free_again(database: Database) -> None:
    with database.engine.begin() as connection:
        connection.execute(text("CREATE TABLE shortlived (n int) WITH (autovacuum_enabled = false)"))
        connection.execute(text("INSERT INTO shortlived SELECT generate_series(1, 20000)"))
    with database.engine.begin() as connection:
        connection.execute(text("DELETE FROM shortlived"))
        connection.execute(text("SELECT pg_stat_force_next_flush()"))
    size = text("SELECT pg_relation_size('shortlived')")
    try:
        with database.engine.connect() as connection:
            assert connection.execute(size).scalar_one() > 0
        assert vacuum(database)["shortlived"] == 20000
        with database.engine.connect() as connection:
            assert connection.execute(size).scalar_one() == 0
    finally:
        with database.engine.begin() as connection:
            connection.execute(text("DROP TABLE shortlived"))
