"""The packaged candles of the made-up market."""

import gzip
from datetime import UTC, datetime

import pytest

from algo_trading.adapters.csv_files import CsvFilesMarketData
from algo_trading.adapters.demo_candles import END, FOLDER, build
from algo_trading.domain.time import Interval
from algo_trading.plugins import Context, PluginConfig
from support import make_demo_candles

pytestmark = pytest.mark.unit


def test_the_files_are_what_the_script_makes() -> None:
    made = {name: gzip.decompress(content) for name, content in make_demo_candles.files()}
    packaged = {path.name: gzip.decompress(path.read_bytes()) for path in FOLDER.iterdir()}
    assert packaged == made


@pytest.mark.parametrize("interval", [Interval.HOUR_1, Interval.HOUR_4])
def test_it_ends_with_the_last_candle_that_closes(interval: Interval) -> None:
    source = build(PluginConfig(), Context("demo_candles", FOLDER))
    assert isinstance(source, CsvFilesMarketData)
    last = source.ends_at("DEMO", interval)
    assert last is not None
    assert last + interval.length == END == datetime(2013, 3, 2, tzinfo=UTC)
