"""Tables that are imported in batches: which are judged together, and real archives."""

from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from algo_trading.domain.time import Interval, midnight
from algo_trading.errors import AlgoTradingError
from algo_trading.quality.gate import BarGate
from algo_trading.quality.verdict import Batch, Verdict
from algo_trading.repositories.bars import UpsertCount
from algo_trading.services.import_report import FileReport
from support.import_world import World, line, write
from support.raw_bars import sessions
from support.shared_data import SHARED_DATA, needs_shared_data

pytestmark = pytest.mark.unit


@pytest.fixture
def world() -> World:
    return World()


VINTAGES = SHARED_DATA / "daily_ohlcv" / "pystock_vintages"


def damaged_parquet(path: Path) -> None:
    """A file whose header is sound and whose only page is not."""
    prices = {name: [11.0] for name in ("open", "high", "low", "close", "volume")}
    pq.write_table(pa.table({"date": ["2015-03-23"], **prices}), path, compression="none", use_dictionary=False)
    content = bytearray(path.read_bytes())
    content[4:60] = b"\xff" * 56
    path.write_bytes(content)


def test_a_table_that_cannot_be_read_is_skipped_and_a_rerun_brings_it(world: World, tmp_path: Path) -> None:
    write(tmp_path / "1.csv", [line("2015-03-23")])
    damaged_parquet(tmp_path / "2.parquet")
    write(tmp_path / "3.csv", [line("2015-03-24")])
    report = world.run(tmp_path)
    assert [(Path(skipped.place).name, skipped.reason[:31]) for skipped in report.skipped] == [
        ("2.parquet", "it is not a valid Parquet file ")
    ]
    assert (len(report.files), report.stored) == (2, 2)
    assert world.objects.exists("bars/interval=1d/venue=XNYS/year=2015.parquet")
    write(tmp_path / "2.parquet", [line("2015-03-25")])  # mended
    again = world.run(tmp_path)
    assert (again.stored, again.unchanged, again.skipped) == (1, 2, ())
    assert len(world.closes("IBM")) == 3


def test_where_no_table_can_be_read_the_import_fails_with_the_reason(world: World, tmp_path: Path) -> None:
    damaged_parquet(tmp_path / "2.parquet")
    with pytest.raises(AlgoTradingError, match=r"2\.parquet holds no bars that can be read: it is not a valid Parquet"):
        world.run(tmp_path / "2.parquet")


class CountingGate(BarGate):
    """Remembers how many rows each batch had."""

    def __init__(self) -> None:
        super().__init__()
        self.batches: list[int] = []

    def judge(self, batch: Batch) -> Verdict:
        self.batches.append(len(batch.rows))
        return super().judge(batch)


def test_tables_without_a_common_symbol_are_judged_together(tmp_path: Path) -> None:
    gate = CountingGate()
    world = World(gate)
    days = sessions("2015-03-16", 4)
    write(tmp_path / "1.csv", [line(day, symbol="A") for day in days])
    write(tmp_path / "2.csv", [line(days[0], symbol="b"), line(days[3], symbol="B"), line("soon", symbol="B")])
    write(tmp_path / "3.csv", [line(days[0], symbol="C"), line(days[0], symbol="C"), ",,,,,,"])
    write(tmp_path / "4.csv", [line(day, 12, symbol="a") for day in days[1:]])
    heard: list[FileReport] = []
    report = world.run(tmp_path, heard=heard)
    assert gate.batches == [10, 3]
    assert heard == list(report.files)
    assert [(file.read, file.stored, dict(file.reasons), dict(file.gaps)) for file in report.files] == [
        (4, 4, {}, {}),
        (3, 2, {"unparseable": 1}, {"B": 2}),
        (3, 1, {"identical repeat": 1, "missing value": 1}, {}),
        (3, 3, {}, {}),
    ]
    assert world.closes("A") == [11, 12, 12, 12]
    verdicts = {Path(found.batch).name: found for found in world.quality.newest(10)}
    assert [(verdicts[f"{n}.csv"].evaluated, verdicts[f"{n}.csv"].passed) for n in (1, 2, 3, 4)] == [
        (4, 4),
        (3, 2),
        (3, 1),
        (3, 3),
    ]
    assert verdicts["2.csv"].gaps == {"B": tuple(days[1:3])}


def test_a_table_larger_than_a_batch_comes_in_several(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("algo_trading.adapters.bar_parts.PART_ROWS", 8)
    monkeypatch.setattr("algo_trading.adapters.bar_csv.BLOCK", 200)
    monkeypatch.setattr("algo_trading.services.import_bars.BATCH_ROWS", 10)
    gate = CountingGate()
    world = World(gate)
    days = sessions("2015-03-16", 4)
    lines = [line(day, symbol=symbol) for day in days for symbol in "ABCDEF"] + [line("soon")]
    path = write(tmp_path / "1.csv", lines)
    report = world.run(path)
    assert len(gate.batches) > 2
    assert sum(gate.batches) == 25
    (file,) = report.files
    assert (file.read, file.stored, file.reasons) == (25, 24, {"unparseable": 1})
    assert world.run(path).unchanged == 25
    (verdict,) = world.quality.newest(10)
    assert (verdict.evaluated, verdict.passed) == (25, 24)


def test_only_what_differs_is_written(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    days = sessions("2015-03-16", 4)
    world.run(write(tmp_path / "1.csv", [line(day) for day in days]))
    written: list[pa.Table] = []
    upsert = world.bars.upsert

    def kept(bars: pa.Table, source: str) -> UpsertCount:
        written.append(bars)
        return upsert(bars, source)

    monkeypatch.setattr(world.bars, "upsert", kept)
    report = world.run(write(tmp_path / "2.csv", [line(days[0]), line(days[1], 12), line("2015-03-23")]))
    assert (report.stored, report.unchanged) == (2, 1)
    assert [bars["close"].to_pylist() for bars in written] == [[12.0, 11.0]]


@needs_shared_data
class TestRealArchives:
    def test_one_with_a_second_header_and_three_copies_of_everything(self, world: World) -> None:
        report = world.run(VINTAGES / "20150406.tar.gz")
        assert (report.read, report.stored, report.unchanged, report.quarantined) == (36_260, 12_056, 0, 24_204)
        assert len(report.skipped) == 2

    def test_one_after_the_other_revises_bars(self, world: World) -> None:
        paths = [VINTAGES / f"{day}.tar.gz" for day in ("20150504", "20150505", "20150526")]
        report = world.run(*paths)
        assert [file.read for file in report.files] == [12_062, 12_060, 12_121]
        assert (
            "TRUE"
            in world.bars.read_venue("XNYS", Interval.DAY, midnight(date(2015, 5, 1)), midnight(date(2015, 5, 5)))[
                "symbol"
            ].to_pylist()
        )
        assert report.reasons["not a session"] == 23  # Memorial Day
        assert report.reasons["unit jump"] == 2  # SSE, at 0.04 between closes above 4
        before = world.state()
        again = world.run(*paths)
        assert (again.stored, again.unchanged) == (0, report.read)
        assert world.state() == before


def test_a_symbol_of_too_many_bars_for_a_part_is_read_as_if_it_came_at_once(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("algo_trading.adapters.bar_parts.PART_ROWS", 8)
    monkeypatch.setattr("algo_trading.adapters.bar_parts.MOST_ROWS", 10)
    days = sessions("2015-03-16", 30)
    gaps = [days[3], days[20]]
    lines = [line(day) for day in days if day not in gaps] + [line(days[0]), line(days[5], 12)]
    (file,) = world.run(write(tmp_path / "A.csv", lines)).files
    assert (file.read, file.stored, dict(file.gaps)) == (30, 27, {"IBM": 3})
    assert dict(file.reasons) == {"identical repeat": 1, "conflicting repeat": 2}
