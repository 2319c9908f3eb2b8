"""Which files, members of archives and folders hold bars."""

import gzip
import hashlib
import io
import os
import tarfile
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from algo_trading.adapters.bar_files import read_bar_files
from algo_trading.adapters.bar_names import named
from algo_trading.errors import AlgoTradingError
from support.bar_tables import HEADER, LINE, read
from support.shared_data import SHARED_DATA, needs_shared_data

pytestmark = pytest.mark.unit


DAILY = SHARED_DATA / "daily_ohlcv"


def tar_gz(members: Mapping[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return buffer.getvalue()


def zipped(members: Mapping[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()


class TestFiles:
    CSV = f"{HEADER}\n{LINE}\n".encode()
    NO_SYMBOL = b"date,open,high,low,close,volume\n2015-03-23,10,12,9,11,100\n"

    def test_the_kind_of_a_file_is_told_by_its_content(self, tmp_path: Path) -> None:
        kinds = {
            "a.csv": self.CSV,
            "b": gzip.compress(self.CSV),
            "c.data": zipped({"m.csv": self.CSV}),
            "d.tar.gz": tar_gz({"m.csv": self.CSV}),
            "e.tar": gzip.decompress(tar_gz({"m.csv": self.CSV})),
        }
        for name, content in kinds.items():
            (tmp_path / name).write_bytes(content)
        files = read(tmp_path)
        assert [file.path.name for file in files] == list(kinds)
        assert [file.sha256 for file in files] == [hashlib.sha256(content).hexdigest() for content in kinds.values()]
        assert {table.rows().num_rows for file in files for table in file.tables} == {1}
        assert {table.sha256 for file in files for table in file.tables} == {hashlib.sha256(self.CSV).hexdigest()}
        assert [file.tables[0].place.rpartition("/")[2] for file in files] == [
            "a.csv",
            "b",
            "c.data!m.csv",
            "d.tar.gz!m.csv",
            "e.tar!m.csv",
        ]

    @pytest.mark.parametrize("pack", [tar_gz, zipped])
    def test_members_come_in_name_order_and_those_without_bars_are_listed(
        self, tmp_path: Path, pack: Callable[[Mapping[str, bytes]], bytes]
    ) -> None:
        members = {"z.csv": self.CSV, "notes.txt": b"AAPL\tApple\n", "a/b.csv": self.CSV, "empty.csv": b""}
        (tmp_path / "x").write_bytes(pack(members))
        (file,) = read(tmp_path / "x")
        assert [table.place.rpartition("!")[2] for table in file.tables] == ["a/b.csv", "z.csv"]
        assert [(skipped.place.rpartition("!")[2], skipped.reason) for skipped in file.skipped] == [
            ("empty.csv", "it is empty"),
            ("notes.txt", "no bar headers"),
        ]

    def test_files_come_in_the_order_of_their_names_and_once(self, tmp_path: Path) -> None:
        for name in ("b/20150102.csv", "a/20150103.csv", "20150101.csv", "b/.hidden.csv"):
            path = tmp_path / name
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(self.CSV)
        files = read(tmp_path / "a" / "20150103.csv", tmp_path, tmp_path / "b")
        assert [file.path.name for file in files] == ["20150101.csv", "20150102.csv", "20150103.csv"]

    @pytest.mark.parametrize(
        ("name", "symbol"),
        [
            ("aapl.csv", "AAPL"),
            ("aapl.csv.gz", "AAPL"),
            ("brk.b.CSV", "BRK.B"),
            ("aapl.us.txt", "AAPL.US"),
            ("/data/x.tar.gz!prices/ibm.csv", "IBM"),
        ],
    )
    def test_a_name_spells_a_symbol(self, name: str, symbol: str) -> None:
        assert named(name).symbol == symbol

    def test_the_symbol_is_that_of_the_column_else_the_one_given_else_the_name(self, tmp_path: Path) -> None:
        (tmp_path / "aapl.csv").write_bytes(self.NO_SYMBOL)
        (tmp_path / "msft.csv").write_bytes(self.CSV)
        by_name, by_column = read(tmp_path)
        assert (by_name.tables[0].symbol, by_column.tables[0].symbol) == ("AAPL", None)
        given_to, by_column = read(tmp_path, symbol="GOOG")
        assert given_to.tables[0].rows()["symbol"].to_pylist() == ["GOOG"]
        assert by_column.tables[0].rows()["symbol"].to_pylist() == ["IBM"]

    @pytest.mark.parametrize(
        ("name", "content", "sentence"),
        [
            ("empty.csv", b"", "empty"),
            ("people.csv", b"name,born\nAda,1815\n", "no bar headers"),
            ("cut.csv.gz", gzip.compress(CSV, mtime=0)[:-9], "damaged"),
            ("cut.tar.gz", tar_gz({"m.csv": CSV * 500})[:-40], "damaged"),
            ("cut.zip", zipped({"m.csv": CSV})[:-30], "damaged"),
            ("nothing.zip", zipped({}), "the archive is empty"),
        ],
        ids=["empty", "no bars", "cut gz", "cut tar", "cut zip", "nothing in it"],  # the bytes tell when they were made
    )
    def test_a_file_named_must_hold_bars(self, tmp_path: Path, name: str, content: bytes, sentence: str) -> None:
        path = tmp_path / name
        path.write_bytes(content)
        with pytest.raises(AlgoTradingError, match=sentence) as raised:
            read_bar_files([path], None)  # at the call, before another file is imported
        assert str(path) in str(raised.value)
        assert "\n" not in str(raised.value)

    def test_in_a_folder_it_is_skipped_and_the_others_go_on(self, tmp_path: Path) -> None:
        (tmp_path / "a.csv").write_bytes(self.CSV)
        (tmp_path / "b.csv.gz").write_bytes(gzip.compress(self.CSV)[:-9])
        (tmp_path / "c.csv").write_bytes(self.CSV)
        good, damaged, also_good = read(tmp_path)
        assert len(good.tables) == len(also_good.tables) == 1
        assert not damaged.tables
        assert "damaged" in damaged.skipped[0].reason

    def test_a_damaged_member_spoils_no_other(self, tmp_path: Path) -> None:
        packed = zipped({"a.csv": self.CSV, "b.csv": self.CSV})
        spoiled = packed.replace(LINE.encode(), LINE.replace("11", "99").encode(), 1)  # its checksum is wrong now
        (tmp_path / "x.zip").write_bytes(spoiled)
        (file,) = read(tmp_path / "x.zip")
        assert [table.place.rpartition("!")[2] for table in file.tables] == ["b.csv"]
        assert "cannot be unpacked" in file.skipped[0].reason

    def test_what_is_not_there_is_named(self, tmp_path: Path) -> None:
        with pytest.raises(AlgoTradingError, match="does not exist"):
            read_bar_files([tmp_path / "nope.csv"], None)

    def test_a_pipe_is_no_file(self, tmp_path: Path) -> None:
        os.mkfifo(tmp_path / "pipe")
        with pytest.raises(AlgoTradingError, match="neither a file nor a folder"):
            read_bar_files([tmp_path / "pipe"], None)

    @pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
    def test_what_may_not_be_read_is_named(self, tmp_path: Path) -> None:
        (tmp_path / "secret.csv").write_bytes(self.CSV)
        (tmp_path / "secret.csv").chmod(0)
        with pytest.raises(AlgoTradingError, match="Permission denied"):
            read_bar_files([tmp_path / "secret.csv"], None)

    def test_a_folder_without_bars_is_refused(self, tmp_path: Path) -> None:
        (tmp_path / "readme.md").write_text("# Bars\n")
        with pytest.raises(AlgoTradingError, match="holds no bars"):
            read(tmp_path)

    def test_a_name_that_is_no_text_is_shown_all_the_same(self, tmp_path: Path) -> None:
        name = os.fsdecode(b"caf\xe9.csv")
        (tmp_path / name).write_bytes(self.CSV)
        (file,) = read(tmp_path)
        file.tables[0].place.encode()
        assert file.tables[0].rows().num_rows == 1


@needs_shared_data
@pytest.mark.parametrize(
    ("folder", "tables", "count"),
    [
        ("stocknet_2012_2017", 61, 76_657),
        ("huge_stock_1962_2017", 9, 69_952),
        ("recent_25_stocks", 1, 6_300),
        ("yf_multiheader_2000_2025", 2, 12_856),
        ("yfinance_bad_vs_fixed", 43, 24_006),
    ],
)
def test_real_folders_are_read_to_the_last_line(folder: str, tables: int, count: int) -> None:
    found = [table.rows() for file in read(DAILY / folder) for table in file.tables]
    assert len(found) == tables
    assert sum(table.num_rows for table in found) == count


@needs_shared_data
def test_a_real_archive_is_read_around_its_second_header() -> None:
    (file,) = read(DAILY / "pystock_vintages" / "20150406.tar.gz")
    (prices,) = file.tables
    assert [skipped.place.rpartition("!")[2] for skipped in file.skipped] == ["reports.csv", "symbols.txt"]
    table = prices.rows()
    assert table.num_rows == 36_260  # 36,262 lines, two of them headers
    assert "TRUE" in table["symbol"].to_pylist()


@needs_shared_data
def test_a_list_of_tickers_holds_no_bars() -> None:
    with pytest.raises(AlgoTradingError, match="no column for date, open"):
        read(DAILY / "tickers" / "nasdaq_screener.csv")
