"""Bars from files into the database."""

import gzip
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from algo_trading.adapters.bar_files import read_bar_files
from algo_trading.calendars import trading_calendar
from algo_trading.domain.corporate_actions import ActionKind, CorporateAction
from algo_trading.domain.instrument import Instrument, Series
from algo_trading.domain.time import Interval, midnight
from algo_trading.errors import AlgoTradingError
from algo_trading.quality.gate import BarGate
from algo_trading.quality.verdict import Batch, Gate, Verdict
from algo_trading.repositories.bars import UpsertCount
from algo_trading.repositories.objects import ObjectStore
from algo_trading.services.export import ExportBars
from algo_trading.services.import_bars import ImportBars
from algo_trading.services.import_report import FileReport, ImportReport
from fakes.bars import FakeBars, FakeCorporateActions
from fakes.clock import FakeClock
from fakes.objects import FakeObjectStore
from fakes.quality import FakeImports, FakeQuality, FakeQuarantine
from raw_bars import NOW, sessions
from shared_data import SHARED_DATA, needs_shared_data

pytestmark = pytest.mark.unit

HEADER = "symbol,date,open,high,low,close,volume\n"
VINTAGES = SHARED_DATA / "daily_ohlcv" / "pystock_vintages"


class Killed(BaseException):
    """The process ends here."""


class Kill:
    """Ends the process before the n-th write."""

    def __init__(self, write: int) -> None:
        self.left = write

    def tick(self) -> None:
        self.left -= 1
        if self.left < 0:
            raise Killed


class Mortal:
    """A repository whose writes may be the last."""

    def __init__(self, inner: Any, kill: Kill) -> None:
        self._inner, self._kill = inner, kill

    def __getattr__(self, name: str) -> Any:
        if name in {"add", "put", "put_file", "put_new", "record", "upsert"}:
            self._kill.tick()
        return getattr(self._inner, name)


class QuietGate(BarGate):
    """Shows people nothing: the pages are most of the time that a small import takes."""

    def publish(self, objects: ObjectStore, label: str) -> str | None:  # noqa: ARG002 - the same arguments
        return None


class Alone:
    """Nobody else is at work."""

    @contextmanager
    def exclusively(self, work: str) -> Iterator[None]:  # noqa: ARG002 - there is no other work
        yield


class World:
    """Everything that outlives a process."""

    def __init__(self, gate: Gate | None = None) -> None:
        self.gate = gate or QuietGate()
        self.bars = FakeBars()
        self.actions = FakeCorporateActions()
        self.quarantine = FakeQuarantine()
        self.quality = FakeQuality()
        self.imports = FakeImports()
        self.objects = FakeObjectStore()
        self.clock = FakeClock(NOW)

    def run(
        self,
        *paths: Path,
        symbol: str | None = None,
        venue: str = "XNYS",
        interval: Interval = Interval.DAY,
        kill: Kill | None = None,
        heard: list[FileReport] | None = None,
    ) -> ImportReport:
        """One process that imports `paths`."""
        kill = kill or Kill(10**9)
        bars: Any = Mortal(self.bars, kill)
        objects: Any = Mortal(self.objects, kill)
        service = ImportBars(
            read_bar_files=read_bar_files,
            gate=self.gate,
            bars=bars,
            actions=self.actions,
            quarantine=Mortal(self.quarantine, kill),
            quality=Mortal(self.quality, kill),
            imports=Mortal(self.imports, kill),
            objects=objects,
            export=ExportBars(bars, objects, Alone()),
            calendars=trading_calendar,
            clock=self.clock,
        )
        report = service(paths, symbol, venue, interval, heard.append if heard is not None else lambda _report: None)
        check(report)
        return report

    def _of(self, venue: str) -> list[dict[str, Any]]:
        tables = [self.bars.read_venue(venue, one, midnight(date.min), midnight(date.max)) for one in Interval]
        return [row for table in tables for row in table.to_pylist()]

    def state(self) -> dict[str, Any]:
        """What is stored, the pages for people aside."""
        return {
            "bars": [row for venue in ("XNYS", "DEMO") for row in self._of(venue)],
            "quarantine": sorted(map(str, self.quarantine.newest())),
            "quality": sorted(map(str, self.quality.newest(1000))),
            "imports": sorted(self.imports._files),
            "objects": {key: value for key, value in self.objects.contents.items() if "quality/docs" not in key},
        }

    def closes(self, symbol: str) -> list[float]:
        found: list[float] = self.bars.read([Series(Instrument(symbol))], None, None)["close"].to_pylist()
        return found


def check(report: ImportReport) -> None:
    """Read = stored + unchanged + quarantined, of each file and of all."""
    parts: list[ImportReport | FileReport] = [report, *report.files]
    for part in parts:
        assert part.read == part.stored + part.unchanged + part.quarantined
        assert sum(part.reasons.values()) == part.quarantined
    for name in ("read", "stored", "unchanged", "quarantined"):
        assert getattr(report, name) == sum(getattr(file, name) for file in report.files)


@pytest.fixture
def world() -> World:
    return World()


def write(path: Path, lines: Sequence[str]) -> Path:
    path.write_text(HEADER + "".join(f"{line}\n" for line in lines))
    return path


def line(session: str, close: float = 11, symbol: str = "IBM") -> str:
    return f"{symbol},{session},{close},{close},{close},{close},100"


def test_good_rows_are_stored_and_bad_ones_quarantined(world: World, tmp_path: Path) -> None:
    path = write(tmp_path / "x.csv", [line("2015-03-23"), line("2015-03-22"), line("2015-03-23"), line("soon")])
    heard: list[FileReport] = []
    report = world.run(path, heard=heard)
    assert (report.read, report.stored, report.unchanged, report.quarantined) == (4, 1, 0, 3)
    assert report.reasons == {"unparseable": 1, "not a session": 1, "identical repeat": 1}
    assert report.years == (2015,)
    assert heard == list(report.files)
    assert not report.nothing_good
    held = {row.reason: (row.source, row.place) for row in world.quarantine.newest()}
    assert held["not a session"] == ("import", f"{path}:3")
    assert world.closes("IBM") == [11.0]


def test_everything_is_kept_where_it_belongs(tmp_path: Path) -> None:
    world = World(BarGate())
    path = write(tmp_path / "x.csv", [line("2015-03-23"), line("2015-03-25")])
    report = world.run(path)
    raw = [key for key in world.objects.contents if key.startswith("raw/import/")]
    assert [world.objects.get(key) for key in raw] == [path.read_bytes()]
    assert raw[0].endswith("/x.csv")
    assert world.objects.exists("bars/interval=1d/venue=XNYS/year=2015.parquet")
    assert report.docs is not None
    assert b"x.csv" in world.objects.get(report.docs)
    (verdict,) = world.quality.newest(10)
    assert (verdict.source, verdict.batch, verdict.evaluated) == ("import", str(path), 2)
    assert verdict.holes == {"IBM": ("2015-03-24",)}
    assert report.files[0].holes == {"IBM": 1}


def test_importing_again_changes_nothing(world: World, tmp_path: Path) -> None:
    write(tmp_path / "x.csv", [line("2015-03-23"), line("soon")])
    world.run(tmp_path)
    before = world.state()
    report = world.run(tmp_path)
    assert (report.read, report.stored, report.unchanged, report.quarantined) == (2, 0, 2, 0)
    assert report.files[0].known
    assert world.state() == before


def test_the_same_content_is_known_under_any_name_and_packing(world: World, tmp_path: Path) -> None:
    first = write(tmp_path / "a.csv", [line("2015-03-23"), line("soon")])
    (tmp_path / "b.csv.gz").write_bytes(gzip.compress(first.read_bytes()))
    report = world.run(tmp_path)
    assert [file.known for file in report.files] == [False, True]
    assert world.quarantine.count() == 1


def test_the_same_bytes_for_another_symbol_or_calendar_are_other_bars(world: World, tmp_path: Path) -> None:
    path = tmp_path / "ibm.csv"
    path.write_text("date,open,high,low,close,volume\n2015-03-23,10,12,9,11,100\n")
    assert world.run(path).stored == 1
    assert world.run(path, symbol="GOOG").stored == 1
    assert world.run(path, venue="XLON").stored == 1
    assert world.run(path, symbol="IBM").unchanged == 1
    assert world.closes("GOOG") == [11.0]


def test_the_symbol_given_does_not_matter_where_a_column_says_it(world: World, tmp_path: Path) -> None:
    path = write(tmp_path / "x.csv", [line("2015-03-23")])
    assert world.run(path).stored == 1
    assert world.run(path, symbol="GOOG").files[0].known


def test_a_changed_row_of_a_later_file_is_a_revision(world: World, tmp_path: Path) -> None:
    write(tmp_path / "2.csv", [line("2015-03-23", 12), line("2015-03-24")])
    write(tmp_path / "1.csv", [line("2015-03-23", 11), line("2015-03-20")])
    report = world.run(tmp_path)
    assert [Path(file.place).name for file in report.files] == ["1.csv", "2.csv"]
    assert (report.stored, report.quarantined) == (4, 0)
    assert world.closes("IBM") == [11.0, 12.0, 11.0]
    write(tmp_path / "3.csv", [line("2015-03-23", 12), line("2015-03-24", 13)])
    third = world.run(tmp_path).files[2]
    assert (third.stored, third.unchanged) == (1, 1)


def test_a_file_with_nothing_good_is_told_and_the_others_go_on(world: World, tmp_path: Path) -> None:
    write(tmp_path / "1.csv", [line("soon"), line("later")])
    write(tmp_path / "2.csv", [line("2015-03-23")])
    report = world.run(tmp_path)
    assert [file.nothing_good for file in report.files] == [True, False]
    assert not report.nothing_good
    assert world.quarantine.count() == 2


def test_an_import_with_nothing_good_stores_no_bar(world: World, tmp_path: Path) -> None:
    report = world.run(write(tmp_path / "1.csv", [line("2015-03-22")]))
    assert report.nothing_good
    assert report.files[0].nothing_good
    assert world.bars.count() == 0
    assert world.quarantine.count() == 1


def test_a_file_without_rows_is_nothing_bad(world: World, tmp_path: Path) -> None:
    report = world.run(write(tmp_path / "1.csv", []))
    assert report.read == 0
    assert not report.files[0].nothing_good


def test_a_jump_is_measured_against_what_is_stored(world: World, tmp_path: Path) -> None:
    world.run(write(tmp_path / "1.csv", [line(day) for day in sessions("2015-03-16", 3)]))
    jump = write(tmp_path / "2.csv", [line(day, 1100) for day in sessions("2015-03-19", 2)])
    assert world.run(jump).reasons == {"unit jump": 2}
    world.actions.upsert([CorporateAction(Instrument("IBM"), date(2015, 3, 19), ActionKind.SPLIT, 0.01)], "test")
    again = write(tmp_path / "3.csv", [line(day, 1100) for day in sessions("2015-03-19", 3)])
    assert world.run(again).stored == 3


def test_a_row_of_today_is_read_again_when_the_session_has_closed(world: World, tmp_path: Path) -> None:
    path = write(tmp_path / "x.csv", [line("2026-11-19"), line("2026-11-20"), line("2026-11-20", symbol="A")])
    world.clock.time = datetime(2026, 11, 20, 18, tzinfo=UTC)
    assert world.run(path).reasons == {"future date": 2}
    world.clock.move(timedelta(hours=4))
    report = world.run(path)
    assert (report.stored, report.unchanged) == (2, 1)
    assert world.run(path).files[0].known


def test_odd_dates_and_symbols_harm_nobody(world: World, tmp_path: Path) -> None:
    lines = [line("0001-01-01"), line("9999-12-31"), line("2015-03-23", symbol="I\x1fBM"), line("2015-03-23")]
    report = world.run(write(tmp_path / "x.csv", lines))
    assert report.stored == 1
    assert report.reasons == {"not a session": 1, "future date": 1, "unparseable": 1}


def test_what_cannot_be_imported_is_one_sentence(world: World, tmp_path: Path) -> None:
    path = write(tmp_path / "x.csv", [line("2015-03-23")])
    with pytest.raises(AlgoTradingError, match="does not exist"):
        world.run(path, tmp_path / "nope")
    with pytest.raises(AlgoTradingError, match="there is no venue 'NOPE'"):
        world.run(path, venue="NOPE")
    assert world.bars.count() == 0


def test_killed_before_any_write_and_run_again_the_end_is_the_same(tmp_path: Path) -> None:
    days = sessions("2015-03-16", 4)
    write(tmp_path / "1.csv", [line(day) for day in days[:2]] + [line("soon"), line(days[0])])
    write(tmp_path / "2.csv", [line(days[1], 12), line(days[2], 1100), line(days[3])])
    undisturbed = World()
    undisturbed.run(tmp_path)
    for write_number in range(40):
        world = World()
        try:
            world.run(tmp_path, kill=Kill(write_number))
        except Killed:
            world.run(tmp_path)
        else:
            assert write_number >= 10  # two files have that many writes at least
            break
        assert world.state() == undisturbed.state()
    else:
        pytest.fail("every run was killed")


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
        ("2.parquet", "it is not a sound Parquet file ")
    ]
    assert (len(report.files), report.stored) == (2, 2)
    assert world.objects.exists("bars/interval=1d/venue=XNYS/year=2015.parquet")
    write(tmp_path / "2.parquet", [line("2015-03-25")])  # mended
    again = world.run(tmp_path)
    assert (again.stored, again.unchanged, again.skipped) == (1, 2, ())
    assert len(world.closes("IBM")) == 3


def test_where_no_table_can_be_read_the_import_fails_with_the_reason(world: World, tmp_path: Path) -> None:
    damaged_parquet(tmp_path / "2.parquet")
    with pytest.raises(AlgoTradingError, match=r"2\.parquet holds no bars that can be read: it is not a sound Parquet"):
        world.run(tmp_path / "2.parquet")


class CountingGate(QuietGate):
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
    assert [(file.read, file.stored, dict(file.reasons), dict(file.holes)) for file in report.files] == [
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
    assert verdicts["2.csv"].holes == {"B": tuple(days[1:3])}


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


def test_candles_are_bars_of_their_interval(world: World, tmp_path: Path) -> None:
    path = tmp_path / "INJUSDT.csv"
    lines = [f"2015-03-23T{hour:02}:00Z,10,12,9,11,0.5" for hour in (0, 4, 8, 16)]
    path.write_text("\n".join(["date,open,high,low,close,volume", *lines, "2015-03-23T17:00Z,10,12,9,11,1"]))
    report = world.run(path, venue="DEMO", interval=Interval.HOUR_4)
    assert (report.stored, report.reasons) == (4, {"not a session": 1})
    assert report.files[0].holes == {"INJUSDT": 1}
    assert world.run(path, venue="DEMO", interval=Interval.HOUR_4).files[0].known
    assert world.objects.exists("bars/interval=4h/venue=DEMO/year=2015/month=03.parquet")
