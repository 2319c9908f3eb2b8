"""The owner is told when something that should go on does not, and when it does again."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from algo_trading.calendars import Calendars
from algo_trading.domain.notice import Content, NoticeKind
from algo_trading.domain.outage import Outage
from algo_trading.domain.signal import StrategyId
from algo_trading.domain.strategy_failure import StrategyOutage
from algo_trading.domain.time import DAY, Interval
from algo_trading.domain.watchlist import Watchlist
from algo_trading.gateways.clock import Clock
from algo_trading.gateways.market_data import Sources
from algo_trading.repositories.notices import NoticeQueue
from algo_trading.repositories.periods import PeriodLog, Stage
from algo_trading.repositories.strategy_failures import StrategyFailureRepository
from algo_trading.repositories.watchlists import WatchlistRepository

LATE = timedelta(hours=4)  # after the close of a day or longer: the source, symbols that are late, and every retry
QUIET = DAY  # of a strategy that fails now and then the owner is told once in this time


@dataclass(frozen=True)
class ReportOutages:
    """Looks at the periods of watchlists whose source goes on, and at strategies that raise errors.

    A period shorter than a day has failed when the one after it has closed, too, and it is not decided; a longer one is
    late some hours after its close. `after` says by watchlist how many of the short ones must fail in a row for a
    notice (0, or no entry: there is none of either). An outage is named by the newest decided period before it, that of
    a strategy by the first period in which it failed: it is told once, and its end once, whoever looks and how often.
    """

    watchlists: WatchlistRepository
    periods: PeriodLog
    failures: StrategyFailureRepository
    queue: NoticeQueue
    sources: Sources
    calendars: Calendars
    clock: Clock
    recipients: Callable[[], Sequence[str]]
    after: Mapping[str, int]

    def __call__(self) -> int:
        """Queue what is due; returns how many notices are new."""
        return self._periods() + self._strategies()

    def _periods(self) -> int:
        known = {Outage.parse(key) for key in self.queue.keys(NoticeKind.OUTAGE)}
        new = 0
        for outage, failed in self._now():
            open_ones = _open(known, outage.subject)
            if failed >= self._enough(outage) and not open_ones:
                new += self._tell(NoticeKind.OUTAGE, outage)
            elif not failed:
                new += sum(self._tell(NoticeKind.OUTAGE, one.ended) for one in open_ones)
        return new

    def _strategies(self) -> int:
        known = {StrategyOutage.parse(key) for key in self.queue.keys(NoticeKind.STRATEGY)}
        failing: dict[StrategyId, StrategyOutage] = {}
        for one in self.failures.open():
            first = failing.get(one.strategy)
            if first is None or one.since < first.since:
                failing[one.strategy] = StrategyOutage(one.strategy, one.since)
        new = 0
        for subject, outage in failing.items():
            told_lately = any(one.subject == subject and outage.since - one.since < QUIET for one in known)
            if not told_lately:
                new += self._tell(NoticeKind.STRATEGY, outage)
        ended = [one for one in known if one.subject not in failing and not one.over and one.ended not in known]
        return new + sum(self._tell(NoticeKind.STRATEGY, one.ended) for one in ended)

    def _enough(self, outage: Outage) -> int:
        return self.after[outage.watchlist] if outage.interval.intraday else 1

    def _now(self) -> Iterator[tuple[Outage, int]]:
        """Of each clock the outage that there is, or would be, and how many periods have failed."""
        for watchlist in self.watchlists.all():
            for interval in watchlist.intervals if self.after.get(watchlist.name) else ():
                newest = self.periods.newest(watchlist.name, interval, Stage.DECIDED)
                if newest is None or not self._goes_on(watchlist, interval):
                    continue
                calendar = self.calendars(watchlist.venue)
                allowed = interval.length if interval.intraday else LATE
                last = calendar.newest_closed(interval, self.clock.now() - allowed).opened_at
                failed = calendar.periods(interval, calendar.next(interval, newest).opened_at, last)
                yield Outage(watchlist.name, interval, newest), len(failed)

    def _goes_on(self, watchlist: Watchlist, interval: Interval) -> bool:
        return self.sources(watchlist.source).ends_at(watchlist.venue, interval) is None

    def _tell(self, kind: NoticeKind, outage: Outage | StrategyOutage) -> int:
        return self.queue.tell(Content(kind, outage.key, self.clock.now()), self.recipients())


def _open(known: Collection[Outage], subject: tuple[str, Interval]) -> list[Outage]:
    """Those of a subject that were told and whose end was not."""
    return [one for one in known if one.subject == subject and not one.over and one.ended not in known]
