"""Everything on this machine, up and down: what `make run` and `make stop` do."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from rich.console import Console

from algo_trading.bootstrap import App, bootstrap, embedded_postgres
from algo_trading.calendars import TradingCalendar
from algo_trading.domain.time import Interval, Period, midnight
from algo_trading.domain.watchlist import Watchlist
from algo_trading.errors import AlgoTradingError
from algo_trading.launcher.airflow import METADATA_DATABASE, Airflow
from algo_trading.launcher.airflow_config import checkout_folder
from algo_trading.launcher.beside import PRACTICE, wait_for_practice
from algo_trading.launcher.dag_ids import chain, every_dag
from algo_trading.launcher.period_runs import PeriodRuns
from algo_trading.launcher.progress import shown_on
from algo_trading.launcher.text_runs import TextRuns
from algo_trading.repositories.periods import Stage
from algo_trading.settings import Settings
from algo_trading.settings.references import strategy_entries

DAILY_IN_AIRFLOW, INTRADAY_IN_AIRFLOW = 5, 2  # periods, of each watchlist's interval
LIVE_PERIODS = 1  # of a live watchlist's longest interval, before the first start: its accounts begin there
SECONDS_FOR_PERIODS = 600.0
SECONDS_FOR_TEXT = 300.0

Say = Callable[[str], None]
Track = Callable[[str, int, int], None]  # what is being done, how much of it is done and out of how much


@dataclass(frozen=True)
class ClockPlan:
    """What `make run` does for one interval of a watchlist.

    Bars that opened up to `history` are loaded in bulk, the periods `catch_up` are processed in this process, and
    `backfill` in Airflow. Where `live`, candles close day and night while the program runs: Airflow has a schedule for
    them, so that the catch-up is one range up to now.
    """

    watchlist: Watchlist
    interval: Interval
    history: datetime
    catch_up: Sequence[Period]
    backfill: Sequence[Period]
    live: bool = False

    @property
    def name(self) -> str:
        """For people: `us_stocks 1d`."""
        return f"{self.watchlist.name} {self.interval}"


def airflow_of(settings: Settings) -> Airflow:
    """Airflow of the configured home, running or not; its own database is always in the embedded server."""
    server = embedded_postgres(settings)
    market = settings.database_url.get_secret_value() or server.url()
    return Airflow(settings, market, server.url(METADATA_DATABASE))


@contextmanager
def started(settings: Settings, say: Say) -> Iterator[tuple[App, Airflow]]:
    """The services, and Airflow on its way up: it is left running, whatever happens in the block."""
    say("starting PostgreSQL")
    embedded_postgres(settings).start(METADATA_DATABASE)
    airflow = airflow_of(settings)
    with bootstrap(settings) as application:
        application.apply_config().seed(_beginning(application))
        airflow.start(say)
        yield application, airflow


def plan(application: App) -> list[ClockPlan]:
    """What is left to do for each interval of each watchlist, from the newest period backwards."""
    return [
        _clock_plan(application, watchlist, interval)
        for watchlist in application.watchlists.all()
        for interval in watchlist.intervals
    ]


def work_through(
    application: App, airflow: Airflow, wanted: Sequence[ClockPlan], track: Track, console: Console
) -> None:
    """Load, catch up and backfill; what is done already is skipped.

    Raises:
        AlgoTradingError: a step failed; running again goes on there.
    """
    for one in wanted:
        if one.watchlist.source == PRACTICE:
            wait_for_practice(application.settings)
        _load(application, one, track)
    _catch_up(application, [one for one in wanted if not one.live], track)
    _catch_up_live(application, [one for one in wanted if one.live], track)
    dags = every_dag(checkout_folder() / "dags", ((one.watchlist.name, one.interval) for one in wanted))
    airflow.wait_until_ready(dags, lambda sentence: track(sentence, 1, 1))
    kinds = sorted({feed.kind for feed in application.feeds})
    TextRuns(airflow.api, airflow.config.task_logs).process(kinds, track, SECONDS_FOR_TEXT)
    for one in wanted:
        runs = PeriodRuns(airflow.api, airflow.config.task_logs, chain(one.watchlist.name, one.interval))
        with shown_on(console) as show:
            runs.process(one.backfill, show, SECONDS_FOR_PERIODS)


def stop(settings: Settings, say: Say) -> bool:
    """End Airflow and the embedded server; returns whether anything ran."""
    airflow = airflow_of(settings).stop()
    if airflow:
        say("Airflow is stopped")
    postgres = embedded_postgres(settings).stop()
    if postgres:
        say("PostgreSQL is stopped")
    return airflow or postgres


def _clock_plan(application: App, watchlist: Watchlist, interval: Interval) -> ClockPlan:
    calendar = application.calendars(watchlist.venue)
    if _is_live(application, calendar, watchlist):
        return _live_plan(application, calendar, watchlist, interval)
    count = INTRADAY_IN_AIRFLOW if interval.intraday else DAILY_IN_AIRFLOW
    newest = _newest(application, calendar, watchlist, interval)
    first = calendar.back(interval, newest.opened_at, count - 1)
    backfill = calendar.periods(interval, first, newest.opened_at)
    start = calendar.first_from(interval, min(_start(application, watchlist, interval, first), first)).opened_at
    before = calendar.previous(interval, first).opened_at
    catch_up = [
        period
        for period in calendar.periods(interval, start, before)
        if not application.periods.reached(watchlist.name, interval, period.opened_at, Stage.DECIDED)
    ]
    return ClockPlan(watchlist, interval, calendar.previous(interval, start).opened_at, catch_up, backfill)


def _is_live(application: App, calendar: TradingCalendar, watchlist: Watchlist) -> bool:
    """Whether its candles close day and night, now."""
    ends_at = application.source(watchlist.source).ends_at(watchlist.venue, watchlist.intervals[0])
    return calendar.continuous and ends_at is None


def _live_plan(application: App, calendar: TradingCalendar, watchlist: Watchlist, interval: Interval) -> ClockPlan:
    """The newest period of the shortest interval goes through Airflow, everything before it through this process."""
    newest = calendar.newest_closed(interval, application.clock.now())
    decided = application.periods.newest(watchlist.name, interval, Stage.DECIDED)
    if decided is None:
        start = calendar.first_from(interval, _start(application, watchlist, interval, newest.opened_at)).opened_at
    else:
        start = calendar.next(interval, decided).opened_at
    due = calendar.periods(interval, start, newest.opened_at)
    shortest = min(watchlist.intervals, key=lambda one: one.order)
    shown = interval is shortest and interval.order >= Interval.MINUTE_5.order
    backfill = due[-1:] if shown else []
    before = calendar.previous(interval, min(start, newest.opened_at)).opened_at
    return ClockPlan(watchlist, interval, before, due[: len(due) - len(backfill)], backfill, live=True)


def _newest(application: App, calendar: TradingCalendar, watchlist: Watchlist, interval: Interval) -> Period:
    """The newest period that has closed and that the source covers."""
    newest = calendar.newest_closed(interval, application.clock.now())
    ends_at = application.source(watchlist.source).ends_at(watchlist.venue, interval)
    return newest if ends_at is None or newest.opened_at <= ends_at else calendar.period(interval, ends_at)


def _start(application: App, watchlist: Watchlist, interval: Interval, first: datetime) -> datetime:
    """When the first account begins that trades such a series; `first` if none does."""
    traded_by = {
        one.account
        for one in application.assignments.all()
        if one.watchlist == watchlist.name and one.series.interval is interval
    }
    return min((application.accounts.state(name).account.start for name in traded_by), default=first)


def _beginning(application: App) -> datetime:
    """When accounts begin whose start is not configured: some of the longest periods of what they trade ago."""
    newest = []
    settings = application.settings
    entries = strategy_entries(settings)
    trading = {entry.watchlist.name for entry in entries if entry.account.start is None}
    for entry in (one for one in settings.watchlists if one.name in trading or not trading):
        watchlist = Watchlist(entry.name, entry.venue, entry.source, entry.intervals, entry.symbols)
        calendar = application.calendars(entry.venue)
        interval = entry.intervals[-1]
        opened_at = _newest(application, calendar, watchlist, interval).opened_at
        count = LIVE_PERIODS if _is_live(application, calendar, watchlist) else DAILY_IN_AIRFLOW
        newest.append(calendar.back(interval, opened_at, count - 1))
    return min(newest, default=application.clock.now())


def _load(application: App, one: ClockPlan, track: Track) -> None:
    calendar = application.calendars(one.watchlist.venue)
    series = one.watchlist.series(one.interval)
    stored = application.bars.newest_before(series, calendar.next(one.interval, one.history).opened_at)
    new = [missing for missing in series if missing not in stored]
    if new:
        what = f"loading the history of {one.name}"
        source, beginning = application.source(one.watchlist.source), midnight(calendar.first)
        application.load_history()(source, beginning, one.history, new, lambda done: track(what, done, len(new)))


def _catch_up_live(application: App, wanted: Sequence[ClockPlan], track: Track) -> None:
    """Range by range; then accounts and mails, once for all."""
    due = [one for one in wanted if one.catch_up]
    for done, one in enumerate(due, start=1):
        application.run_range().backfill(one.watchlist, one.catch_up)
        track(f"catching up in process, {one.name}", done, len(due))
    if due:
        application.dispatch_signals()()
        application.queue_notices()()
        delivered = application.deliver_notices()()
        if delivered.error:
            raise AlgoTradingError(delivered.error)


def _catch_up(application: App, wanted: Sequence[ClockPlan], track: Track) -> None:
    """In the order of time, over all watchlists."""
    due = sorted(
        ((period, one) for one in wanted for period in one.catch_up),
        key=lambda pair: (pair[0].closed_at, pair[1].interval.order),
    )
    run = application.run_period()
    for done, (period, one) in enumerate(due, start=1):
        report = run(one.watchlist, period)
        track(f"catching up in process, {one.name} {period}", done, len(due))
        if report.delivered.error:
            raise AlgoTradingError(report.delivered.error)
