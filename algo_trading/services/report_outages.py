"""The owner is told when the candles of a watchlist are no longer processed, and when they are again."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from algo_trading.calendars import Calendars
from algo_trading.domain.notice import Content, NoticeKind
from algo_trading.domain.outage import Outage
from algo_trading.domain.time import Interval
from algo_trading.domain.watchlist import Watchlist
from algo_trading.gateways.clock import Clock
from algo_trading.gateways.market_data import Sources
from algo_trading.repositories.notices import NoticeQueue
from algo_trading.repositories.periods import PeriodLog, Stage
from algo_trading.repositories.watchlists import WatchlistRepository


@dataclass(frozen=True)
class ReportOutages:
    """Looks at the candles shorter than a day of watchlists whose source goes on.

    A period has failed when the one after it has closed, too, and it is not decided. `after` says by watchlist how many
    must fail in a row for a notice (0, or no entry: there is none). An outage is named by the newest decided period
    before it, so it is told once, and its end once, whoever looks and how often.
    """

    watchlists: WatchlistRepository
    periods: PeriodLog
    queue: NoticeQueue
    sources: Sources
    calendars: Calendars
    clock: Clock
    recipients: Callable[[], Sequence[str]]
    after: Mapping[str, int]

    def __call__(self) -> int:
        """Queue what is due; returns how many notices are new."""
        known = {Outage.parse(key) for key in self.queue.keys(NoticeKind.OUTAGE)}
        begun = {one for one in known if not one.over}
        new = 0
        for outage, failed in self._now():
            open_ones = [one for one in begun if one.series == outage.series and one.ended not in known]
            if failed >= self.after[outage.watchlist] and not open_ones:
                new += self._tell(outage)
            elif not failed:
                new += sum(map(self._tell, (one.ended for one in open_ones)))
        return new

    def _now(self) -> Iterator[tuple[Outage, int]]:
        """Of each clock the outage that there is, or would be, and how many periods have failed."""
        for watchlist in self.watchlists.all():
            for interval in watchlist.intervals if self.after.get(watchlist.name) else ():
                newest = self.periods.newest(watchlist.name, interval, Stage.DECIDED)
                if newest is None or not self._goes_on(watchlist, interval):
                    continue
                calendar = self.calendars(watchlist.venue)
                last = calendar.newest_closed(interval, self.clock.now() - interval.length).opened_at
                failed = calendar.periods(interval, calendar.next(interval, newest).opened_at, last)
                yield Outage(watchlist.name, interval, newest), len(failed)

    def _goes_on(self, watchlist: Watchlist, interval: Interval) -> bool:
        return interval.intraday and self.sources(watchlist.source).ends_at(watchlist.venue, interval) is None

    def _tell(self, outage: Outage) -> int:
        content = Content(NoticeKind.OUTAGE, outage.key, self.clock.now())
        return self.queue.tell(content, self.recipients())
