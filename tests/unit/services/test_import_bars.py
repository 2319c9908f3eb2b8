"""Bars from files into the database."""

import gzip
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from algo_trading.adapters.bar_files import read_bar_files
from algo_trading.domain.corporate_actions import ActionKind, CorporateAction, adjusted
from algo_trading.domain.instrument import Instrument, Series
from algo_trading.domain.time import Interval
from algo_trading.errors import AlgoTradingError
from algo_trading.quality.data_docs import DataDocs
from algo_trading.repositories.bars import split_by_series
from algo_trading.services.import_report import FileReport
from back_testing.engine.data import bars_from_file
from support.import_world import Kill, Killed, RememberingGate, World, line, write
from support.raw_bars import sessions

pytestmark = pytest.mark.unit


@pytest.fixture
def world() -> World:
    return World()


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
    world = World(pages=DataDocs())
    path = write(tmp_path / "x.csv", [line("2015-03-23"), line("2015-03-25"), line("soon")])
    report = world.run(path)
    raw = [key for key in world.objects.contents if key.startswith("raw/import/")]
    assert [world.objects.get(key) for key in raw] == [path.read_bytes()]
    assert raw[0].endswith("/x.csv")
    assert world.objects.exists("bars/interval=1d/venue=XNYS/year=2015.parquet")
    assert report.docs is not None
    assert b"x.csv" in world.objects.get(report.docs)
    (verdict,) = world.quality.newest(10)
    assert (verdict.source, verdict.batch, verdict.evaluated) == ("import", str(path), 3)
    assert verdict.gaps == {"IBM": ("2015-03-24",)}
    assert report.files[0].gaps == {"IBM": 1}


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
    gate = RememberingGate()
    undisturbed = World(gate)
    undisturbed.run(tmp_path)
    for write_number in range(40):
        world = World(gate)
        try:
            world.run(tmp_path, kill=Kill(write_number))
        except Killed:
            world.run(tmp_path)
        else:
            assert write_number >= 8  # two files have that many writes at least
            break
        assert world.state() == undisturbed.state()
    else:
        pytest.fail("every run was killed")


def test_candles_are_bars_of_their_interval(world: World, tmp_path: Path) -> None:
    path = tmp_path / "INJUSDT.csv"
    lines = [f"2015-03-23T{hour:02}:00Z,10,12,9,11,0.5" for hour in (0, 4, 8, 16)]
    path.write_text("\n".join(["date,open,high,low,close,volume", *lines, "2015-03-23T17:00Z,10,12,9,11,1"]))
    report = world.run(path, venue="DEMO", interval=Interval.HOUR_4)
    assert (report.stored, report.reasons) == (4, {"not a session": 1})
    assert report.files[0].gaps == {"INJUSDT": 1}
    assert world.run(path, venue="DEMO", interval=Interval.HOUR_4).files[0].known
    assert world.objects.exists("bars/interval=4h/venue=DEMO/year=2015/month=03.parquet")


class TestAdjustedCloses:
    """JPM by --csv returned +182.18 %, imported and by --symbol +146.58 %: its adjusted closes were dropped."""

    HEADER = "Date,Open,High,Low,Close,Adj Close,Volume"

    def write(self, path: Path, header: str = HEADER) -> Path:
        days = sessions("2012-01-03", 250)
        closes = [40 + 0.02 * n for n in range(250)]
        factors = [1.0] * 250
        for ex in (60, 122, 184, 246):
            for n in range(ex):
                factors[n] *= 1 - 0.51 / closes[ex - 1]
        lines = [
            f"{day},{close:.2f},{close:.2f},{close:.2f},{close:.2f},{close * factor:.6f},1000"
            for day, close, factor in zip(days, closes, factors, strict=True)
        ]
        path.write_text("\n".join([header, *lines]))
        return path

    def test_they_become_dividends_and_the_return_is_that_of_the_file(self, world: World, tmp_path: Path) -> None:
        path = self.write(tmp_path / "JPM.csv")
        report = world.run(path)
        assert (report.actions, report.silent) == (4, ())
        jpm = Instrument("JPM")
        dividends = world.actions.read([jpm], date(2013, 12, 31))
        assert [one.value for one in dividends] == [0.51] * 4
        direct = bars_from_file(read_bar_files, path, [], "XNYS").series[0]
        stored = split_by_series(world.bars.read([Series(jpm)], None, None))[Series(jpm)]
        assert adjusted(stored, dividends).close == pytest.approx(direct.close, rel=1e-6)
        assert world.run(path).actions == 0

    def test_what_a_source_told_before_is_kept(self, world: World, tmp_path: Path) -> None:
        day = date.fromisoformat(sessions("2012-01-03", 61)[-1])
        told = CorporateAction(Instrument("JPM"), day, ActionKind.DIVIDEND, 0.5125)
        world.actions.upsert([told], "yahoo")
        assert world.run(self.write(tmp_path / "JPM.csv")).actions == 3
        assert world.actions.read([Instrument("JPM")], day) == [told]

    def test_a_file_that_knows_none_is_named(self, world: World, tmp_path: Path) -> None:
        path = self.write(tmp_path / "JPM.csv", self.HEADER.replace("Adj Close", "Something"))
        report = world.run(path)
        assert (report.actions, report.silent) == (0, ("JPM",))
        assert report.files[0].silent == ("JPM",)
