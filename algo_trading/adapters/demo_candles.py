"""The made-up market of the demonstration: candles of coins that do not exist, two months of them, in packaged files.

`tests/support/make_demo_candles.py` made the files: a random walk with trends. No price in them was ever paid.
"""

from datetime import UTC, datetime, timedelta
from importlib.resources import files
from pathlib import Path

from algo_trading.adapters.csv_files import CsvFilesMarketData
from algo_trading.domain.time import Interval
from algo_trading.plugins import Context, Plugin, PluginConfig

FOLDER = Path(str(files("algo_trading") / "data" / "demo_candles"))
END = datetime(2013, 3, 2, tzinfo=UTC)  # when the last candles close


class DemoCandles(CsvFilesMarketData):
    """Implements MarketData from the packaged files."""

    intervals = (Interval.HOUR_1, Interval.HOUR_4)
    refetch = 0

    def ends_at(self, venue: str, interval: Interval) -> datetime | None:  # noqa: ARG002 - there is one venue
        return END - timedelta(seconds=interval.length.total_seconds())


def build(_config: PluginConfig, context: Context) -> DemoCandles:
    """The packaged files need no options."""
    return DemoCandles(FOLDER, name=context.name)


plugin = Plugin(PluginConfig, build)
