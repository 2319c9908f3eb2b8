"""Real candles in every form that programs write: each row is stored, or held back with a reason."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from algo_trading.adapters.postgres.database import Database
from algo_trading.bootstrap import App
from algo_trading.domain.instrument import Instrument, Series
from algo_trading.domain.time import Interval
from algo_trading.services.import_report import ImportReport
from algo_trading.settings import load_settings
from fakes.clock import FakeClock
from support.shared_data import SHARED_DATA, needs_shared_data

pytestmark = [pytest.mark.integration, needs_shared_data]

CRYPTO = SHARED_DATA / "crypto"
Import = Callable[..., ImportReport]


@pytest.fixture
def app(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> App:
    monkeypatch.setenv("ALGO_HOME", str(tmp_path / "home"))
    return App(load_settings(), database, FakeClock(datetime(2026, 11, 20, 22, tzinfo=UTC)))


@pytest.fixture
def run(app: App) -> Import:
    def run(path: Path, symbol: str | None = None, interval: Interval | None = None) -> ImportReport:
        report = app.import_bars()([path], symbol, "BINANCE", interval)
        assert report.read == report.stored + report.unchanged + report.quarantined
        return report

    return run


def coin(symbol: str, interval: Interval) -> Series:
    return Series(Instrument(symbol, "BINANCE"), interval)


def shown(report: ImportReport) -> list[tuple[str, str, int]]:
    return [(Path(file.place).name, str(file.interval), file.read) for file in report.files]


def test_lists_of_candles_in_three_intervals(app: App, run: Import) -> None:
    report = run(CRYPTO / "freqtrade_json_2017_2022")
    assert shown(report) == [
        ("BTC_USDT-1d.json", "1d", 1881),
        ("BTC_USDT-1h.json", "1h", 45_024),
        ("BTC_USDT-4h.json", "4h", 11_271),
        ("DOGE_USDT-1d.json", "1d", 1194),
        ("DOGE_USDT-1h.json", "1h", 28_612),
        ("DOGE_USDT-4h.json", "4h", 7161),
    ]
    assert (report.stored, report.quarantined, report.skipped) == (95_143, 0, ())
    # The exchange was under maintenance: hours are missing, and stay missing.
    assert report.files[1].gaps == {"BTCUSDT": 127}
    extents = {one.series: one for one in app.bars.extents()}
    hours = extents[coin("BTCUSDT", Interval.HOUR_1)]
    assert (hours.last - hours.first) // timedelta(hours=1) + 1 == hours.bars + 127
    again = run(CRYPTO / "freqtrade_json_2017_2022")
    assert (again.stored, again.unchanged) == (0, 95_143)
    assert all(file.known for file in again.files)


def test_days_newest_first_with_an_address_above(app: App, run: Import) -> None:
    report = run(CRYPTO / "cryptodatadownload_1d_2017_2026")
    assert (report.read, report.stored, report.skipped) == (8739, 8739, ())
    table = app.bars.read_turnover([coin("BTCUSDT", Interval.DAY)], datetime(2026, 3, 30, tzinfo=UTC), None)
    (row,) = table.to_pylist()
    assert (row["volume"], row["quote_volume"], row["trades"]) == (18353.38975, 1234617690.8920753, 3_902_849)
    assert row["taker_volume"] is None


def test_replies_of_the_exchange(app: App, run: Import) -> None:
    report = run(CRYPTO / "rest_klines" / "klines_1m_500_2024-11-16.json", "XRPUSDT")
    assert (report.read, report.stored) == (500, 500)
    (series,) = app.bars.series()
    assert series == coin("XRPUSDT", Interval.MINUTE_1)
    turnover = app.bars.read_turnover([series], None, None)
    assert turnover["taker_quote_volume"].null_count == 0


def test_minutes_and_feather(app: App, run: Import) -> None:
    minutes = run(CRYPTO / "one_minute", "BTCPERP")
    assert shown(minutes) == [("btc-perp-20211231-20220201_1m.csv", "1m", 45_031)]
    assert minutes.stored == 45_031
    feather = run(CRYPTO / "freqtrade_feather_5m_2022_2023" / "DOGE_USDT-5m.feather")
    assert feather.read == feather.stored + feather.quarantined
    assert feather.stored > 120_000
    assert set(app.bars.series()) == {coin("BTCPERP", Interval.MINUTE_1), coin("DOGEUSDT", Interval.MINUTE_5)}


def test_an_interval_that_is_named_leaves_the_others_out(run: Import) -> None:
    report = run(CRYPTO / "freqtrade_json_2017_2022", interval=Interval.DAY)
    assert [interval for _, interval, _ in shown(report)] == ["1d", "1d"]
    assert len(report.skipped) == 4
    assert "its rows or its name say 1h, not 1d" in {one.reason for one in report.skipped}


def test_a_file_that_was_replaced_is_noticed(app: App, run: Import, tmp_path: Path) -> None:
    path = tmp_path / "BTC_USDT-1d.json"
    path.write_text("[[1502928000000,4261.48,4485.39,4200.74,4285.08,795.15]]")
    assert not run(path).files[0].replaced
    assert not run(path).files[0].replaced  # known
    path.write_text("[[1502928000000,4261.48,4485.39,4200.74,4285.08,795.16]]")
    report = run(path)
    assert (report.files[0].replaced, report.stored) == (True, 1)
    (volume,) = app.bars.read([coin("BTCUSDT", Interval.DAY)], None, None)["volume"].to_pylist()
    assert volume == 795.16
