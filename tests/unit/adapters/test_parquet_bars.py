"""Parquet copies are read where they are what the database holds, and nowhere else."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from algo_trading.adapters import parquet_bars
from algo_trading.adapters.parquet_bars import ParquetBars
from algo_trading.domain.instrument import Instrument, Series
from algo_trading.domain.time import Interval, midnight
from algo_trading.repositories.bars import BAR_SCHEMA
from algo_trading.services import export
from algo_trading.services.export import ExportBars
from contracts.bars import BTC, bar_row, bar_rows, check_intervals
from fakes.bars import FakeBars
from fakes.locks import FakeLocks
from fakes.objects import FakeObjectStore

pytestmark = pytest.mark.unit

DAY, HOUR = Interval.DAY, Interval.HOUR_1
INSTRUMENTS = [Instrument(symbol) for symbol in ("Z", "A", "a", "M")]
SERIES = [Series(instrument) for instrument in INSTRUMENTS]
DAYS = [date(2011, 12, 30), date(2012, 1, 3), date(2012, 12, 31), date(2013, 1, 2), date(2013, 7, 1)]


class WatchedBars(FakeBars):
    """Notes how many bars each read gave."""

    def __init__(self) -> None:
        super().__init__()
        self.given: list[int] = []

    def read(self, series: Sequence[Series], first: datetime | None, last: datetime | None) -> pa.Table:
        table = super().read(series, first, last)
        self.given.append(table.num_rows)
        return table


class World:
    """Bars of three years and four symbols, all of them exported."""

    def __init__(self) -> None:
        self.bars, self.objects = WatchedBars(), FakeObjectStore()
        self.reader = ParquetBars(self.bars, self.objects)
        rows = [bar_row(i, day, 10.0 + n) for n, i in enumerate(INSTRUMENTS) for day in DAYS]
        self.bars.upsert(bar_rows(*rows), "test")
        self.export(*DAYS)

    def export(self, *days: date, venue: str = "XNYS", interval: Interval = DAY) -> None:
        ExportBars(self.bars, self.objects, FakeLocks())(venue, interval, map(midnight, days))

    def check(
        self,
        from_database: int,
        first: date | None = None,
        last: date | None = None,
        series: Sequence[Series] = SERIES,
    ) -> None:
        """Read what the database gives, and so many rows of it from there."""
        bounds = midnight(first) if first else None, midnight(last) if last else None
        expected = super(WatchedBars, self.bars).read(series, *bounds)
        self.bars.given.clear()
        found = self.reader.read(series, *bounds)
        assert found.schema == BAR_SCHEMA
        assert found == expected
        assert sum(self.bars.given) == from_database


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setattr(parquet_bars, "FEW", 0)
    return World()


def test_what_is_exported_is_not_read_from_the_database(world: World) -> None:
    world.check(0)
    assert world.reader.series() == world.bars.series()


@pytest.mark.parametrize("first", [None, DAYS[0], date(2012, 1, 4), DAYS[3], date(2014, 1, 1)])
@pytest.mark.parametrize("last", [None, date(2011, 1, 1), DAYS[2], date(2013, 1, 2), date(2020, 1, 1)])
def test_bounds(world: World, first: date | None, last: date | None) -> None:
    world.check(0, first, last)


def test_a_changed_row_makes_its_file_stale(world: World) -> None:
    world.bars.upsert(bar_rows(bar_row(INSTRUMENTS[0], DAYS[1], 99.0)), "test")
    world.check(8)  # of four series in 2012
    world.check(0, series=SERIES[1:])  # whose bars are as they were
    world.export(DAYS[1])
    world.check(0)


def test_so_do_new_rows(world: World) -> None:
    world.bars.upsert(bar_rows(bar_row(INSTRUMENTS[2], date(2013, 7, 2))), "test")
    world.check(9)
    world.check(0, last=DAYS[2])


def test_and_new_series(world: World) -> None:
    new = Instrument("NEW")
    world.bars.upsert(bar_rows(bar_row(new, DAYS[0])), "test")
    world.check(0)
    world.check(5, series=[*SERIES, Series(new)])


def test_a_row_that_is_gone_is_not_read_from_the_file(world: World) -> None:
    world.bars.drop(SERIES[0], midnight(DAYS[4]))
    world.check(7)
    for day in (DAYS[0], DAYS[1], DAYS[2], DAYS[3]):
        world.bars.drop(SERIES[0], midnight(day))
    world.check(15)


def test_years_without_a_file_come_from_the_database(world: World) -> None:
    world.bars.upsert(bar_rows(*(bar_row(i, date(year, 5, 5)) for i in INSTRUMENTS for year in (1999, 2015))), "test")
    world.check(8)
    world.objects.delete("bars/interval=1d/venue=XNYS/year=2012.parquet")
    world.check(16)


@pytest.mark.parametrize("content", [b"", b"PAR1 is not all of it", None])
def test_what_is_not_a_copy_with_digests_is_not_used(world: World, content: bytes | None) -> None:
    key = "bars/interval=1d/venue=XNYS/year=2013.parquet"
    if content is None:  # a file as it was written before there were digests
        sink = pa.BufferOutputStream()
        pq.write_table(pq.read_table(pa.BufferReader(world.objects.get(key))).replace_schema_metadata(None), sink)
        content = sink.getvalue().to_pybytes()
    world.objects.put(key, content)
    world.objects.put("bars/interval=1d/venue=XNYS/notes.txt", b"by hand")
    world.check(8)


def test_few_series_are_read_from_the_database() -> None:
    world = World()
    world.check(20)
    world.check(0, series=[])
    many = [Series(Instrument(f"S{number}")) for number in range(parquet_bars.FEW)]
    world.check(0, series=[*SERIES, *many])


def test_row_groups_without_a_wanted_symbol_are_skipped(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export, "ROW_GROUP", 2)
    world.export(*DAYS)
    seen: list[list[int]] = []
    read = pq.ParquetFile.read_row_groups

    def noted(file: pq.ParquetFile, groups: list[int], columns: list[str]) -> pa.Table:
        seen.append(groups)
        return read(file, groups, columns=columns)

    monkeypatch.setattr(pq.ParquetFile, "read_row_groups", noted)
    world.check(0, series=[SERIES[1], SERIES[3]], first=DAYS[1])
    assert seen == [[0, 1], [0, 1]]  # A and M of A, M, Z and a, in 2012 and 2013


def test_several_venues_and_intervals(world: World) -> None:
    hours = [datetime(2012, 12, 31, 22, tzinfo=UTC) + timedelta(hours=n) for n in range(5)]
    rows = [bar_row(BTC, hour.date(), interval="1h", opened_at=hour, closed_at=hour + timedelta(hours=1))
            for hour in hours]  # fmt: skip
    world.bars.upsert(bar_rows(*rows, bar_row(BTC, DAYS[1])), "test")
    every = [*SERIES, Series(BTC, HOUR), Series(BTC)]
    world.check(6, series=every)
    world.export(DAYS[2], DAYS[3], venue="24/7", interval=HOUR)
    world.check(1, series=every)
    world.export(DAYS[1], venue="24/7")
    world.check(0, series=every)
    world.check(0, first=DAYS[3], series=every)


def test_the_intervals_of_an_instrument() -> None:
    bars = FakeBars()
    check_intervals(bars, ParquetBars(bars, FakeObjectStore()))
