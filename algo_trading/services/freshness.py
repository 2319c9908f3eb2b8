"""Whether decisions are still to be acted on."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from algo_trading.domain.time import Period
from algo_trading.gateways.clock import Clock
from algo_trading.gateways.market_data import Sources
from algo_trading.repositories.watchlists import WatchlistRepository

IsStale = Callable[[str, Period], bool]  # of a watchlist's name and a decided period


def never_stale(_watchlist: str, _period: Period) -> bool:
    """Where decisions are acted on however late."""
    return False


@dataclass(frozen=True)
class StaleAfter:
    """Decisions on candles shorter than a day are acted on for some of their periods after the close, then never.

    `periods` says by watchlist for how many; 0, or no entry: however late. A machine that was off for a night, or a
    backfill, so stores its signals and neither orders nor mails. A source that replays the past has no present to be
    late for: its decisions are always acted on.
    """

    periods: Mapping[str, int]
    watchlists: WatchlistRepository
    sources: Sources
    clock: Clock

    def __call__(self, watchlist: str, period: Period) -> bool:
        """Whether the decisions on a period of a watchlist come too late."""
        most = self.periods.get(watchlist, 0)
        if not most or not period.interval.intraday:
            return False
        if self.clock.now() - period.closed_at <= most * period.interval.length:
            return False
        row = self.watchlists.get(watchlist)
        return self.sources(row.source).ends_at(row.venue, period.interval) is None
