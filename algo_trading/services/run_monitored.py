"""Periods of timeframes that people monitor beside the configured intervals."""

from collections.abc import Iterator
from dataclasses import dataclass

from algo_trading.calendars import Calendars
from algo_trading.domain.time import Period
from algo_trading.domain.watchlist import Watchlist
from algo_trading.errors import AlgoTradingError, NotYetAvailableError
from algo_trading.gateways.clock import Clock
from algo_trading.repositories.periods import PeriodLog, Stage
from algo_trading.repositories.watchlists import WatchlistRepository
from algo_trading.services.run_range import RunRange


@dataclass(frozen=True)
class MonitoredReport:
    """A period that was processed: rows stored, or why it was not."""

    watchlist: str
    interval: str
    period: str
    stored: int = 0
    error: str = ""


@dataclass(frozen=True)
class RunMonitored:
    """Work through what has closed of each such timeframe and is not decided yet."""

    watchlists: WatchlistRepository
    periods: PeriodLog
    work: RunRange
    calendars: Calendars
    clock: Clock

    def __call__(self) -> list[MonitoredReport]:
        """Process what is due; one timeframe's failure leaves the others alone.

        Raises:
            AlgoTradingError: a timeframe failed, after all had their turn. What is merely late is not a failure.
        """
        reports: list[MonitoredReport] = []
        failed: list[AlgoTradingError] = []
        for watchlist, period in self._due():
            name, interval = watchlist.name, str(period.interval)
            try:
                report = self.work.catch_up(watchlist, period)
            except AlgoTradingError as error:
                reports.append(MonitoredReport(name, interval, period.key, error=str(error)))
                if not isinstance(error, NotYetAvailableError):
                    failed.append(error)
            else:
                reports.append(MonitoredReport(name, interval, period.key, report.ingested.stored))
        if failed:
            raise failed[0]
        return reports

    def _due(self) -> Iterator[tuple[Watchlist, Period]]:
        for watchlist in self.watchlists.all():
            for interval in watchlist.all_intervals:
                if interval in watchlist.intervals:
                    continue
                period = self.calendars(watchlist.venue).newest_closed(interval, self.clock.now())
                if not self.periods.reached(watchlist.name, interval, period.opened_at, Stage.DECIDED):
                    yield watchlist, period
