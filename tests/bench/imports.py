"""Files of bars into the database, through the gate: processor time for each file and each row."""

import os
import tempfile
import time
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

FILES = 300
SMALL, LARGE = 20, 5_000  # rows of a file
HEADER = "date,open,high,low,close,volume\n"


def benchmark(progress: Progress) -> list[Result]:
    """Many small files, and as many large ones, each of a symbol of its own."""
    progress("starting PostgreSQL")
    with an_app() as (app, folder):
        small = imported(app, write_files(folder / "small", "S", SMALL), progress)
        large = imported(app, write_files(folder / "large", "L", LARGE), progress)
    goals = [
        Goal("small files per second of processor time", 200, FILES / small.median),
        Goal("rows per second of processor time", 100_000, large.rate),
    ]
    setting = f"{FILES} files of {SMALL} rows, {FILES} of {LARGE:,}: into tables, quarantine, Parquet and pages"
    return [Result("Bar files imported, processor time", setting, [small, large], goals, beside_peers=False)]


@contextmanager
def an_app() -> Iterator[tuple[App, Path]]:
    """The program over a server and a home of its own, and a folder to write to."""
    with tempfile.TemporaryDirectory(prefix="bench-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        folder.chmod(0o755)  # as root, the server runs as another user
        server = EmbeddedPostgres(folder)
        try:
            server.start()
            with patch.dict(os.environ, {"ALGO_HOME": str(folder / "home")}), bootstrap(url=server.url()) as app:
                yield app, folder
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


def imported(app: App, folder: Path, progress: Progress) -> Timing:
    """The processor time of this process; the server's own is not counted."""
    progress(f"importing {folder.name} files")
    begin = time.process_time()
    report: ImportReport = app.import_bars()([folder], None, "XNYS")
    seconds = time.process_time() - begin
    assert report.stored == report.read
    return Timing(f"{folder.name} files", report.read, (seconds,))
