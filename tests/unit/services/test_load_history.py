"""Bulk history is stored and its years are exported."""

from datetime import date

import pytest

from algo_trading.errors import ConfigError, NothingGoodError
from algo_trading.services.export import ExportBars
from algo_trading.services.ingest import IngestBars, IngestReport
from algo_trading.services.load_history import LoadHistory
from contracts.bars import IBM, MSFT
from fakes.bars import FakeBars, FakeCorporateActions
from fakes.clock import FakeClock
from fakes.gate import FakeGate
from fakes.locks import FakeLocks
from fakes.market_data import FakeMarketData
from fakes.objects import FakeObjectStore
from fakes.quality import FakeQuality, FakeQuarantine

pytestmark = pytest.mark.unit


def a_load() -> LoadHistory:
    days = ("2012-12-28", "2012-12-31", "2013-01-02")
    source = FakeMarketData(
        {symbol: [(day, "10", "12", "9", "11", "100") for day in days] for symbol in ("IBM", "MSFT")}
    )
    gate, bars, objects = FakeGate(), FakeBars(), FakeObjectStore()
    ingest = IngestBars(
        source, gate, bars, FakeCorporateActions(), FakeQuarantine(), FakeQuality(), objects, FakeClock()
    )
    return LoadHistory(ingest, ExportBars(bars, objects, FakeLocks()), gate, objects)


def test_every_year_of_the_range_is_exported() -> None:
    load = a_load()
    heard: list[int] = []
    report = load(date(2012, 12, 1), date(2013, 1, 2), [IBM, MSFT], heard.append)
    assert report == IngestReport(fetched=6, stored=6)
    assert heard == [1, 2]
    assert [key[-12:] for key in load.export.objects.keys("bars/")] == ["2012.parquet", "2013.parquet"]
    assert load(date(2012, 12, 1), date(2013, 1, 2), [IBM, MSFT]) == IngestReport(fetched=6, unchanged=6)


def test_a_range_that_ends_before_it_begins() -> None:
    with pytest.raises(ConfigError, match=r"the range 2013-01-02 \.\. 2013-01-01 ends before it begins"):
        a_load()(date(2013, 1, 2), date(2013, 1, 1), [IBM])


def test_a_range_without_bars() -> None:
    load = a_load()
    with pytest.raises(NothingGoodError, match=r"fake gave no good bar of 2013-02-01 \.\. 2013-02-28 for any of IBM"):
        load(date(2013, 2, 1), date(2013, 2, 28), [IBM])
    assert list(load.export.objects.keys("bars/")) == []
