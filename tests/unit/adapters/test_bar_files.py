"""Files of bars: what is found, what is skipped, and that every line is read."""

import gzip
import hashlib
import io
import os
import tarfile
import zipfile
from collections.abc import Callable, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import cast
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from algo_trading.adapters.bar_files import read_bar_files
from algo_trading.adapters.bar_header import Header, NoBarsError
from algo_trading.adapters.bar_names import named
from algo_trading.adapters.bar_tables import read_batches
from algo_trading.adapters.bar_tables import table_header as header_of_stream
from algo_trading.errors import AlgoTradingError
from algo_trading.gateways.bar_files import FileOnDisk
from algo_trading.gateways.market_data import RAW_SCHEMA
from shared_data import SHARED_DATA, needs_shared_data

pytestmark = pytest.mark.unit

HEADER = "symbol,date,open,high,low,close,volume"
LINE = "IBM,2015-03-23,10,12,9,11,100"
DAILY = SHARED_DATA / "daily_ohlcv"


def read(*paths: Path, symbol: str | None = None) -> list[FileOnDisk]:
    return list(read_bar_files(paths, symbol))


def stream_of(content: bytes) -> io.BufferedReader:
    return io.BufferedReader(cast("io.RawIOBase", io.BytesIO(content)))


def table_header(content: bytes) -> Header:
    return header_of_stream(stream_of(content))


def rows(content: str | bytes, symbol: str | None = "IBM") -> list[dict[str, str | None]]:
    raw = content.encode() if isinstance(content, str) else content
    batches = list(read_batches(stream_of(raw), "f.csv", symbol))
    assert all(batch.schema == RAW_SCHEMA for batch in batches)
    table = pa.concat_tables(batches) if batches else RAW_SCHEMA.empty_table()
    found: list[dict[str, str | None]] = table.to_pylist()
    return found


def lines(content: str | bytes) -> list[int]:
    return [int((row["place"] or "").split(":")[1]) for row in rows(content)]


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


class TestHeaders:
    @pytest.mark.parametrize(
        "header",
        [
            "symbol,date,open,high,low,close,volume",
            "TICKER,Timestamp,Open,HIGH,Low,Close,Volume",
            " Symbol , Date ,open,high,low,close,volume",
            "StockName,Datetime,Open,High,Low,Close,Volume",
            '"symbol","date","open","high","low","close","volume"',
            "\ufeffsymbol,date,open,high,low,close,volume",
        ],
    )
    def test_names_are_matched_without_regard_to_case(self, header: str) -> None:
        (row,) = rows(f"{header}\n{LINE}\n")
        assert (row["symbol"], row["session"], row["close"], row["volume"]) == ("IBM", "2015-03-23", "11", "100")

    @pytest.mark.parametrize("adjusted", ["adj close", "Adj Close", "adj_close", "Adjusted Close"])
    def test_an_adjusted_close_is_no_close(self, adjusted: str) -> None:
        (row,) = rows(f"date,{adjusted},open,high,low,close,volume\n2015-03-23,5,10,12,9,11,100")
        assert row["close"] == "11"

    def test_columns_come_in_any_order_with_others_between(self) -> None:
        (row,) = rows("OpenInt,volume,close,low,high,open,date\n0,100,11,9,12,10,2015-03-23")
        assert [row[name] for name in ("open", "high", "low", "close", "volume")] == ["10", "12", "9", "11", "100"]

    def test_an_unnamed_first_column_is_the_date(self) -> None:
        (row,) = rows(",Open,High,Low,Close,Volume\n2015-03-23,10,12,9,11,100\n")
        assert (row["session"], row["symbol"]) == ("2015-03-23", "IBM")

    def test_the_header_of_yfinance_takes_three_lines_and_names_the_symbol(self) -> None:
        content = "Price,Close,High,Low,Open,Volume\nTicker,A,A,A,A,A\nDate,,,,,\n2015-03-23,11,12,9,10,100\n"
        (row,) = rows(content, symbol=None)
        assert (row["symbol"], row["session"], row["open"], row["place"]) == ("A", "2015-03-23", "10", "f.csv:4")

    def test_a_header_of_yfinance_over_several_symbols_is_refused(self) -> None:
        with pytest.raises(NoBarsError, match="2 symbols"):
            table_header(b"Price,Close,Close\nTicker,A,B\nDate,,\n")

    @pytest.mark.parametrize(
        ("content", "reason"),
        [
            (b"", "empty"),
            (b"\n \n", "empty"),
            (b"name,born\nAda,1815\n", "no bar headers"),
            (b"symbol,date,open,high,low,close\n", "no column for volume"),
            (b"symbol,open,high,low,close,volume\n", "no column for date"),
            (bytes(range(256)) * 9, "no bar headers"),
            (b"PAR1 not really", "not a sound Parquet file"),
        ],
    )
    def test_what_is_no_table_of_bars_says_why(self, content: bytes, reason: str) -> None:
        with pytest.raises(NoBarsError, match=reason):
            table_header(content)


class TestLines:
    def test_a_repeated_header_is_no_row(self) -> None:
        assert lines(f"{HEADER}\n{LINE}\n{HEADER}\n{LINE}\n{HEADER.upper()}\n") == [2, 4]

    def test_a_header_in_another_order_counts_for_the_lines_below(self) -> None:
        first, second = rows(f"{HEADER}\n{LINE}\ndate,symbol,close,open,high,low,volume\n2015-03-24,A,11,10,12,9,5\n")
        assert (first["symbol"], first["close"]) == ("IBM", "11")
        assert (second["symbol"], second["open"], second["close"]) == ("A", "10", "11")

    def test_a_symbol_that_spells_close_is_a_row(self) -> None:
        assert lines(f"{HEADER}\nCLOSE,2015-03-23,10,12,9,11,100\nclose\n") == [2, 3]

    @pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
    def test_blank_lines_are_no_rows_and_keep_the_count(self, end: str) -> None:
        assert lines(end.join([HEADER, LINE, "", "  ", LINE])) == [2, 5]
        assert lines(end.join(["", HEADER, LINE, ""])) == [3]

    def test_a_line_of_commas_is_a_row(self) -> None:
        (row,) = rows(f"{HEADER}\n,,,,,,\n")
        assert {row[name] for name in RAW_SCHEMA.names if name != "place"} == {""}

    def test_what_a_short_line_lacks_is_missing(self) -> None:
        (row,) = rows(f"{HEADER}\nIBM,2015-03-23,10,12\n")
        assert (row["high"], row["low"], row["volume"]) == ("12", None, None)

    def test_a_long_line_has_no_columns(self) -> None:
        # 1,234.5 without quotes: what follows is shifted, and must not pass for a bar.
        (row,) = rows(f"{HEADER}\nIBM,2015-03-23,1,234.5,240,1,230,100\n")
        assert row["session"] == "IBM,2015-03-23,1,234.5,240,1,230,100"
        assert row["open"] == row["close"] == ""

    def test_commas_at_the_end_do_no_harm(self) -> None:
        (row,) = rows(f"{HEADER}\n{LINE},, \n")
        assert row["volume"] == "100"

    def test_a_stray_quote_swallows_nothing_below(self) -> None:
        found = rows(f'{HEADER}\n"IBM,2015-03-23,10,12,9,11,100\n{LINE}\n')
        assert len(found) == 2
        assert found[1]["symbol"] == "IBM"

    def test_quoted_cells_are_unquoted(self) -> None:
        (row,) = rows(f'{HEADER}\n"IBM","2015-03-23","10","12","9","11","1,000"\n')
        assert (row["symbol"], row["volume"]) == ("IBM", "1,000")

    def test_a_field_of_any_length_is_read(self) -> None:
        assert len(rows(f'{HEADER}\n"{"x" * 200_000}\n{LINE}\n')) == 2

    def test_bytes_that_are_no_text_are_replaced(self) -> None:
        first, second = rows(f"{HEADER}\n".encode() + b"\xff\xfe\x00,2015-03-23,10,12,9,11,100\n" + LINE.encode())
        assert first["symbol"] == "\ufffd\ufffd\x00"
        assert second["symbol"] == "IBM"

    @pytest.mark.parametrize("symbol", ["TRUE", "NA", "NaN", "null", "1E5", "007"])
    def test_a_symbol_stays_text(self, symbol: str) -> None:
        (row,) = rows(f"{HEADER}\n{LINE.replace('IBM', symbol)}\n")
        assert row["symbol"] == symbol

    @given(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\r\n"))))
    def test_every_line_that_is_not_blank_is_a_row_with_its_number(self, texts: list[str]) -> None:
        expected = [n for n, text in enumerate(texts, start=2) if text and not text.isspace()]
        assert lines("\n".join([HEADER, *texts])) == expected

    @given(st.binary())
    def test_any_bytes_are_read(self, content: bytes) -> None:
        found = rows(HEADER.encode() + b"\n" + content)
        assert len({row["place"] for row in found}) == len(found)


class TestParquet:
    def test_values_become_the_text_that_gives_them_back(self, tmp_path: Path) -> None:
        table = pa.table(
            {
                "Ticker": pa.array(["NA", None]).dictionary_encode(),
                "Date": [date(2015, 3, 23), None],
                "Open": [0.1 + 0.2, float("nan")],
                "High": pa.array([1.5, None], pa.float32()),
                "Low": [1, 2],
                "Close": [1e-7, 1e20],
                "Volume": [10**15, None],
            }
        )
        pq.write_table(table, tmp_path / "x.parquet")
        (file,) = read(tmp_path / "x.parquet")
        first, second = file.tables[0].rows().to_pylist()
        assert (first["symbol"], first["session"], first["high"], first["low"]) == ("NA", "2015-03-23", "1.5", "1")
        assert float(first["open"]) == 0.1 + 0.2
        assert (float(first["close"]), float(second["close"])) == (1e-7, 1e20)
        assert float(first["volume"]) == 10**15
        assert (second["symbol"], second["session"], second["volume"]) == (None, None, None)
        assert first["place"] == f"{tmp_path}/x.parquet:1"

    def test_a_timestamp_counts_by_the_date_of_its_zone(self, tmp_path: Path) -> None:
        midnight = datetime(2015, 3, 23, tzinfo=ZoneInfo("Asia/Hong_Kong"))
        prices = {name: [1.0] for name in ("open", "high", "low", "close", "volume")}
        times = pa.array([midnight], pa.timestamp("ns", "Asia/Hong_Kong"))
        pq.write_table(pa.table({**prices, "__index_level_0__": times}), tmp_path / "0700.parquet")
        (file,) = read(tmp_path / "0700.parquet")
        (row,) = file.tables[0].rows().to_pylist()
        assert row["symbol"] == "0700"
        assert row["session"].startswith("2015-03-23 00:00")


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
