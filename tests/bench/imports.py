"""Files of bars into the database, through the gate: processor time for each file and each row.

The goals count the program; what the server takes beside it is shown.
"""

import os
import tempfile
import time
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from unittest.mock import patch

import numpy as np

from algo_trading.adapters.postgres.embedded import EmbeddedPostgres
from algo_trading.bootstrap import App, bootstrap
from algo_trading.calendars import trading_calendar
from algo_trading.domain.time import Interval
from algo_trading.services.import_report import ImportReport
from bench.measure import Goal, Progress, Result, Timing
from bench.period import processor_time, server_process

FILES = 300
SMALL, LARGE = 20, 5_000  # rows of a file
PAIRS, MONTHS, FIRST_MONTH = 2, 12, np.datetime64("2023-01")
MINUTE = 60_000  # milliseconds
HEADER = "date,open,high,low,close,volume\n"


def benchmark(progress: Progress) -> list[Result]:
    """Many small files, as many large ones, each of a symbol of its own; then an archive of candles."""
    progress("starting PostgreSQL")
    with an_app() as (app, folder, server):
        imported(app, write_files(folder / "first", "F", SMALL), "XNYS", server, progress)  # which loads libraries
        small = imported(app, write_files(folder / "small", "S", SMALL), "XNYS", server, progress)
        large = imported(app, write_files(folder / "large", "L", LARGE), "XNYS", server, progress)
        candles = imported(app, write_archive(folder / "candles", progress), "BINANCE", server, progress)
    files, archive = [*small, *large], list(candles)
    return [
        Result(
            "Bar files imported, processor time",
            f"{FILES} files of {SMALL} rows, {FILES} of {LARGE:,}: into tables, quarantine, Parquet and pages",
            files,
            [
                Goal("small files per second of processor time", 200, FILES / small[0].median),
                Goal("rows per second of processor time", 100_000, large[0].rate),
            ],
            beside_peers=False,
        ),
        Result(
            "An archive of candles imported, processor time",
            f"{PAIRS * MONTHS} packed files of a month of one-minute candles as Binance's archive has them, "
            f"{archive[0].rows:,} candles: into tables and Parquet",
            archive,
            [Goal("candles per second of processor time", 150_000, archive[0].rate)],
            beside_peers=False,
        ),
    ]


@contextmanager
def an_app() -> Iterator[tuple[App, Path, int]]:
    """The program over a server and a home of its own, a folder to write to, and the server's process."""
    with tempfile.TemporaryDirectory(prefix="bench-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        folder.chmod(0o755)  # as root, the server runs as another user
        server = EmbeddedPostgres(folder)
        try:
            server.start()
            with patch.dict(os.environ, {"ALGO_HOME": str(folder / "home")}), bootstrap(url=server.url()) as app:
                yield app, folder, server_process(server)
        finally:
            server.stop()


def write_files(folder: Path, name: str, rows: int) -> Path:
    """FILES files of random walks."""
    folder.mkdir()
    sessions = trading_calendar("XNYS").table(Interval.DAY, date(1999, 1, 1), date(2019, 12, 31))
    days = sessions.opened_at[-rows:].astype("datetime64[D]")
    random = np.random.default_rng(7)
    for number in range(FILES):
        close = 100 * np.exp(np.cumsum(random.normal(0, 0.01, rows)))
        opened = close * (1 + random.normal(0, 0.003, rows))
        high, low = np.maximum(opened, close) * 1.004, np.minimum(opened, close) * 0.996
        volume = random.integers(1_000, 1_000_000, rows)
        columns = zip(days, opened, high, low, close, volume, strict=True)
        lines = (f"{day},{o:.4f},{h:.4f},{w:.4f},{c:.4f},{v}\n" for day, o, h, w, c, v in columns)
        (folder / f"{name}{number:04}.csv").write_text(HEADER + "".join(lines))
    return folder


def write_archive(folder: Path, progress: Progress) -> Path:
    """Candles of random walks in a file for each pair and month."""
    folder.mkdir()
    random = np.random.default_rng(7)
    for month in np.arange(FIRST_MONTH, FIRST_MONTH + MONTHS):
        progress(f"writing candles of {month}")
        begin, end = np.array([month, month + 1]).astype("datetime64[ms]").astype(np.int64).tolist()
        opened = np.arange(begin, end, MINUTE)
        for pair in range(PAIRS):
            close = 100 * np.exp(np.cumsum(random.normal(0, 0.0005, len(opened))))
            before = np.concatenate((close[:1], close[:-1]))
            prices = before, np.maximum(before, close) * 1.0003, np.minimum(before, close) * 0.9997, close
            volume, trades = random.gamma(2, 5, len(opened)), random.integers(1, 500, len(opened))
            rows = zip(opened.tolist(), *(price.tolist() for price in prices), volume.tolist(), trades, strict=True)
            lines = (
                f"{at},{o:.8f},{h:.8f},{w:.8f},{c:.8f},{v:.8f},{at + MINUTE - 1},{v * c:.8f},{n},{v / 2:.8f},"
                f"{v * c / 2:.8f},0\n"
                for at, o, h, w, c, v, n in rows
            )
            name = f"P{pair}USDT-1m-{month}"
            with zipfile.ZipFile(folder / f"{name}.zip", "w", zipfile.ZIP_DEFLATED) as archive:
                archive.writestr(f"{name}.csv", "".join(lines))
    return folder


def imported(app: App, folder: Path, venue: str, server: int, progress: Progress) -> tuple[Timing, Timing]:
    """The processor time of this process, and of this and the server together."""
    progress(f"importing {folder.name}")
    begin = time.process_time(), processor_time(server)
    report: ImportReport = app.import_bars()([folder], None, venue)
    own, both = time.process_time() - begin[0], processor_time(server) - begin[1]
    assert report.stored == report.read
    return (
        Timing(f"{folder.name}", report.read, (own,)),
        Timing(f"{folder.name}, the server's included", report.read, (both,)),
    )
