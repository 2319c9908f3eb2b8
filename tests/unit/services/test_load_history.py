"""Bulk history is stored and its years are exported."""

from datetime import date, datetime

import pytest

from algo_trading.domain.instrument import Series
from algo_trading.domain.time import midnight
from algo_trading.errors import ConfigError, NothingGoodError
from algo_trading.services.ingest import IngestReport
from contracts.bars import IBM, MSFT
from fakes.market_data import FakeMarketData
from support.world import World

pytestmark = pytest.mark.unit

DAYS = ("2012-12-28", "2012-12-31", "2013-01-02")
SOURCE = FakeMarketData({symbol: [(day, "10", "12", "9", "11", "100") for day in DAYS] for symbol in ("IBM", "MSFT")})
BOTH = [Series(IBM), Series(MSFT)]


def at(*day: int) -> datetime:
    return midnight(date(*day))


def test_every_year_of_the_range_is_exported() -> None:
    world = World()
    first, last = at(2012, 12, 1), at(2013, 1, 2)
    heard: list[int] = []
    report = world.load_history()(SOURCE, first, last, BOTH, heard.append)
    assert report == IngestReport(fetched=6, stored=6)
    assert heard == [1, 2]
    assert [key[-12:] for key in world.objects.keys("bars/")] == ["2012.parquet", "2013.parquet"]
    assert world.load_history()(SOURCE, first, last, BOTH) == IngestReport(fetched=6, unchanged=6)


def test_a_range_that_ends_before_it_begins() -> None:
    with pytest.raises(ConfigError, match=r"the range 2013-01-02 \.\. 2013-01-01 ends before it begins"):
        World().load_history()(SOURCE, at(2013, 1, 2), at(2013, 1, 1), BOTH)


def test_a_range_without_bars() -> None:
    world = World()
    with pytest.raises(NothingGoodError, match=r"fake gave no good bar of 2013-02-01 \.\. 2013-02-28 for any of IBM"):
        world.load_history()(SOURCE, at(2013, 2, 1), at(2013, 2, 28), [Series(IBM)])
    assert list(world.objects.keys("bars/")) == []
