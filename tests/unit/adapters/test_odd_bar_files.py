"""Files of bars that are damaged, odd or enormous: each fails alone, by name, or is read."""

import gzip
import io
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from algo_trading.adapters import bar_parts
from algo_trading.adapters.bar_files import read_bar_files
from algo_trading.adapters.csv_files import CsvFilesMarketData
from algo_trading.adapters.unpack import ReadLimits
from algo_trading.domain.instrument import Instrument, Series
from algo_trading.domain.time import midnight
from algo_trading.errors import SourceError
from algo_trading.gateways.bar_files import BarFile, UnreadableTableError
from algo_trading.gateways.market_data import RAW_SCHEMA, BarRequest

pytestmark = pytest.mark.unit

HEADER = "symbol,date,open,high,low,close,volume"
LINE = "IBM,2015-03-23,10,12,9,11,100"
CSV = f"{HEADER}\n{LINE}\n".encode()
SMALL = ReadLimits(max_unpacked=18 * 2**20, max_ratio=50, max_line=1000)


def bars(**columns: object) -> pa.Table:
    prices: dict[str, object] = {name: [10.0] for name in ("open", "high", "low", "close")}
    return pa.table({"date": [date(2015, 3, 23)], **prices, "volume": [100], **columns})


def named(table: pa.Table, *names: str) -> pa.Table:
    return table.rename_columns([*names])


def damaged_page(path: Path) -> None:
    pq.write_table(bars(), path, compression="none", use_dictionary=False, write_page_checksum=True)
    content = bytearray(path.read_bytes())
    content[4:60] = b"\xff" * 56
    path.write_bytes(content)


def unknown_zone(path: Path) -> None:
    times = pa.array([datetime(2015, 3, 23, tzinfo=UTC)], pa.timestamp("us", "Mars/Olympus"))
    pq.write_table(bars(date=times), path)


def two_closes(path: Path) -> None:
    table = bars().append_column("more", pa.array([1.0]))
    pq.write_table(named(table, *bars().column_names, "close"), path)


def not_utf8(path: Path) -> None:
    raw = pa.array([b"\xff\xfe\xfd"], pa.binary())
    pq.write_table(bars(symbol=pa.Array.from_buffers(pa.string(), 1, raw.buffers())), path)


BAD_PARQUET: dict[str, tuple[Callable[[Path], None], str]] = {
    "damaged page": (damaged_page, "not a valid Parquet file"),
    "cut": (lambda path: (pq.write_table(bars(), path), path.write_bytes(path.read_bytes()[:-20]))[0], "not a valid"),
    "list column": (lambda path: pq.write_table(bars(close=[[10.0]]), path), "column close holds list"),
    "struct column": (lambda path: pq.write_table(bars(close=[{"a": 1}]), path), "column close holds struct"),
    "two closes": (two_closes, "2 columns called close"),
    "unknown zone": (unknown_zone, "not a valid Parquet file .*Mars/Olympus"),
    "not UTF-8": (not_utf8, "not a valid Parquet file .*UTF8"),
}


@pytest.fixture(params=BAD_PARQUET)
def bad(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Path, str]:
    make, reason = BAD_PARQUET[request.param]
    make(tmp_path / "b.parquet")
    return tmp_path / "b.parquet", reason


class TestParquet:
    def test_a_bad_file_is_named_and_the_others_are_read(self, tmp_path: Path, bad: tuple[Path, str]) -> None:
        (tmp_path / "a.csv").write_bytes(CSV)
        (tmp_path / "c.csv").write_bytes(CSV)
        path, reason = bad
        read, failed = [], []
        for file in read_bar_files([tmp_path], None):
            failed += [(skipped.place, skipped.reason) for skipped in file.skipped]
            for table in file.tables:
                try:
                    read += [table.place for part in table.parts() if len(part)]
                except UnreadableTableError as error:
                    failed.append((table.place, error.reason))
        assert read == [str(tmp_path / "a.csv"), str(tmp_path / "c.csv")]
        ((place, said),) = failed
        assert place == str(path)
        assert pc.match_substring_regex(said, reason).as_py()
        assert "\n" not in said

    def test_as_a_source_it_stops_no_other_symbol(self, tmp_path: Path, bad: tuple[Path, str]) -> None:
        (tmp_path / "IBM.csv").write_bytes(CSV)
        source = CsvFilesMarketData(tmp_path)
        last = midnight(date(2015, 3, 23))
        failed, good = source.fetch([BarRequest(Series(Instrument(name)), None, last) for name in ("B", "IBM")])
        assert isinstance(failed.error, SourceError)
        assert str(bad[0]) in str(failed.error)
        assert good.payload is not None
        assert b"2015-03-23" in good.payload.content

    def test_a_text_that_is_long_and_everywhere_stays_small(self, tmp_path: Path) -> None:
        rows = 1000
        prices = {name: [10.0] * rows for name in ("open", "high", "low", "close", "volume")}
        symbols = pa.repeat("x" * 2**20, rows).dictionary_encode()
        pq.write_table(pa.table({"symbol": symbols, "date": ["2015-03-23"] * rows, **prices}), tmp_path / "x.parquet")
        (file,) = read_bar_files([tmp_path / "x.parquet"], None)
        before = pa.total_allocated_bytes()
        (table,) = (table.rows() for table in file.tables)
        assert table["symbol"][0].as_py() == "x" * 1000 + "…"
        assert pa.total_allocated_bytes() - before < 20 * 2**20

    def test_a_chunk_that_fills_the_memory_is_refused(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("algo_trading.adapters.bar_parquet.LARGEST_CHUNK", 50)
        pq.write_table(bars(), tmp_path / "b.parquet")
        assert "more than 0 MB" in reason_of(tmp_path)


def reason_of(folder: Path, limits: ReadLimits = SMALL) -> str:
    """Why the only file of a folder is not read."""
    (folder / "zzz.csv").write_bytes(CSV)
    first, _ = read_bar_files([folder], None, limits)
    if first.skipped:
        return first.skipped[0].reason
    with pytest.raises(UnreadableTableError) as raised:
        list(first.tables[0].parts())
    return raised.value.reason


def table_of(path: Path, content: bytes) -> BarFile:
    path.write_bytes(content)
    (file,) = read_bar_files([path], None)
    (table,) = file.tables
    return table


class TestText:
    @pytest.mark.parametrize(
        "content",
        [
            b"\xef\xbb\xbf" * 2 + CSV,
            CSV.decode().encode("utf-16"),
            CSV.decode().encode("utf-16-le"),
            CSV.decode().encode("utf-16-be"),
            b"\xfe\xff" + CSV.decode().encode("utf-16-be"),
        ],
        ids=["two marks", "UTF-16", "UTF-16 without a mark", "the other UTF-16", "the other UTF-16 with a mark"],
    )
    def test_what_other_programs_write_is_read(self, tmp_path: Path, content: bytes) -> None:
        (row,) = table_of(tmp_path / "x.csv", content).rows().to_pylist()
        assert [row[name] for name in RAW_SCHEMA.names[:-1]] == LINE.split(",")
        assert row["place"] == f"{tmp_path}/x.csv:2"

    @pytest.mark.parametrize(("separator", "called"), [(";", "semicolons"), ("\t", "tabs"), ("|", "vertical bars")])
    def test_other_separators_are_refused_by_name(self, tmp_path: Path, separator: str, called: str) -> None:
        line = f"IBM{separator}23.03.2015{separator}1.234,50"
        (tmp_path / "x.csv").write_text(f"{HEADER.replace(',', separator)}\n{line}\n")
        assert f"separated by {called}" in reason_of(tmp_path)

    def test_two_columns_of_one_name_are_refused(self, tmp_path: Path) -> None:
        (tmp_path / "x.csv").write_text(f"{HEADER},Close\n{LINE},11\n")
        assert reason_of(tmp_path) == "it has 2 columns called close"

    def test_lines_are_counted_over_the_ends_of_blocks(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("algo_trading.adapters.bar_csv.BLOCK", 50)
        lines = [f"S{n},2015-03-23,10,12,9,11,{n}" for n in range(60)]
        lines[7] = '"S7",2015-03-23,10,12,9,11,"7"'
        lines[20] = ""
        lines[30] = "S30,2015-03-23"
        rows = table_of(tmp_path / "x.csv", "\r\n".join([HEADER, *lines]).encode()).rows().to_pylist()
        assert [row["symbol"] for row in rows] == [f"S{n}" for n in range(60) if n != 20]
        assert [int(row["place"].rpartition(":")[2]) for row in rows] == [n + 2 for n in range(60) if n != 20]
        assert [row["volume"] for row in rows] == [str(n) if n != 30 else None for n in range(60) if n != 20]

    def test_a_cell_keeps_its_beginning(self, tmp_path: Path) -> None:
        content = f"{HEADER}\n{'I' * 5000},2015-03-23,10,12,9,11,100\n".encode()
        (row,) = table_of(tmp_path / "x.csv", content).rows().to_pylist()
        assert row["symbol"] == "I" * 1000 + "…"

    def test_a_file_that_changes_under_our_hands_is_not_believed(self, tmp_path: Path) -> None:
        table = table_of(tmp_path / "x.csv", CSV)
        (tmp_path / "x.csv").write_bytes(CSV + f"{LINE}\n".encode())
        with pytest.raises(UnreadableTableError, match="changed while it was read"):
            table.rows()

    def test_nor_is_one_in_whose_place_another_is(self, tmp_path: Path) -> None:
        table = table_of(tmp_path / "x.csv", CSV)
        (tmp_path / "y.csv").write_bytes(CSV.replace(b"1", b"2"))
        (tmp_path / "y.csv").replace(tmp_path / "x.csv")
        with pytest.raises(UnreadableTableError, match="changed while it was read"):
            table.rows()

    @pytest.mark.parametrize("between", ["", " ", "\ufeff"])
    def test_odd_lines_between_others_leave_these_as_they_are(self, tmp_path: Path, between: str) -> None:
        content = "\n".join([CSV.decode().strip(), between, LINE, between, LINE]).encode()
        found = table_of(tmp_path / "x.csv", content).rows().to_pylist()
        kept = [row["place"].rpartition(":")[2] for row in found if row["close"] is not None]
        assert kept[-2:] == [str(CSV.count(b"\n") + at) for at in (2, 4)]


def tar(*members: tuple[tarfile.TarInfo, bytes]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for info, content in members:
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return buffer.getvalue()


def many_members(count: int) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for number in range(count):
            archive.writestr(str(number), b"")
    return buffer.getvalue()


class TestLimits:
    LARGE = CSV + f"{LINE}\n".encode() * 650_000  # 19.5 MB

    def test_content_that_is_too_large(self, tmp_path: Path) -> None:
        (tmp_path / "x.csv").write_bytes(self.LARGE)
        assert reason_of(tmp_path) == "it holds more than 18 MB (imports.max_unpacked_mb)"

    @pytest.mark.parametrize("name", ["x.csv.gz", "x.zip", "x.tar.gz"])
    def test_content_that_was_packed_too_tightly(self, tmp_path: Path, name: str) -> None:
        if name.endswith("zip"):
            with zipfile.ZipFile(tmp_path / name, "w", zipfile.ZIP_DEFLATED) as archive:
                archive.writestr("x.csv", self.LARGE)
        else:
            content = tar((tarfile.TarInfo("x.csv"), self.LARGE)) if "tar" in name else self.LARGE
            (tmp_path / name).write_bytes(gzip.compress(content))
        assert reason_of(tmp_path) == "it unpacks to more than 50 times its size (imports.max_ratio)"

    def test_a_line_that_is_too_long(self, tmp_path: Path) -> None:
        (tmp_path / "x.csv").write_bytes(CSV + b"x" * 1001)
        assert reason_of(tmp_path) == "a line has more than 1,000 characters (imports.max_line_kb)"

    def test_an_archive_with_too_many_members(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("algo_trading.adapters.unpack.MOST_MEMBERS", 20)
        (tmp_path / "x.zip").write_bytes(many_members(21))
        assert reason_of(tmp_path) == "it has more than 20 members"
        (tmp_path / "x.zip").write_bytes(tar(*((tarfile.TarInfo(str(number)), b"") for number in range(21))))
        assert reason_of(tmp_path) == "it has more than 20 members"

    def test_a_tar_header_that_fills_the_memory(self, tmp_path: Path) -> None:
        note = tarfile.TarInfo("note")
        note.type = tarfile.GNUTYPE_LONGNAME
        (tmp_path / "x.tar").write_bytes(tar((note, b"x" * (2**20 + 1))))
        assert "no archive of bars needs" in reason_of(tmp_path)

    @pytest.mark.parametrize("kind", ["lines", "one line"])
    def test_no_input_fills_the_memory(self, tmp_path: Path, kind: str) -> None:
        path = tmp_path / "bomb.csv.gz"
        block = f"{LINE}\n".encode() * 1000 if kind == "lines" else b"1" * 30_000
        with gzip.open(path, "wb") as file:
            file.write(CSV)
            for _ in range(2000):  # 60 MB
                file.write(block)
        program = f"""
import resource
from pathlib import Path
from algo_trading.adapters.bar_files import read_bar_files
from algo_trading.adapters.unpack import ReadLimits
def peak(): return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
before = peak()
try:
    for file in read_bar_files([Path({str(path)!r})], None, ReadLimits(max_ratio=10_000)):
        for table in file.tables:
            for part in table.parts():
                raise SystemExit("it was read")
except Exception as error:
    print(error)
print(peak() - before)
"""
        done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
        reason, grown = done.stdout.splitlines()
        assert ("rows or 64 MB of a symbol" if kind == "lines" else "imports.max_line_kb") in reason
        assert int(grown) < 60


class TestParts:
    def test_a_large_table_comes_in_parts_with_all_rows_of_a_symbol_in_one(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(bar_parts, "PART_ROWS", 50)
        monkeypatch.setattr("algo_trading.adapters.bar_csv.BLOCK", 1000)
        lines = [f"{symbol},2015-03-{day:02},10,12,9,11,{day}" for day in range(1, 32) for symbol in "abcdefghij"]
        lines += [" A ,2015-04-01,1,1,1,1,1", "A,2015-04-02,1,1,1,1,1"]
        table = table_of(tmp_path / "x.csv", "\n".join([HEADER, *lines]).encode())
        parts = list(table.parts())
        assert len(parts) > 2
        assert all(part.schema == RAW_SCHEMA for part in parts)
        owners = [{symbol.strip().upper() for symbol in part["symbol"].to_pylist()} for part in parts]
        assert sum(map(len, owners)) == len(set[str]().union(*owners)) == 10
        assert max(map(len, parts)) <= 50
        together = sorted(row["place"] for part in parts for row in part.to_pylist())
        assert together == sorted(table.rows()["place"].to_pylist())

    def test_a_symbol_with_many_rows_is_cut_between_days(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(bar_parts, "PART_ROWS", 50)
        monkeypatch.setattr(bar_parts, "MOST_ROWS", 100)
        monkeypatch.setattr("algo_trading.adapters.bar_csv.BLOCK", 1000)
        days = [f"2015-{month:02}-{day:02}" for month in range(1, 8) for day in range(1, 29)]
        times = [*days, *(f"{day} 16:00" for day in reversed(days)), "soon"]
        lines = [f"{symbol},{time},10,12,9,11,{row}" for row, time in enumerate(times) for symbol in "AB"]
        table = table_of(tmp_path / "x.csv", "\n".join([HEADER, *lines]).encode())
        parts = [part.to_pylist() for part in table.parts()]
        assert max(map(len, parts)) <= 50
        for symbol in "AB":
            held = [{row["session"][:10] for row in part if row["symbol"] == symbol} for part in parts]
            found = [sorted(one - {"soon"}) for one in held if one]
            assert [day for one in found for day in one] == days, "each in one part, in their order"
            assert any("soon" in one for one in held)
        together = sorted(row["place"] for part in parts for row in part)
        assert together == sorted(table.rows()["place"].to_pylist())

    def test_candles_of_which_only_their_times_tell_it_are_cut_too(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(bar_parts, "PART_ROWS", 50)
        monkeypatch.setattr(bar_parts, "MOST_ROWS", 100)
        lines = [f"A,{1_700_000_000 + 3600 * hour},10,12,9,11,1" for hour in range(150)]
        table = table_of(tmp_path / "x.csv", "\n".join([HEADER, *lines]).encode())
        assert [len(part) for part in table.parts()] == [50, 48, 48, 4]

    def test_a_symbol_with_too_many_rows_of_a_day_is_refused_before_the_first_part(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(bar_parts, "PART_ROWS", 50)
        monkeypatch.setattr(bar_parts, "MOST_ROWS", 100)
        table = table_of(tmp_path / "x.csv", CSV + f"A,2015-03-23,1,1,1,1,1\n{LINE}\n".encode() * 101)
        with pytest.raises(UnreadableTableError, match="more than 100 rows or 64 MB of a symbol and day"):
            next(table.parts())

    def test_a_table_without_rows_is_one_empty_part(self, tmp_path: Path) -> None:
        (part,) = table_of(tmp_path / "x.csv", f"{HEADER}\n".encode()).parts()
        assert part.schema == RAW_SCHEMA
        assert len(part) == 0
