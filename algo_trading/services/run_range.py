"""Many periods of a watchlist in one go: all that were missed, or a day of history."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from algo_trading.calendars import Calendars
from algo_trading.domain.time import Period
from algo_trading.domain.watchlist import Watchlist
from algo_trading.errors import ConfigError
from algo_trading.repositories.periods import Stage
from algo_trading.services.ingest import IngestReport
from algo_trading.services.run_period import DecidedReport, PeriodSteps


@dataclass(frozen=True)
class RangeReport:
    """What became of the bars of a range of periods, and what was decided on them."""

    ingested: IngestReport
    decided: DecidedReport


@dataclass(frozen=True)
class RunRange:
    """Take every step of a range of periods, from their bars to their signals, date by date.

    What a killed run has decided stays decided, and running a range again changes nothing but what the source has
    revised.
    """

    steps: PeriodSteps
    calendars: Calendars

    def catch_up(self, watchlist: Watchlist, period: Period) -> RangeReport:
        """Work through `period` and every one before it that came after the newest decided one.

        Errors are those of `IngestBars`.
        """
        ingested = self.steps.ingest(watchlist, period, watchlist.series(period.interval))
        return RangeReport(ingested, self._decide(watchlist, self._due(watchlist, period)))

    def missed(self, watchlist: Watchlist, period: Period) -> DecidedReport:
        """Decide on every period before `period` that came after the newest decided one; `period` itself is left.

        Their bars came with those of `period`.
        """
        return self._decide(watchlist, [one for one in self._due(watchlist, period) if one != period])

    def backfill(self, watchlist: Watchlist, periods: Sequence[Period]) -> RangeReport:
        """Work through consecutive periods, whose bars are asked for whether stored or not.

        Raises:
            ConfigError: there is no period.
            NothingGoodError: not one good bar came.
            SourceError: as those of `IngestBars.history`.
        """
        if not periods:
            raise ConfigError("there is no closed period in this range")
        first, last = periods[0], periods[-1]
        source, series = self.steps.sources(watchlist.source), watchlist.series(first.interval)
        ingested = self.steps.ingest_bars.history(source, first.opened_at, last.opened_at, series)
        return RangeReport(ingested, self._decide(watchlist, periods))

    def _due(self, watchlist: Watchlist, period: Period) -> Sequence[Period]:
        newest = self.steps.periods.newest(watchlist.name, period.interval, Stage.DECIDED)
        if newest is None or newest >= period.opened_at:
            return [period]
        calendar = self.calendars(watchlist.venue)
        return calendar.periods(period.interval, calendar.next(period.interval, newest).opened_at, period.opened_at)

    def _decide(self, watchlist: Watchlist, periods: Sequence[Period]) -> DecidedReport:
        dates = (list(group) for _, group in groupby(periods, key=lambda period: period.date))
        return sum((self.steps.together(watchlist, date) for date in dates), DecidedReport())
