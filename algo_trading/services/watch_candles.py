"""One look at what is watched: what has closed is taken through every step, what has not is scored as it stands."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from algo_trading.calendars import Calendars
from algo_trading.domain.bars import Bars
from algo_trading.domain.instrument import Instrument, Series
from algo_trading.domain.time import Interval, Period
from algo_trading.domain.watchlist import Watchlist
from algo_trading.errors import AlgoTradingError, NotYetAvailableError, ServiceUnavailableError, SourceError
from algo_trading.gateways.clock import Clock
from algo_trading.gateways.market_data import Sources
from algo_trading.gateways.running_candles import RunningSource
from algo_trading.repositories.bars import BarRepository
from algo_trading.repositories.periods import PeriodLog, Stage
from algo_trading.repositories.watchlists import WatchlistRepository
from algo_trading.services.ask_for_approvals import AskForApprovals
from algo_trading.services.deliver import DeliverNotices
from algo_trading.services.dispatch import DispatchSignals
from algo_trading.services.notify import QueueNotices
from algo_trading.services.queue_regular_mails import QueueRegularMails
from algo_trading.services.record_scores import RecordReport, RecordScores
from algo_trading.services.report_outages import ReportOutages
from algo_trading.services.run_range import RunRange


@dataclass(frozen=True)
class WatchReport:
    """How many periods were decided and pairs scored, and a sentence on each failure."""

    decided: int = 0
    scored: int = 0
    errors: tuple[str, ...] = ()


@dataclass(frozen=True)
class WatchCandles:
    """Look once at some watchlists.

    A period that has closed for longer than `wait` and that nobody has decided is processed as the flow of Airflow
    does, everything since the newest decided one included; orders and notices follow. Then the running candle of each
    pair is ranked among the closed ones and the scores are stored; who asked for high ones gets mail at once. Only
    closed candles become history. The owner is told of periods that go on failing (see `ReportOutages`), and regular
    mails go out when they are due.
    """

    watchlists: WatchlistRepository
    periods: PeriodLog
    bars: BarRepository
    work: RunRange
    record: RecordScores
    dispatch: DispatchSignals
    queue: QueueNotices
    deliver: DeliverNotices
    outages: ReportOutages
    ask: AskForApprovals
    regular: QueueRegularMails
    sources: Sources
    calendars: Calendars
    clock: Clock
    wait: timedelta = timedelta(0)

    def __call__(self, names: Sequence[str]) -> WatchReport:
        """Look at the watchlists with these names; a source's failure leaves the others alone.

        Raises:
            ServiceUnavailableError: the database is away.
        """
        errors: list[str] = []
        decided = scored = 0
        wanted = [one for one in self.watchlists.all() if one.name in names]
        for watchlist in wanted:
            decided += self._closed(watchlist, errors)
        told = self.outages() + self.regular()
        if decided:
            self._hand_on(errors)
        if decided or self.ask() + told:
            self._deliver(errors)
        high = 0
        for watchlist in wanted:
            if recorded := self._running(watchlist, errors):
                scored += len(recorded.scores)
                high += recorded.notices
        if high:
            self._deliver(errors)
        return WatchReport(decided, scored, tuple(dict.fromkeys(errors)))

    def _closed(self, watchlist: Watchlist, errors: list[str]) -> int:
        decided = 0
        for period in self._due(watchlist):
            try:
                decided += self.work.catch_up(watchlist, period).decided.periods
            except NotYetAvailableError:
                pass  # maintenance, or it comes with the next look
            except ServiceUnavailableError:
                raise
            except AlgoTradingError as error:
                errors.append(f"{watchlist.name} {period.interval}: {error}")
        return decided

    def _due(self, watchlist: Watchlist) -> Iterator[Period]:
        for interval in watchlist.all_intervals:
            period = self.calendars(watchlist.venue).newest_closed(interval, self.clock.now() - self.wait)
            if not self.periods.reached(watchlist.name, interval, period.opened_at, Stage.DECIDED):
                yield period

    def _hand_on(self, errors: list[str]) -> None:
        """Orders and notices of what was decided; what fails here is tried again after the next decision."""
        for step in (self.dispatch, self.queue):
            try:
                step()
            except ServiceUnavailableError:
                raise
            except AlgoTradingError as error:
                errors.append(str(error))

    def _deliver(self, errors: list[str]) -> None:
        delivered = self.deliver()
        if delivered.error:
            errors.append(delivered.error)

    def _running(self, watchlist: Watchlist, errors: list[str]) -> RecordReport | None:
        source = self.sources(watchlist.source)
        timeframes = _timeframes(watchlist)
        since = self._newest(timeframes)
        if not since or not isinstance(source, RunningSource):
            return None
        try:
            answer = source.running(since)
        except SourceError as error:
            errors.append(f"{watchlist.name}: {error}")
            return None
        errors += [f"{watchlist.name} {series}: {error}" for series, error in answer.errors.items()]
        running: Mapping[Instrument, Bars] = {series.instrument: bars for series, bars in answer.bars.items()}
        pairs = [(instrument, timeframes[instrument]) for instrument in running]
        return self.record(pairs, answer.at, running)

    def _newest(self, timeframes: Mapping[Instrument, Sequence[Interval]]) -> dict[Series, datetime]:
        """Of each pair the shortest timeframe, of which something is stored, and when its newest candle opened."""
        shortest = [Series(instrument, intervals[0]) for instrument, intervals in timeframes.items()]
        newest = self.bars.newest_before(shortest, self.clock.now())
        return {one: newest[one] for one in shortest if one in newest}


def _timeframes(watchlist: Watchlist) -> dict[Instrument, list[Interval]]:
    """What is watched of each pair, from short to long."""
    found = defaultdict[Instrument, list[Interval]](list)
    for series in sorted(watchlist.all_series, key=lambda one: (one.instrument, one.interval.order)):
        found[series.instrument].append(series.interval)
    return dict(found)
