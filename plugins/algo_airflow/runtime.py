"""How a task reaches the services: the application over the connection `algo_trading`, and the run's session.

Everything heavy is imported inside the functions; DAG files import this module when they are parsed.
"""

import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import fields, is_dataclass
from datetime import date
from itertools import islice
from typing import TYPE_CHECKING, Any

from airflow.sdk import get_current_context

from algo_trading.errors import AlgoTradingError

if TYPE_CHECKING:
    from airflow.sdk import Asset

    from algo_trading.bootstrap import App
    from algo_trading.domain.instrument import Instrument

CONNECTION = "algo_trading"
MOST_ITEMS = 20  # of a list or mapping that goes into an XCom; the whole is in the database
Reports = Any  # the reports of a mapped task's shards, list[Report]; for mypy a task hands on an XComArg
Report = Any  # JSON; a task annotated with dict would push every key as an XCom of its own


@contextmanager
def application() -> "Iterator[App]":
    """The services over the market database that Airflow's connection names."""
    from airflow.providers.postgres.hooks.postgres import PostgresHook

    from algo_trading.bootstrap import bootstrap

    with bootstrap(url=PostgresHook(CONNECTION).get_uri()) as app:
        yield app


def run_session(app: "App") -> date:
    """The session a run works on: its partition key, else the newest one that has closed and that the source covers."""
    key = get_current_context()["dag_run"].partition_key
    return date.fromisoformat(key) if key else _newest_session(app)


def instruments(app: "App", symbols: Sequence[str]) -> "list[Instrument]":
    """The instruments of a shard."""
    from algo_trading.domain.instrument import Instrument

    return [Instrument(symbol, app.settings.venue) for symbol in symbols]


def chosen_history(app: "App") -> "tuple[date, date, list[Instrument]]":
    """First and last session and the instruments that were chosen in the form of `history_load`."""
    params = get_current_context()["params"]
    last = date.fromisoformat(params["to"]) if params["to"] else _newest_session(app)
    return date.fromisoformat(params["from"]), last, instruments(app, params["symbols"] or app.settings.symbols)


def told(report: object, session: date | None = None) -> Report:
    """A service's report, on a session where it is about one, logged, as the small JSON that the task returns."""
    plain = _plain(report)
    plain = plain if isinstance(plain, dict) else {"result": plain}
    if session is not None:
        plain = {"session": session.isoformat(), **plain}
    logging.getLogger("algo_trading").info("%s", plain)
    return plain


def one_session(reports: Sequence[Report]) -> date:
    """The session that every shard worked on.

    Raises:
        AlgoTradingError: they differ, as they can in a run without a key that was started while a session closed.
    """
    sessions = {report["session"] for report in reports}
    if len(sessions) != 1:
        raise AlgoTradingError(
            f"the shards worked on different sessions ({', '.join(sorted(sessions))}); start the run again with a key"
        )
    return date.fromisoformat(sessions.pop())


def announce(asset: "Asset", session: date, **details: Report) -> None:
    """Publish the session's partition of `asset`, with what a reader of the event wants to know."""
    context = get_current_context()
    event = context["outlet_events"][asset]
    event.extra = {"session": session.isoformat(), **details}
    if not context["dag_run"].partition_key:  # else the event gets the run's key by itself
        event.add_partitions(session.isoformat())


def _newest_session(app: "App") -> date:
    from algo_trading.calendars import market_calendar

    closed = market_calendar(app.settings.venue).newest_closed(app.clock.now()).date
    covered = app.market_data.newest_session(app.settings.venue)
    return closed if covered is None else min(closed, covered)


def _plain(value: object) -> Report:
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in islice(value.items(), MOST_ITEMS)}
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(item) for item in islice(value, MOST_ITEMS)]
    return value if isinstance(value, int | float | str | bool | None) else str(value)
