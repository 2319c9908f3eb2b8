"""Loading and reading bars in bulk: in parts, side by side, and from Parquet copies."""

import random
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, timedelta
from threading import Barrier

import psycopg
import pyarrow as pa
import pytest
from adbc_driver_manager import Error
from sqlalchemy import text

from algo_trading.adapters import parquet_bars
from algo_trading.adapters.parquet_bars import ParquetBars
from algo_trading.adapters.postgres import upsert
from algo_trading.adapters.postgres.bars import PostgresBars
from algo_trading.adapters.postgres.database import Database
from algo_trading.domain.instrument import Instrument, Series
from algo_trading.domain.time import midnight
from algo_trading.repositories.bars import UpsertCount
from algo_trading.services.export import ExportBars
from contracts.bars import DAY, JAN_2, bar_row, bar_rows
from fakes.locks import FakeLocks
from fakes.objects import FakeObjectStore

pytestmark = pytest.mark.integration

INSTRUMENTS = [Instrument(f"S{number}") for number in range(5)]
SERIES = [Series(instrument) for instrument in INSTRUMENTS]
DAYS = [JAN_2 + timedelta(days=number) for number in range(6)]


def table_of(close: float, days: list[date] = DAYS) -> pa.Table:
    """A bar of each instrument and day."""
    return bar_rows(*(bar_row(instrument, day, close) for instrument in INSTRUMENTS for day in days))


@pytest.mark.parametrize("size", [1, 7, 30])
def test_a_load_in_parts_counts_as_a_whole(database: Database, monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    monkeypatch.setattr(upsert, "BATCH", size)
    bars = PostgresBars(database)
    assert bars.upsert(table_of(10.0, DAYS[:4]), "test") == UpsertCount(inserted=20)
    mixed = pa.concat_tables([table_of(10.0, DAYS[:2]), table_of(11.0, DAYS[2:4]), table_of(12.0, DAYS[4:])])
    shuffled = mixed.take([(17 * place) % 30 for place in range(30)])
    assert bars.upsert(shuffled, "test") == UpsertCount(inserted=10, updated=10, unchanged=10)
    assert bars.read(SERIES, None, None) == mixed.sort_by([("symbol", "ascending"), ("opened_at", "ascending")])


def test_a_failure_in_a_later_part_leaves_nothing(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upsert, "BATCH", 2)
    bars = PostgresBars(database)
    bad = bar_row(INSTRUMENTS[0], DAYS[1], volume=None)
    with pytest.raises(Exception, match="null value in column"):
        bars.upsert(bar_rows(*(bar_row(one, JAN_2) for one in INSTRUMENTS), bad), "test")
    assert bars.count() == 0


def test_loads_of_the_same_bars_side_by_side(database_url: str) -> None:
    """New, revised and unchanged ones, in whatever order: none deadlocks, and every row is counted by one of them."""
    together = Barrier(4)
    start = Database(database_url)
    PostgresBars(start).upsert(table_of(1.0, DAYS[::2]), "test")
    start.close()
    mixed = table_of(2.0)

    def load(step: int) -> UpsertCount:
        database = Database(database_url)
        try:
            together.wait(10)
            return PostgresBars(database).upsert(mixed.take([(step * place) % 30 for place in range(30)]), "test")
        finally:
            database.close()

    with ThreadPoolExecutor(4) as pool:
        counts = list(pool.map(load, (1, 7, 11, 29)))
    assert sum(counts, UpsertCount()) == UpsertCount(inserted=15, updated=15, unchanged=90)


def test_a_load_waits_for_one_of_the_same_instruments_alone(database: Database, database_url: str) -> None:
    bars = PostgresBars(database)
    bars.upsert(table_of(1.0), "test")
    with psycopg.connect(database_url) as other, ThreadPoolExecutor(2) as pool:
        other.execute("SELECT FROM instruments WHERE symbol = 'S0' FOR NO KEY UPDATE")
        blocked = pool.submit(bars.upsert, bar_rows(bar_row(INSTRUMENTS[0], JAN_2, 5.0)), "test")
        free = pool.submit(bars.upsert, bar_rows(bar_row(INSTRUMENTS[1], JAN_2, 5.0)), "test")
        assert free.result(10) == UpsertCount(updated=1)
        with pytest.raises(TimeoutError):
            blocked.result(0.2)
        other.rollback()
        assert blocked.result(10) == UpsertCount(updated=1)


class TestParquetCopies:
    @pytest.fixture
    def reader(self, database: Database, monkeypatch: pytest.MonkeyPatch) -> ParquetBars:
        monkeypatch.setattr(parquet_bars, "FEW", 0)
        bars, objects = PostgresBars(database), FakeObjectStore()
        bars.upsert(pa.concat_tables([table_of(1.0), table_of(2.0, [date(2014, 5, 5)])]), "test")
        ExportBars(bars, objects, FakeLocks())("XNYS", DAY, [midnight(JAN_2), midnight(date(2014, 1, 1))])
        return ParquetBars(bars, objects)

    @pytest.fixture
    def reads(self, monkeypatch: pytest.MonkeyPatch) -> list[int]:
        """How many rows each read of the database gave."""
        given: list[int] = []
        read = PostgresBars.read

        def counted(
            bars: PostgresBars, series: list[Series], first: datetime | None, last: datetime | None
        ) -> pa.Table:
            table = read(bars, series, first, last)
            given.append(table.num_rows)
            return table

        monkeypatch.setattr(PostgresBars, "read", counted)
        return given

    def test_they_are_read_instead_of_the_database(self, reader: ParquetBars, reads: list[int]) -> None:
        found = reader.read(SERIES, None, None)
        assert found.num_rows == 35
        assert sum(reads) == 0
        assert found == reader._bars.read(SERIES, None, None)

    @pytest.mark.parametrize(
        "change",
        [
            "UPDATE bars SET close = close + 1e-9 WHERE opened_at = '2013-01-03Z'",
            "UPDATE bars SET closed_at = closed_at - interval '3 hours' WHERE opened_at = '2013-01-03Z'",
            "DELETE FROM bars WHERE opened_at = '2013-01-03Z'",
            "UPDATE bars SET opened_at = '2013-02-01Z' WHERE opened_at = '2013-01-03Z'",
            (
                "INSERT INTO bars (instrument_id, interval, opened_at, closed_at, open, high, low, close, volume, "
                "source) SELECT id, '1d', '2013-02-01Z', now(), 1, 1, 1, 1, 1, 'by hand' FROM instruments"
            ),
        ],
    )
    def test_a_change_by_any_hand_is_seen(
        self, reader: ParquetBars, reads: list[int], database_url: str, change: str
    ) -> None:
        with psycopg.connect(database_url, autocommit=True) as connection:
            connection.execute(change)
        found = reader.read(SERIES, None, None)
        of_2013 = sum(reads)
        assert of_2013 in {25, 30, 35}
        assert found == reader._bars.read(SERIES, None, None)
        assert found.num_rows == of_2013 + 5  # the file of 2014 is still good

    def test_a_backfill_of_one_series_is_seen(self, reader: ParquetBars, reads: list[int]) -> None:
        reader._bars.upsert(bar_rows(bar_row(INSTRUMENTS[2], date(1999, 3, 3))), "test")
        assert reader.read(SERIES, None, None).num_rows == 36
        assert sum(reads) == 1


def test_what_is_kept_of_each_series_is_what_its_bars_say(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """Over loads that overlap, in several batches, revise, fail, and run at once."""
    monkeypatch.setattr(upsert, "BATCH", 100)
    instruments = [Instrument(f"S{number}") for number in range(20)]
    bars = PostgresBars(database)

    def load(seed: int) -> None:
        own = Database(database.url)
        throw = random.Random(seed)  # noqa: S311 - a test's dice, not a secret
        for _ in range(5):
            keys = {(throw.choice(instruments), throw.randrange(4_000)) for _ in range(300)}
            rows = [bar_row(one, date(2010, 1, 1) + timedelta(day), throw.choice([1.0, 2.0])) for one, day in keys]
            PostgresBars(own).upsert(bar_rows(*rows), "test")
        own.close()

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(load, range(3)))
    bad = [bar_row(instruments[0], date(1990, 1, 1) + timedelta(day), volume=1.0 if day < 150 else None)
           for day in range(200)]  # fmt: skip
    with pytest.raises(Error, match="volume"):
        bars.upsert(bar_rows(*bad), "test")
    with database.engine.connect() as connection:
        counted = connection.execute(
            text("SELECT instrument_id, interval, min(opened_at), max(opened_at), count(*) FROM bars GROUP BY 1, 2")
        )
        kept = connection.execute(
            text("SELECT instrument_id, interval, first_opened_at, last_opened_at, bars FROM series")
        )
        assert {tuple(row) for row in counted} == {tuple(row) for row in kept}
    assert len(bars.extents()) == 20
