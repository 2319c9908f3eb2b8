"""Everything on this machine, up and down: what `make run` and `make stop` do."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date

from rich.console import Console

from algo_trading.bootstrap import App, bootstrap, embedded_postgres
from algo_trading.calendars import market_calendar
from algo_trading.domain.instrument import Interval
from algo_trading.errors import AlgoTradingError
from algo_trading.launcher.airflow import METADATA_DATABASE, Airflow
from algo_trading.launcher.board import shown_on
from algo_trading.launcher.sessions import SessionRuns
from algo_trading.launcher.text_runs import TextRuns
from algo_trading.repositories.signals import Stage
from algo_trading.services.load_history import LoadHistory
from algo_trading.services.open_accounts import OpenAccounts
from algo_trading.services.run_session import RunSession
from algo_trading.settings import Settings

SESSIONS_IN_AIRFLOW = 5
SECONDS_FOR_SESSIONS = 600.0
SECONDS_FOR_TEXT = 300.0

Say = Callable[[str], None]
Track = Callable[[str, int, int], None]  # hears what is being done, how much of it is done and out of how much


@dataclass(frozen=True)
class Plan:
    """What `make run` works through: bars up to `history` in bulk, `catch_up` in process, `backfill` in Airflow."""

    history: date
    catch_up: Sequence[date]
    backfill: Sequence[date]


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
        airflow.start(say)
        yield application, airflow


def plan(application: App) -> Plan:
    """What is left to do, from the newest closed session that the source covers backwards."""
    venue = application.settings.venue
    calendar = market_calendar(venue)
    newest = calendar.newest_closed(application.clock.now()).date
    covered = application.market_data.newest_session(venue)
    newest = newest if covered is None else min(newest, covered)
    backfill = [session.date for session in calendar.sessions(calendar.back(newest, SESSIONS_IN_AIRFLOW - 1), newest)]
    application.make(OpenAccounts)(backfill[0])
    account = application.accounts.get(application.settings.account.name)
    before = calendar.previous(backfill[0]).date
    since = [session.date for session in calendar.sessions(account.start, before)]
    catch_up = [day for day in since if not application.sessions.reached(venue, day, Stage.DECIDED)]
    return Plan(calendar.previous(account.start).date, catch_up, backfill)


def work_through(application: App, airflow: Airflow, wanted: Plan, track: Track, console: Console) -> None:
    """Load, catch up and backfill; what is done already is skipped.

    Raises:
        AlgoTradingError: a step failed; running again goes on there.
    """
    calendar = market_calendar(application.settings.venue)
    first_run = calendar.next(wanted.history).date
    stored = application.bars.newest_before(application.instruments, Interval.DAY, first_run)
    new = [instrument for instrument in application.instruments if instrument not in stored]
    if new:
        beginning: date = calendar.dates[0].item()
        application.make(LoadHistory)(
            beginning, wanted.history, new, lambda done: track("loading history", done, len(new))
        )
    run = application.make(RunSession)
    for done, session in enumerate(wanted.catch_up, start=1):
        report = run(session)
        track(f"catching up in process, {session}", done, len(wanted.catch_up))
        if report.delivered.error:
            raise AlgoTradingError(report.delivered.error)
    airflow.wait_until_ready(lambda sentence: track(sentence, 1, 1))
    kinds = sorted({feed.kind for feed in application.feeds})
    TextRuns(airflow.api, airflow.home.task_logs).work_through(kinds, track, SECONDS_FOR_TEXT)
    runs = SessionRuns(airflow.api, airflow.home.task_logs)
    with shown_on(console) as show:
        runs.work_through(wanted.backfill, show, SECONDS_FOR_SESSIONS)


def stop(settings: Settings, say: Say) -> bool:
    """End Airflow and the embedded server; returns whether anything ran."""
    airflow = airflow_of(settings).stop()
    if airflow:
        say("Airflow is stopped")
    postgres = embedded_postgres(settings).stop()
    if postgres:
        say("PostgreSQL is stopped")
    return airflow or postgres
