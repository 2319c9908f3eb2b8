"""The clocks of the flow: each interval of each configured watchlist has its own DAGs, assets and schedule.

Which watchlists there are stands in the configuration, whose changes Airflow sees when it parses the DAG files again.
What they watch are rows that a task reads when it runs.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from zlib import crc32

from airflow.sdk import Asset

from algo_airflow.timetable import DELAY, PeriodTimetable
from algo_trading.domain.time import Interval
from algo_trading.domain.venue import AssetClass, venue_of
from algo_trading.launcher.dag_ids import DagIds, clock_name, dag_ids
from algo_trading.plugins import Context, load_plugin
from algo_trading.settings import Settings, WatchlistSettings, load_settings

SETTINGS: Settings = load_settings()
SHORTEST_IN_AIRFLOW = Interval.MINUTE_5  # a run costs seconds; what is shorter is the stream's work
# After the close, so that exchanges have the candle; watchlists start one after the other within these seconds.
INTRADAY_DELAY, STAGGERED = timedelta(seconds=2), 10
SIGNALS = Asset("signals", uri="algo-trading://signals", group="decisions")  # of every watchlist


@dataclass(frozen=True)
class WatchlistClock:
    """One interval of one watchlist."""

    watchlist: WatchlistSettings
    interval: Interval

    @property
    def name(self) -> str:
        """E.g. `us_stocks_1d`."""
        return clock_name(self.watchlist.name, self.interval)

    @property
    def ids(self) -> DagIds:
        """The ids of its DAGs."""
        return dag_ids(self.watchlist.name, self.interval)

    @cached_property
    def bars(self) -> Asset:
        """Published for each period: the partition key of its events is the period's key."""
        return self._asset("bars", "market data")

    @cached_property
    def indicators(self) -> Asset:
        """As `bars`."""
        return self._asset("indicators", "market data")

    @property
    def shards(self) -> int:
        """Into how many portions, one task each, the series are divided."""
        return -(-len(self.watchlist.symbols) // SETTINGS.shard_size)

    def ends_at(self) -> datetime | None:
        """When the newest period opened that the source can ever serve, None if it goes on with the calendar."""
        name = self.watchlist.source
        plugin = load_plugin("algo_trading.sources", name)
        source = plugin.build(plugin.config_type(**SETTINGS.sources.get(name, {})), Context(name, SETTINGS.home))
        ends_at: datetime | None = source.ends_at(self.watchlist.venue, self.interval)
        return ends_at

    def timetable(self) -> PeriodTimetable:
        """After each period, as long as the source goes on."""
        later = timedelta(seconds=crc32(self.name.encode()) % STAGGERED)
        delay = INTRADAY_DELAY + later if self.interval.intraday else DELAY
        return PeriodTimetable(self.watchlist.venue, self.interval, delay=delay, until=self.ends_at())

    def days(self) -> PeriodTimetable:
        """Days of an intraday interval, for backfills alone."""
        return PeriodTimetable(self.watchlist.venue, Interval.DAY, until=self.ends_at(), scheduled=False)

    def _asset(self, what: str, group: str) -> Asset:
        return Asset(f"{what}_{self.name}", uri=f"algo-trading://{what}/{self.name}", group=group)


def any_goes_on() -> bool:
    """Whether the source of any configured watchlist goes on with the calendar."""
    return any(WatchlistClock(one, one.intervals[0]).ends_at() is None for one in SETTINGS.watchlists)


def scored_every() -> str:
    """When pairs are scored: the watch loop does so every minute, and only where it does is an hour enough."""
    unwatched = any(
        venue_of(one.venue).asset_class is AssetClass.CRYPTO
        and not one.watch
        and any(interval.intraday for interval in one.intervals)
        and WatchlistClock(one, one.intervals[0]).ends_at() is None
        for one in SETTINGS.watchlists
    )
    return "*/5 * * * *" if unwatched else "@hourly"


def clocks(*, intraday: bool) -> list[WatchlistClock]:
    """Those of the configuration whose bars are shorter than a day, or the others."""
    return [
        WatchlistClock(watchlist, interval)
        for watchlist in SETTINGS.watchlists
        for interval in watchlist.intervals
        if interval.intraday is intraday and interval.order >= SHORTEST_IN_AIRFLOW.order
    ]
