"""How a task reaches the services: the application over the connection `algo_trading`, and the run's period.

Everything heavy is imported inside the functions; DAG files import this module when they are parsed.
"""

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields, is_dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

from airflow.sdk import get_current_context

from algo_trading.errors import AlgoTradingError, ConfigError

if TYPE_CHECKING:
    from datetime import datetime

    from airflow.sdk import Asset

    from algo_airflow.clocks import WatchlistClock
    from algo_trading.bootstrap import App
    from algo_trading.domain.instrument import Series
    from algo_trading.domain.time import Interval, Period
    from algo_trading.domain.watchlist import Watchlist

CONNECTION = "algo_trading"
MOST_ITEMS = 20  # of a list or mapping that goes into an XCom; the whole is in the database
Reports = Any  # the reports of a mapped task's shards, list[Report]; for mypy a task hands on an XComArg
Report = Any  # JSON; a task annotated with dict would push every key as an XCom of its own


@dataclass(frozen=True)
class Shard:
    """A portion of a watchlist's series, as the rows are now."""

    watchlist: "Watchlist"
    series: "Sequence[Series]"


@contextmanager
def application() -> "Iterator[App]":
    """The services over the market database that Airflow's connection names.

    Raises:
        ConfigError: there is no such connection, or it names no database of PostgreSQL.
        ServiceUnavailableError: the database does not answer.
    """
    from airflow.providers.postgres.hooks.postgres import PostgresHook
    from airflow.sdk.exceptions import AirflowNotFoundException

    from algo_trading.bootstrap import bootstrap

    try:
        url = PostgresHook(CONNECTION).get_uri()
    except AirflowNotFoundException as error:
        raise ConfigError(f"Airflow has no connection `{CONNECTION}`: make one to the market database") from error
    with bootstrap(url=url, setting=f"Airflow's connection `{CONNECTION}`") as app:
        if not app.watchlists.all():  # the first start
            app.apply_config().seed()
        yield app


def run_period(app: "App", clock: "WatchlistClock") -> "Period":
    """The period a run works on: its partition key, else the newest one that has closed and that the source covers.

    Which run it is is recorded: the notice about a period that is late or has failed links to it.

    Raises:
        ConfigError: the run has a logical date instead of a key.
    """
    from algo_trading.repositories.periods import FlowRun

    key, run = _run_key(clock), get_current_context()["dag_run"]
    period = _period(clock, key) if key else newest_period(app, clock)
    app.periods.worked_on(clock.watchlist.name, clock.interval, period.opened_at, FlowRun(run.dag_id, str(run.run_id)))
    return period


def is_scheduled() -> bool:
    """Whether the timetable started the run, not a person or a backfill."""
    return str(get_current_context()["dag_run"].run_type) == "scheduled"


def newest_period(app: "App", clock: "WatchlistClock", moment: "datetime | None" = None) -> "Period":
    """The newest period that has closed, or had at `moment`, and that the source covers."""
    from algo_trading.calendars import trading_calendar

    calendar = trading_calendar(clock.watchlist.venue)
    closed = calendar.newest_closed(clock.interval, moment or app.clock.now())
    ends_at = clock.ends_at()
    return closed if ends_at is None or closed.opened_at <= ends_at else calendar.period(clock.interval, ends_at)


def periods_of_day(app: "App", clock: "WatchlistClock") -> "Sequence[Period]":
    """The closed periods of the day that is the run's partition key, else of the newest period's day.

    Raises:
        AlgoTradingError: the key is not that of a day of the venue, or none of its periods has closed yet.
        ConfigError: the run has a logical date instead of a key.
    """
    from algo_trading.calendars import trading_calendar
    from algo_trading.domain.time import Interval

    calendar = trading_calendar(clock.watchlist.venue)
    key = _run_key(clock, Interval.DAY)
    day = calendar.parse(Interval.DAY, key or str(newest_period(app, clock).date))
    found = calendar.periods(clock.interval, day.starts_at, day.closed_at)
    closed = [period for period in found if period.starts_at < day.closed_at and period.closed_at <= app.clock.now()]
    if not closed:
        raise AlgoTradingError(f"no {clock.interval} period of {day} has closed yet")
    return closed


def shard(app: "App", clock: "WatchlistClock", index: int | None = None) -> Shard:
    """The series of one shard of a watchlist, as many as there are rows now; all of them without an index."""
    watchlist = app.watchlists.get(clock.watchlist.name)
    series = watchlist.series(clock.interval)
    return Shard(watchlist, series if index is None else series[index :: clock.shards])


def to_xcom(report: object, period: "Period | None" = None) -> Report:
    """A service's report, on a period where it is about one, logged, as the small JSON that the task returns."""
    plain = _plain(report)
    plain = plain if isinstance(plain, dict) else {"result": plain}
    if period is not None:
        plain = {"period": period.key, **plain}
    logging.getLogger("algo_trading").info("%s", plain)
    return plain


def one_period(clock: "WatchlistClock", reports: Sequence[Report]) -> "Period":
    """The period that every shard worked on.

    Raises:
        AlgoTradingError: they differ, as they can in a run without a key that was started while a period closed.
    """
    periods = {report["period"] for report in reports}
    if len(periods) != 1:
        raise AlgoTradingError(
            f"the shards worked on different periods ({', '.join(sorted(periods))}); start the run again with a key"
        )
    return _period(clock, periods.pop())


def publish_event(asset: "Asset", period: "Period", **details: Report) -> None:
    """Publish the period's partition of `asset`, with what a reader of the event wants to know."""
    context = get_current_context()
    event = context["outlet_events"][asset]
    event.extra = {"period": period.key, **details}
    if not context["dag_run"].partition_key:  # else the event gets the run's key by itself
        event.add_partitions(period.key)


def publish_keys(asset: "Asset", keys: Iterable[str]) -> None:
    """Publish partitions of `asset` from a run that has no period of its own."""
    for key in sorted(keys):
        get_current_context()["outlet_events"][asset].add_partitions(key)


def _run_key(clock: "WatchlistClock", interval: "Interval | None" = None) -> str | None:
    """The run's partition key; a run of another logical date would take another period than it seems to."""
    from algo_airflow.timetable import is_present, refused_date

    run = get_current_context()["dag_run"]
    if run.logical_date and not run.partition_key and not is_present(run.logical_date):
        from algo_trading.calendars import trading_calendar

        calendar = trading_calendar(clock.watchlist.venue)
        raise ConfigError(refused_date(calendar, interval or clock.interval, run.logical_date))
    key: str | None = run.partition_key
    return key


def _period(clock: "WatchlistClock", key: str) -> "Period":
    from algo_trading.calendars import trading_calendar

    return trading_calendar(clock.watchlist.venue).parse(clock.interval, key)


def _plain(value: object) -> Report:
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in islice(value.items(), MOST_ITEMS)}
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(item) for item in islice(value, MOST_ITEMS)]
    return value if isinstance(value, int | float | str | bool | None) else str(value)
