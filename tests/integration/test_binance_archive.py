"""Binance's archive of candles, served from a folder on the loopback."""

import threading
import zipfile
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from functools import partial
from hashlib import sha256
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from algo_trading.adapters.bar_files import read_bar_files
from algo_trading.adapters.binance.archive import BinanceArchive
from algo_trading.domain.time import Interval
from algo_trading.errors import SourceError

pytestmark = pytest.mark.integration

LAST = date(2025, 2, 2)


class Handler(SimpleHTTPRequestHandler):
    """Serves a folder, and notes what was asked for."""

    asked: list[str] = []  # noqa: RUF012 - the tests empty it

    def do_GET(self) -> None:
        self.asked.append(self.path.rpartition("/")[2])
        super().do_GET()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    folder = tmp_path / "served"
    folder.mkdir()
    Handler.asked.clear()
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=str(folder))) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}", folder
        server.shutdown()
        thread.join()


def put(folder: Path, when: str, closes: float = 1.5, length: str = "1h", checksum: str | None = None) -> None:
    """A file of the archive with one candle, at the first hour of its month or day."""
    span = "daily" if when.count("-") == 2 else "monthly"
    name = f"BTCUSDT-{length}-{when}"
    path = folder / "data" / "spot" / span / "klines" / "BTCUSDT" / length / f"{name}.zip"
    path.parent.mkdir(parents=True, exist_ok=True)
    day = date.fromisoformat(when if span == "daily" else f"{when}-01")
    opened = datetime(day.year, day.month, day.day, tzinfo=UTC)
    unit = 1_000_000 if day.year >= 2025 else 1000
    times = [int(moment.timestamp() * unit) for moment in (opened, opened + timedelta(hours=1))]
    with zipfile.ZipFile(path, "w") as packed:
        packed.writestr(f"{name}.csv", f"{times[0]},1,2,0.5,{closes},10,{times[1] - 1},15,3,5,7,0\n")
    digest = checksum or sha256(path.read_bytes()).hexdigest()
    path.with_name(f"{path.name}.CHECKSUM").write_text(f"{digest}  {path.name}\n")


def test_months_and_the_days_after_them(served: tuple[str, Path], tmp_path: Path) -> None:
    url, folder = served
    for when in ("2024-11", "2024-12", "2025-01", "2025-02-01", "2025-02-02"):
        put(folder, when)
    archive = BinanceArchive(url, tmp_path / "kept")
    paths = archive.fetch("BTCUSDT", Interval.HOUR_1, LAST, date(2024, 12, 1))
    assert [path.name for path in paths] == [
        f"BTCUSDT-1h-{when}.zip" for when in ("2024-12", "2025-01", "2025-02-01", "2025-02-02")
    ]
    files = list(read_bar_files(paths, None))
    assert [(table.symbol, table.interval) for file in files for table in file.tables] == [("BTCUSDT", "1h")] * 4
    Handler.asked.clear()
    assert archive.fetch("BTCUSDT", Interval.HOUR_1, LAST, date(2024, 12, 1)) == paths
    assert all(name.endswith(".CHECKSUM") for name in Handler.asked)  # nothing is downloaded again


def test_from_the_first_that_there_is(served: tuple[str, Path], tmp_path: Path) -> None:
    url, folder = served
    put(folder, "2017-09")
    (path,) = BinanceArchive(url, tmp_path / "kept").fetch("BTCUSDT", Interval.HOUR_1, date(2017, 10, 2))
    assert path.name == "BTCUSDT-1h-2017-09.zip"
    assert Handler.asked[0] == "BTCUSDT-1h-2017-08.zip.CHECKSUM"


def test_a_file_that_was_replaced_is_downloaded_again(served: tuple[str, Path], tmp_path: Path) -> None:
    url, folder = served
    archive = BinanceArchive(url, tmp_path / "kept")
    put(folder, "2025-01")
    (path,) = archive.fetch("BTCUSDT", Interval.HOUR_1, date(2025, 1, 31), date(2025, 1, 1))
    before = path.read_bytes()
    put(folder, "2025-01", closes=1.75)
    (again,) = archive.fetch("BTCUSDT", Interval.HOUR_1, date(2025, 1, 31), date(2025, 1, 1))
    assert again == path
    assert path.read_bytes() != before


def test_a_month_is_written_in_another_way(served: tuple[str, Path], tmp_path: Path) -> None:
    url, folder = served
    put(folder, "2025-01", length="1mo")
    (path,) = BinanceArchive(url, tmp_path / "kept").fetch(
        "BTCUSDT", Interval.MONTH, date(2025, 1, 31), date(2025, 1, 1)
    )
    assert path.name == "BTCUSDT-1mo-2025-01.zip"


def test_what_is_not_what_its_checksum_says_is_not_kept(served: tuple[str, Path], tmp_path: Path) -> None:
    url, folder = served
    put(folder, "2025-01", checksum="0" * 64)
    with pytest.raises(SourceError, match=r"BTCUSDT-1h-2025-01\.zip of the archive: its content is not the one of"):
        BinanceArchive(url, tmp_path / "kept").fetch("BTCUSDT", Interval.HOUR_1, LAST, date(2025, 1, 1))
    assert not list((tmp_path / "kept").rglob("*.zip"))


def test_a_pair_that_it_does_not_have(served: tuple[str, Path], tmp_path: Path) -> None:
    archive = BinanceArchive(served[0], tmp_path / "kept")
    with pytest.raises(SourceError, match="has no candles of NOPEUSDT in 1h"):
        archive.fetch("NOPEUSDT", Interval.HOUR_1, LAST, date(2025, 1, 1))


def test_nothing_listens(tmp_path: Path) -> None:
    waits: list[float] = []
    archive = BinanceArchive("http://127.0.0.1:9", tmp_path, sleep=waits.append)
    with pytest.raises(SourceError, match="The archive cannot be reached"):
        archive.fetch("BTCUSDT", Interval.HOUR_1, LAST, date(2025, 1, 1))
    assert waits == [1, 2, 4]
