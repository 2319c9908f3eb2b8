"""Recorded candles as a market."""

import gzip
import json
import zipfile
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from algo_trading.errors import ConfigError
from algo_trading.exchange.api import Api, Request
from algo_trading.exchange.replay import recorded
from algo_trading.exchange.start import ExchangeOptions, build
from support.shared_data import SHARED_DATA, needs_shared_data

pytestmark = pytest.mark.unit

OPEN = 1_700_000_000_000 // 3_600_000 * 3_600_000
ROWS = [
    [OPEN + hour * 3_600_000, str(100 + hour), str(104 + hour), str(99 + hour), str(101 + hour), "12.5",
     OPEN + (hour + 1) * 3_600_000 - 1, "1270.0", 40, "5.5", "560.0", "0"]
    for hour in range(8)
]  # fmt: skip


def csv(rows: list[list[object]]) -> str:
    return "\n".join(",".join(map(str, row)) for row in rows) + "\n"


def replayed(folder: Path, start: datetime | None = None) -> Api:
    return build(ExchangeOptions(replay=folder, start=start, speed=0), lambda: 0)[0]


def klines(api: Api, interval: str, **params: object) -> list[list[object]]:
    query = "&".join(f"{name}={value}" for name, value in {"symbol": "ABCUSDT", "interval": interval, **params}.items())
    rows: list[list[object]] = api.handle(Request("GET", "/api/v3/klines", query)).body
    return rows


@pytest.mark.parametrize("kind", ["csv", "csv.gz", "zip", "json", "microseconds"])
def test_every_form_of_file_gives_the_same_candles(tmp_path: Path, kind: str) -> None:
    if kind == "csv":
        (tmp_path / "ABCUSDT-1h-2023-11.csv").write_text(csv(ROWS))
    elif kind == "csv.gz":
        (tmp_path / "ABCUSDT-1h.csv.gz").write_bytes(gzip.compress(csv(ROWS).encode()))
    elif kind == "zip":
        with zipfile.ZipFile(tmp_path / "ABCUSDT-1h-2023-11-14.zip", "w") as archive:
            archive.writestr("ABCUSDT-1h-2023-11-14.csv", csv(ROWS))
    elif kind == "json":
        (tmp_path / "ABC_USDT-1h.json").write_text(json.dumps(ROWS))
    else:
        (tmp_path / "ABCUSDT-1h.csv").write_text(csv([[int(str(row[0])) * 1000, *row[1:]] for row in ROWS]))
    api = replayed(tmp_path, datetime.fromtimestamp(OPEN / 1000 + 6 * 3600, UTC))
    rows = klines(api, "1h", endTime=OPEN + 5 * 3_600_000)
    assert [[row[0], float(str(row[1])), row[5], row[7], row[8], row[9]] for row in rows] == [
        [OPEN + hour * 3_600_000, 100.0 + hour, "12.50000000", "1270.00000000", 40, "5.50000000"] for hour in range(6)
    ]


def test_the_finest_interval_is_the_market_and_shorter_ones_are_invented_within(tmp_path: Path) -> None:
    (tmp_path / "ABCUSDT-1h.csv").write_text(csv(ROWS))
    (tmp_path / "ABCUSDT-1d.csv").write_text(csv(ROWS[:1]))
    api = replayed(tmp_path, datetime.fromtimestamp(OPEN / 1000 + 4 * 3600, UTC))
    minutes = klines(api, "5m", startTime=OPEN, limit=12)
    assert len(minutes) == 12
    assert max(float(str(row[2])) for row in minutes) == 104
    assert min(float(str(row[3])) for row in minutes) == 99
    assert sum(Decimal(str(row[5])) for row in minutes) == Decimal("12.5")


def test_rows_out_of_order_doubled_and_without_numbers(tmp_path: Path) -> None:
    worse = [*reversed(ROWS), [*ROWS[3][:5], "99", *ROWS[3][6:]]]
    broken = [[OPEN - 3_600_000, "nan", "nan", "nan", "nan", "nan", *ROWS[0][6:]]]
    (tmp_path / "ABCUSDT-1h.csv").write_text(csv([*worse, *broken]))
    rows = klines(replayed(tmp_path, datetime.fromtimestamp(OPEN / 1000 + 7 * 3600, UTC)), "1h")
    assert [row[0] for row in rows] == [OPEN + hour * 3_600_000 for hour in range(8)]
    assert rows[3][5] == "99.00000000"


def test_the_market_is_closed_before_and_after_the_records(tmp_path: Path) -> None:
    (tmp_path / "ABCUSDT-1h.csv").write_text(csv(ROWS))
    api = replayed(tmp_path)
    assert api.exchange.clock.now() == OPEN + 2 * 3_600_000
    assert api.exchange.status("ABCUSDT") == "TRADING"
    api.exchange.clock.advance(7 * 3_600_000)
    assert api.exchange.status("ABCUSDT") == "BREAK"
    assert len(klines(api, "1h")) == 8
    with pytest.raises(ConfigError, match="nothing was traded before 2023-11-14"):
        replayed(tmp_path, datetime(2020, 1, 1, tzinfo=UTC))


@pytest.mark.parametrize(
    ("name", "text", "sentence"),
    [
        ("readme.txt", "", "no candles in"),
        ("ABCUSDT-3h.csv", csv(ROWS), "no candles in"),
        ("ABCUSDT-1h.csv", "", "has no candles"),
        ("ABCUSDT-1h.json", "{", "has no candles that can be read"),
        ("ABCUSDT-1h.zip", "no archive", "has no candles that can be read"),
    ],
)
def test_a_folder_without_candles_is_explained(tmp_path: Path, name: str, text: str, sentence: str) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(ConfigError, match=sentence):
        recorded(tmp_path)


@needs_shared_data
@pytest.mark.parametrize(
    ("folder", "symbols", "interval"),
    [
        ("freqtrade_json_2017_2022", ["BTCUSDT", "DOGEUSDT"], "1h"),
        ("freqtrade_feather_5m_2022_2023", ["BTCUSDT", "DOGEUSDT"], "5m"),
        ("cryptodatadownload_1d_2017_2026", ["BTCUSDT", "DOGEUSDT", "ETHUSDT"], "1d"),
    ],
)
def test_real_records(folder: str, symbols: list[str], interval: str) -> None:
    found = recorded(SHARED_DATA / "crypto" / folder)
    assert [pair.symbol for pair, _ in found] == symbols
    for pair, candles in found:
        assert candles.interval == interval
        rows = candles.rows(0, 1 << 62)
        assert len(rows) > 2000
        assert (rows.low <= rows.high).all()
        assert (rows.quote >= 0).all()
        assert pair.tick * pair.lot >= Decimal("0.00000001")


@needs_shared_data
def test_replayed_candles_are_those_of_the_file() -> None:
    folder = SHARED_DATA / "crypto" / "freqtrade_json_2017_2022"
    api = build(ExchangeOptions(replay=folder, start=datetime(2021, 6, 1, tzinfo=UTC), speed=0), lambda: 0)[0]
    recorded_rows = {row[0]: row for row in json.loads((folder / "BTC_USDT-1h.json").read_text())}
    query = "symbol=BTCUSDT&interval=1h&limit=1000"
    rows = api.handle(Request("GET", "/api/v3/klines", query)).body
    assert len(rows) == 1000
    for row in rows[:-1]:
        assert [float(cell) for cell in row[1:5]] == recorded_rows[row[0]][1:5]
        assert float(row[5]) == pytest.approx(recorded_rows[row[0]][5], abs=1e-5)
