"""Files of candles as exchanges and other programs write them."""

import json
import zipfile
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import feather

from algo_trading.adapters.bar_files import read_bar_files
from algo_trading.adapters.bar_names import BarName, named
from algo_trading.domain.bars import TURNOVER
from algo_trading.domain.time import Interval
from algo_trading.errors import AlgoTradingError
from algo_trading.gateways.bar_files import BarFile
from algo_trading.quality.parse import parse_dates, parse_moments

pytestmark = pytest.mark.unit

START = datetime(2024, 12, 31, 23, tzinfo=UTC)


def kline(opened: datetime, length: timedelta = timedelta(hours=1), unit: int = 1000) -> list[str]:
    """A kline of Binance's archive, with times in milliseconds, or with a unit of 1,000,000 in microseconds."""
    first = int(opened.timestamp() * unit)
    last = int((opened + length).timestamp() * unit) - 1
    return [str(first), "1.5", "2.0", "1.0", "1.75", "10.5", str(last), "17.25", "42", "5.5", "9.0", "0"]


def archive(folder: Path, name: str, rows: list[list[str]]) -> Path:
    path = folder / f"{name}.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr(f"{name}.csv", "\n".join(map(",".join, rows)) + "\n")
    return path


def only(path: Path, symbol: str | None = None) -> BarFile:
    (file,) = read_bar_files([path], symbol)
    (table,) = file.tables
    return table


def rows_of(table: BarFile) -> list[dict[str, str]]:
    found: list[dict[str, str]] = pa.concat_tables(table.parts()).to_pylist()
    return found


@pytest.mark.parametrize(
    ("place", "symbol", "interval"),
    [
        ("/data/BTCUSDT-5m-2024-01.zip!BTCUSDT-5m-2024-01.csv", "BTCUSDT", "5m"),
        ("BTCUSDT-1mo-2024-01-31.zip", "BTCUSDT", "1M"),
        ("BTC_USDT-5m.feather", "BTCUSDT", "5m"),
        ("DOGE_USDT-1d.json", "DOGEUSDT", "1d"),
        ("Binance_BTCUSDT_d.csv", "BTCUSDT", "1d"),
        ("Binance_ETHUSDT_1h.csv", "ETHUSDT", "1h"),
        ("Binance_ETHUSDT_minute.csv", "ETHUSDT", "1m"),
        ("INJUSDT_4h.csv.gz", "INJUSDT", "4h"),
        ("btc-perp-20211231_1m.csv", "BTC-PERP-20211231", "1m"),
        ("INJUSDT_1M.csv", "INJUSDT", "1M"),
        ("BRK.B.csv", "BRK.B", None),
        ("klines_1m_500.json", "KLINES_1M_500", None),
        ("INJUSDT_3h.csv", "INJUSDT_3H", None),  # there are no candles of three hours
    ],
)
def test_names(place: str, symbol: str, interval: str | None) -> None:
    assert named(place) == BarName(symbol, Interval(interval) if interval else None)


def test_the_archive_has_no_header_and_says_all_in_name_and_rows(tmp_path: Path) -> None:
    table = only(archive(tmp_path, "BTCUSDT-1h-2024-12", [kline(START - timedelta(hours=1)), kline(START)]))
    assert (table.symbol, table.interval) == ("BTCUSDT", Interval.HOUR_1)
    first, second = rows_of(table)
    assert first["session"] == str(int((START - timedelta(hours=1)).timestamp() * 1000))
    assert [first[name] for name in ("open", "high", "low", "close", "volume")] == ["1.5", "2.0", "1.0", "1.75", "10.5"]
    assert [first[name] for name in TURNOVER] == ["17.25", "42", "5.5", "9.0"]
    assert second["place"].endswith("BTCUSDT-1h-2024-12.csv:2")


def test_milli_and_microseconds_are_told_apart_value_by_value(tmp_path: Path) -> None:
    rows = [kline(START), kline(START + timedelta(hours=1), unit=1_000_000)]
    sessions = pa.chunked_array([pa.array([row["session"] for row in rows_of(only(archive(tmp_path, "A-1h", rows)))])])
    moments, wrong = parse_moments(sessions)
    assert moments.tolist() == [(START + timedelta(hours=n)).replace(tzinfo=None) for n in range(2)]
    assert not wrong.any()


@pytest.mark.parametrize("interval", list(Interval))
def test_klines_say_their_interval(tmp_path: Path, interval: Interval) -> None:
    for unit in (1000, 1_000_000):
        path = archive(tmp_path, "whatever", [kline(START, interval.length, unit)])
        assert only(path, "BTCUSDT").interval is interval


def test_klines_whose_name_says_another_interval_are_not_read(tmp_path: Path) -> None:
    with pytest.raises(AlgoTradingError, match="its name says 4h and its rows are 1h"):
        list(read_bar_files([archive(tmp_path, "BTCUSDT-4h-2024-12", [kline(START)])], None))


def test_rows_without_names_need_a_symbol(tmp_path: Path) -> None:
    with pytest.raises(AlgoTradingError, match="neither its rows nor its name say of which symbol it is"):
        list(read_bar_files([archive(tmp_path, "download", [kline(START)])], None))


def test_json_of_the_exchange_and_of_freqtrade(tmp_path: Path) -> None:
    klines = [[int(cell) if n in {0, 6, 8} else cell for n, cell in enumerate(kline(START))]]
    (tmp_path / "klines.json").write_text(json.dumps(klines, indent=2))
    table = only(tmp_path / "klines.json", "XRPUSDT")
    assert (table.symbol, table.interval) == ("XRPUSDT", Interval.HOUR_1)
    assert [rows_of(table)[0][name] for name in ("volume", *TURNOVER)] == ["10.5", "17.25", "42", "5.5", "9.0"]
    (tmp_path / "BTC_USDT-1h.json").write_text("[[1502942400000,4261.48,4313.62,4261.32,4308.83,47.181009]]")
    table = only(tmp_path / "BTC_USDT-1h.json")
    assert (table.symbol, table.interval) == ("BTCUSDT", Interval.HOUR_1)
    (row,) = rows_of(table)
    assert (row["session"], row["open"], row["volume"]) == ("1502942400000", "4261.48", "47.181009")
    assert "trades" not in row


def test_json_of_objects(tmp_path: Path) -> None:
    candle = {"time": 1, "timestamp": "2024-01-01T00:00", "open": 1, "high": 2, "low": 0.5, "close": 1.5, "volume": 3}
    (tmp_path / "A_1h.json").write_text(json.dumps([candle]))
    (row,) = rows_of(only(tmp_path / "A_1h.json"))
    assert (row["symbol"], row["session"], row["low"]) == ("A", "2024-01-01T00:00", "0.5")


@pytest.mark.parametrize("odd", ["[1, 2]", '"x"', "{}", "null", "[1,2,3,4,5,6,7]"])
def test_json_that_is_no_candle_comes_as_a_row_nobody_can_read(tmp_path: Path, odd: str) -> None:
    (tmp_path / "A_USDT-1h.json").write_text(f"[[1502942400000,1,2,1,1,5], {odd}]")
    rows = rows_of(only(tmp_path / "A_USDT-1h.json"))
    assert len(rows) == 2
    assert rows[1]["open"] == ""
    assert rows[1]["place"].endswith(":2")
    assert parse_moments(pa.chunked_array([pa.array([rows[1]["session"]])]))[1].all() or rows[1]["session"] == "null"


@pytest.mark.parametrize("text", ["[", "[]", "[1]", '["a"]', "[[1,2]]", '[{"a":1}]', "[[]]", "[" * 2000])
def test_json_of_something_else_holds_no_bars(tmp_path: Path, text: str) -> None:
    (tmp_path / "A_USDT-1h.json").write_text(text)
    with pytest.raises(AlgoTradingError, match="holds no bars"):
        list(read_bar_files([tmp_path / "A_USDT-1h.json"], None))


def test_feather(tmp_path: Path) -> None:
    times = np.array(["2022-08-01T00:00", "2022-08-01T00:05"], "datetime64[ns]")
    columns = {name: [1.5, 2.5] for name in ("open", "high", "low", "close", "volume")}
    feather.write_feather(
        pa.table({"date": pa.array(times).cast(pa.timestamp("ns", "UTC")), **columns}), tmp_path / "f"
    )
    (tmp_path / "f").rename(tmp_path / "BTC_USDT-5m.feather")
    table = only(tmp_path / "BTC_USDT-5m.feather")
    assert (table.symbol, table.interval) == ("BTCUSDT", Interval.MINUTE_5)
    rows = rows_of(table)
    assert [row["close"] for row in rows] == ["1.5", "2.5"]
    moments, _ = parse_moments(pa.chunked_array([pa.array([row["session"] for row in rows])]))
    assert moments.tolist() == [datetime(2022, 8, 1, 0, minute) for minute in (0, 5)]  # noqa: DTZ001 - as arrays have it


def test_a_damaged_feather_file(tmp_path: Path) -> None:
    (tmp_path / "A_1h.feather").write_bytes(b"ARROW1\0\0" + bytes(100))
    with pytest.raises(AlgoTradingError, match="it is not a valid Feather file"):
        list(read_bar_files([tmp_path / "A_1h.feather"], None))


def test_an_address_above_the_header(tmp_path: Path) -> None:
    text = (
        "https://www.CryptoDataDownload.com\n"
        "Unix,Date,Symbol,Open,High,Low,Close,Volume BTC,Volume USDT,tradecount\n"
        "1774742400000,2026-03-29,BTCUSDT,66377.04,67130.5,65000.0,66010.93,10052.85584,667003517.6,2146177\n"
    )
    (tmp_path / "Binance_BTCUSDT_d.csv").write_text(text)
    table = only(tmp_path / "Binance_BTCUSDT_d.csv")
    assert table.interval is Interval.DAY
    (row,) = rows_of(table)
    assert (row["symbol"], row["session"], row["volume"]) == ("BTCUSDT", "2026-03-29", "10052.85584")
    assert (row["quote_volume"], row["trades"]) == ("667003517.6", "2146177")
    assert row["place"].endswith(":3")


def test_midnights_are_dates_of_daily_bars() -> None:
    midnight = int(datetime(2024, 1, 2, tzinfo=UTC).timestamp() * 1000)
    texts = [str(midnight), str(midnight * 1000), str(midnight + 1), str(midnight // 1000)]
    dates, wrong = parse_dates(pa.chunked_array([pa.array(texts)]))
    assert wrong.tolist() == [False, False, True, True]
    assert [str(day) for day in dates[:2]] == ["2024-01-02", "2024-01-02"]


def test_many_times_at_once_are_read_as_single_ones() -> None:
    values = ["1502942400", "1502942400000", "1502942400000000", "150294240000000000", "99999999999", "100000000000"]
    together, _ = parse_moments(pa.chunked_array([pa.array(values)]))
    alone = [parse_moments(pa.chunked_array([pa.array([value, "2013-01-01T00:00"])]))[0][0] for value in values]
    assert together.tolist() == [moment.item() for moment in alone]


def test_a_file_that_is_not_what_its_checksum_says_is_left_out(tmp_path: Path) -> None:
    good, bad = (archive(tmp_path, f"BTCUSDT-1h-2024-{month}", [kline(START)]) for month in ("11", "12"))
    for path, digest in ((good, sha256(good.read_bytes()).hexdigest()), (bad, sha256(b"").hexdigest())):
        path.with_name(f"{path.name}.CHECKSUM").write_text(f"{digest}  {path.name}\n")
    first, second = read_bar_files([tmp_path], None)
    assert (len(first.tables), first.skipped, first.sha256) == (1, [], sha256(good.read_bytes()).hexdigest())
    assert [one.reason for one in second.skipped] == [
        "its content is not the one of BTCUSDT-1h-2024-12.zip.CHECKSUM: download it again"
    ]
