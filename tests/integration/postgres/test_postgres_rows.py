"""What PostgreSQL does beneath the repositories: what is written, what is left alone, what waits for what."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from itertools import count
from threading import Barrier
from typing import Any

import numpy as np
import psycopg
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event, text

from algo_trading.adapters.postgres.accounts import PostgresAccounts
from algo_trading.adapters.postgres.bars import PostgresBars, PostgresIndicators
from algo_trading.adapters.postgres.corporate_actions import PostgresCorporateActions
from algo_trading.adapters.postgres.database import Database
from algo_trading.adapters.postgres.locks import PostgresLocks
from algo_trading.adapters.postgres.quality import PostgresQuarantine
from algo_trading.adapters.postgres.signals import PostgresSignals
from algo_trading.adapters.postgres.subscriptions import PostgresSubscriptions
from algo_trading.domain.instrument import Instrument
from algo_trading.domain.time import midnight
from algo_trading.repositories.bars import BAR_SCHEMA, UpsertCount
from contracts.accounts import an_account, opening
from contracts.bars import DAY, IBM, JAN_2, JAN_3, JAN_4, MSFT, bar_row, bar_rows, daily
from contracts.corporate_actions import dividend
from contracts.indicators import indicator_rows
from contracts.signals import a_signal
from fakes.bars import FakeBars
from support.postgres_server import TestServer

pytestmark = pytest.mark.integration


NUMBERS = count()


def versions(database: Database, table: str) -> set[tuple[Any, ...]]:
    """Where each row lies and which transaction wrote it: unchanged means not written."""
    with database.engine.connect() as connection:
        return {tuple(row) for row in connection.execute(text(f"SELECT tableoid, ctid, xmin FROM {table}"))}


class TestUpsert:
    def test_a_reload_writes_nothing(self, database: Database) -> None:
        bars, actions, indicators = (
            PostgresBars(database),
            PostgresCorporateActions(database),
            PostgresIndicators(database),
        )
        days = (date(1999, 12, 31), JAN_2, date(2041, 1, 2))
        loads: dict[str, Callable[[], UpsertCount]] = {
            "bars": lambda: bars.upsert(bar_rows(*(bar_row(IBM, day, float("nan")) for day in days)), "test"),
            "corporate_actions": lambda: actions.upsert([dividend(IBM, JAN_2, 0.1)], "test"),
            "indicators": lambda: indicators.upsert(indicator_rows(JAN_2, [(IBM, None), (MSFT, float("nan"))])),
        }
        for table, load in loads.items():
            assert load().inserted > 0
            before = versions(database, table)
            assert load().stored == 0
            assert versions(database, table) == before

    def test_only_rows_that_differ_are_written(self, database: Database) -> None:
        bars = PostgresBars(database)
        bars.upsert(bar_rows(bar_row(IBM, JAN_2), bar_row(IBM, JAN_3)), "one")
        before = versions(database, "bars")
        bars.upsert(bar_rows(bar_row(IBM, JAN_2), bar_row(IBM, JAN_3, 11.0), bar_row(IBM, JAN_4)), "two")
        assert len(before & versions(database, "bars")) == 1
        with database.engine.connect() as connection:
            sources = connection.execute(text("SELECT source FROM bars ORDER BY opened_at")).scalars().all()
        assert sources == ["one", "two", "two"]

    def test_a_bad_row_takes_the_whole_batch_with_it(self, database: Database) -> None:
        bars = PostgresBars(database)
        bad = bar_rows(bar_row(IBM, JAN_2), bar_row(MSFT, JAN_2, close=1.0, volume=None))
        with pytest.raises(Exception, match="null value in column"):
            bars.upsert(bad, "test")
        assert bars.count() == 0
        with database.engine.connect() as connection:
            assert connection.execute(text("SELECT count(*) FROM instruments")).scalar() == 0
        assert bars.upsert(bar_rows(bar_row(IBM, JAN_2)), "test") == UpsertCount(inserted=1)  # the connection is well

    def test_chunked_and_unsorted_tables(self, database: Database) -> None:
        rows = [bar_row(Instrument(f"S{n % 7}"), JAN_2 + timedelta(days=n)) for n in range(50)]
        chunks = [bar_rows(*rows[start : start + 3]) for start in range(0, 50, 3)]
        table = pa.concat_tables([*chunks[::2], *chunks[1::2], BAR_SCHEMA.empty_table()])
        assert PostgresBars(database).upsert(table, "test") == UpsertCount(inserted=50)

    def test_two_loads_of_the_same_new_symbols_at_once(self, database_url: str) -> None:
        tables = [bar_rows(*(bar_row(Instrument(f"S{n:03}"), JAN_2) for n in order))
                  for order in (range(200), reversed(range(200)))]  # fmt: skip
        together = Barrier(2)

        def load(table: pa.Table) -> UpsertCount:
            database = Database(database_url)
            try:
                together.wait(10)
                return PostgresBars(database).upsert(table, "test")
            finally:
                database.close()

        with ThreadPoolExecutor(2) as pool:
            first, second = pool.map(load, tables)
        assert first + second == UpsertCount(inserted=200, unchanged=200)

    KEYS = st.tuples(
        st.sampled_from(["A", "a", "B"]), st.sampled_from([date(1999, 12, 31), JAN_2, JAN_3, date(2041, 1, 1)])
    )
    BATCHES = st.lists(
        st.dictionaries(KEYS, st.sampled_from([1.0, 2.0, float("nan"), -0.0, 0.0, float("inf")]), max_size=6),
        min_size=1,
        max_size=5,
    )  # fmt: skip

    @settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(batches=BATCHES)
    def test_it_counts_and_keeps_as_the_repository_in_memory_does(
        self, database: Database, batches: list[dict[tuple[str, date], float]]
    ) -> None:
        venue = str(next(NUMBERS))  # of this example alone
        stored, fake = PostgresBars(database), FakeBars()
        for batch in batches:
            table = bar_rows(*(bar_row(Instrument(symbol, venue), day, volume=value)
                               for (symbol, day), value in batch.items()))  # fmt: skip
            assert stored.upsert(table, "test") == fake.upsert(table, "test")
        first, last = midnight(date(1990, 1, 1)), midnight(date(2050, 1, 1))
        ours, theirs = stored.read_venue(venue, DAY, first, last), fake.read_venue(venue, DAY, first, last)
        assert ours.drop_columns("volume") == theirs.drop_columns("volume")
        np.testing.assert_array_equal(ours["volume"].to_numpy(), theirs["volume"].to_numpy())


class TestConnections:
    def test_arrow_connections_are_used_again_and_closed_after_an_error(self, database: Database) -> None:
        with database.arrow() as first:
            (backend,) = first.read("SELECT pg_backend_pid() AS pid")["pid"].to_pylist()
        with database.arrow() as second:
            assert second.read("SELECT pg_backend_pid() AS pid")["pid"].to_pylist() == [backend]
        with pytest.raises(Exception, match="no_such_table"), database.arrow() as third:
            third.read("SELECT * FROM no_such_table")
        with database.arrow() as fourth:
            assert fourth.read("SELECT pg_backend_pid() AS pid")["pid"].to_pylist() != [backend]

    def test_nothing_of_a_block_that_fails_is_kept(self, database: Database) -> None:
        def write_and_fail() -> None:
            with database.arrow() as connection:
                connection.execute("INSERT INTO imported_files (fingerprint, path, read) VALUES ('a', 'b', 1)")
                raise RuntimeError

        with pytest.raises(RuntimeError):
            write_and_fail()
        with database.arrow() as connection:
            assert connection.read("SELECT * FROM imported_files").num_rows == 0

    def test_many_threads_share_one_database(self, database: Database) -> None:
        bars = PostgresBars(database)
        bars.upsert(bar_rows(bar_row(IBM, JAN_2)), "test")

        def read(_number: int) -> int:
            rows: int = bars.read(daily([IBM]), None, None).num_rows
            return rows

        with ThreadPoolExecutor(8) as pool:
            assert set(pool.map(read, range(100))) == {1}

    def test_everything_is_closed_in_the_end(self, database_url: str, postgres: TestServer) -> None:
        postgres.close()
        database = Database(database_url)
        bars, signals = PostgresBars(database), PostgresSignals(database)
        bars.upsert(bar_rows(bar_row(IBM, JAN_2)), "test")
        signals.add([a_signal()])
        database.close()
        with psycopg.connect(database_url, autocommit=True) as observer:
            query = (
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
            deadline = datetime.now(UTC) + timedelta(seconds=10)
            while observer.execute(query).fetchone() != (0,):
                assert datetime.now(UTC) < deadline

    def test_a_server_that_went_away_is_told_in_a_sentence(self, postgres: TestServer) -> None:
        with postgres.own_database() as url, postgres.connections(url) as database:
            bars = PostgresBars(database)
            bars.count()
            bars.read(daily([IBM]), None, None)
            with psycopg.connect(url, autocommit=True) as administrator:
                administrator.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                                      "WHERE datname = current_database() AND pid <> pg_backend_pid()")  # fmt: skip
            for ask in (bars.count, lambda: bars.read(daily([IBM]), None, None)):
                with pytest.raises(Exception, match=r"terminat|closed") as caught:
                    ask()
                explained = database.explained(caught.value)
                assert explained is not None
                assert "\n" not in str(explained)
                ask()  # the next connection is a new one


class TestLocks:
    def test_one_at_a_time_does_the_same_work(self, database: Database) -> None:
        locks = PostgresLocks(database)

        def work(name: str) -> str:
            with locks.exclusively(name):
                return name

        with ThreadPoolExecutor(2) as pool:
            with locks.exclusively("year=2013"):
                waiting, free = pool.submit(work, "year=2013"), pool.submit(work, "year=2012")
                assert free.result(10) == "year=2012"
                with pytest.raises(TimeoutError):
                    waiting.result(0.2)
            assert waiting.result(10) == "year=2013"

    def test_who_fails_gives_the_lock_back(self, database: Database) -> None:
        def fail() -> None:
            with PostgresLocks(database).exclusively("work"):
                raise RuntimeError

        for _ in range(2):
            with pytest.raises(RuntimeError):
                fail()


TEXT_COLUMNS = {"name", "strategy", "params", "symbol", "venue", "address", "reason", "source"}


@pytest.fixture
def sorted_columns(database: Database) -> Iterator[set[str]]:
    """Every ORDER BY term of the statements that SQLAlchemy sends."""
    terms: set[str] = set()

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        _, _, order = statement.partition("ORDER BY ")
        terms.update(term.strip() for term in order.partition("\n")[0].split(" LIMIT ")[0].split(","))

    event.listen(database.engine, "before_cursor_execute", note)
    yield terms
    event.remove(database.engine, "before_cursor_execute", note)


def test_text_is_sorted_by_code_point_whatever_the_servers_locale(database: Database, sorted_columns: set[str]) -> None:
    """The embedded server sorts so by itself; one that somebody else set up often does not."""
    accounts, signals = PostgresAccounts(database), PostgresSignals(database)
    accounts.open(opening(an_account()))
    accounts.names()
    accounts.state("paper")
    signals.of_period("XNYS", DAY, midnight(JAN_2))
    signals.newest(1)
    PostgresSubscriptions(database).all()
    PostgresQuarantine(database).reasons()
    of_text = {term for term in sorted_columns if term.split(" ")[0].rpartition(".")[2] in TEXT_COLUMNS}
    assert len(of_text) >= 9
    assert [term for term in of_text if 'COLLATE "C"' not in term] == []
