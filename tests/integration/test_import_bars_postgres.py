"""Files into a real database, through the application as it is put together."""

import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from algo_trading.adapters.postgres.database import Database
from algo_trading.bootstrap import App
from algo_trading.domain.instrument import Instrument, Series
from algo_trading.domain.time import Interval
from algo_trading.services.import_report import ImportReport
from algo_trading.settings import load_settings
from fakes.clock import FakeClock
from support.raw_bars import NOW
from support.shared_data import SHARED_DATA, needs_shared_data

pytestmark = pytest.mark.integration

EVER = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
VINTAGES = SHARED_DATA / "daily_ohlcv" / "pystock_vintages"


@pytest.fixture
def app(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> App:
    monkeypatch.setenv("ALGO_HOME", str(tmp_path / "home"))
    return App(load_settings(), database, FakeClock(NOW))


@pytest.fixture
def run(app: App) -> Callable[..., ImportReport]:
    def run(*paths: Path, symbol: str | None = None) -> ImportReport:
        report = app.import_bars()(paths, symbol, "XNYS")
        assert report.read == report.stored + report.unchanged + report.quarantined
        return report

    return run


def state(app: App) -> dict[str, Any]:
    """What is stored, the pages for people aside."""
    return {
        "bars": app.bars.read_venue("XNYS", Interval.DAY, *EVER),
        "quarantine": sorted(map(str, app.quarantine.newest())),
        "quality": sorted(map(str, app.quality.newest(1000))),
        "objects": {key: app.objects.get(key) for key in app.objects.keys() if "quality/docs" not in key},  # noqa: SIM118 - a method of the store
    }


def test_rows_that_no_database_likes(app: App, run: Callable[..., ImportReport], tmp_path: Path) -> None:
    path = tmp_path / os.fsdecode(b"caf\xe9.csv")
    path.write_bytes(
        b"symbol,date,open,high,low,close,volume\n"
        b"IBM,2015-03-23,10,12,9,11,100\n"
        b"I\x00BM,2015-03-23,10,12,9,11,100\n"
        b"I\x1fBM,2015-03-23,10,12,9,11,100\n"
        b"\xff\xfe,2015-03-23,10,12,9,11,100\n"
        b"IBM,\xed\xa0\x80,10,12,9,11,100\n"
        b"IBM,0001-01-01,10,12,9,11,100\n"
        b"IBM,9999-12-31,10,12,9,11,1e308\n"
        b"MAX,2015-03-24,1e-300,1e300,1e-300,1e300,100\n"
        b'"IBM,2015-03-24,' + b"x" * 200_000 + b"\n"
    )
    report = run(path)
    assert (report.read, report.stored) == (9, 1)
    assert app.quarantine.count() == report.quarantined == 8
    assert app.bars.read([Series(Instrument("IBM"))], None, None).num_rows == 1
    assert run(path).unchanged == 9


@needs_shared_data
def test_real_archives_and_again(app: App, run: Callable[..., ImportReport]) -> None:
    paths = [VINTAGES / f"{day}.tar.gz" for day in ("20150402", "20150406", "20150407")]
    report = run(*paths)
    assert (report.read, report.unchanged) == (60_383, 12_047)
    assert report.reasons == {
        "identical repeat": 24_148,
        "conflicting repeat": 24,
        "not a session": 23,
        "non-positive price": 13,
        "unit jump": 3,
    }
    assert app.quarantine.count() == report.quarantined
    assert app.bars.count() == report.stored - 3  # bars that were revised from file to file
    before = state(app)
    again = run(*paths)
    assert (again.stored, again.quarantined, again.unchanged) == (0, 0, report.read)
    assert state(app) == before
