"""Airflow on a home and a port of its own, for tests of the whole program."""

import json
import os
import socket
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import TypeAlias

import psutil
import pytest

from algo_trading.bootstrap import App, bootstrap, embedded_postgres
from algo_trading.calendars import trading_calendar
from algo_trading.domain.post import PostKind
from algo_trading.domain.time import Interval, Period, midnight
from algo_trading.launcher.airflow import METADATA_DATABASE, Airflow
from algo_trading.launcher.airflow_config import checkout_folder
from algo_trading.launcher.api import CONFLICT, AirflowApi, ApiError
from algo_trading.launcher.dag_ids import chain, every_dag
from algo_trading.launcher.period_runs import PeriodRuns
from algo_trading.launcher.text_runs import TextRuns
from algo_trading.queries.status import Status
from algo_trading.settings import load_settings
from support.sample_config import replayed

Stack: TypeAlias = tuple[Airflow, App]

BEFORE, DAY = date(2013, 2, 22), date(2013, 2, 25)  # over the weekend between them there are posts to act on
SECONDS = 240
CHAIN = chain("us_stocks", Interval.DAY)
LONG_AGO = datetime.min.replace(tzinfo=UTC)


@contextmanager
def airflow_home(start: date) -> Iterator[dict[str, str]]:
    """The variables of an installation whose accounts begin with `start`.

    Its home is not pytest's own folder, which the next pytest closes to the user that PostgreSQL runs as for root.
    """
    accounts = [{"name": name, "start": str(start)} for name in ("paper", "demo-coins")]
    with tempfile.TemporaryDirectory(prefix="af-") as home:
        yield {
            "ALGO_HOME": home,
            "ALGO_AIRFLOW__PORT": str(free_port()),
            "ALGO_ACCOUNTS": json.dumps(accounts),
            **replayed(),
        }


@contextmanager
def environment(variables: Mapping[str, str]) -> Iterator[None]:
    """Variables that are set for a while."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in variables.items():
            patch.setenv(name, value)
        yield


@contextmanager
def airflow_stack(variables: Mapping[str, str]) -> Iterator[Stack]:
    """Airflow, not started yet, and the services over the same database."""
    with environment(variables):
        settings = load_settings()
    server = embedded_postgres(settings)
    server.start(METADATA_DATABASE)
    airflow = Airflow(settings, server.url(), server.url(METADATA_DATABASE))
    try:
        with bootstrap(settings) as application:
            application.apply_config().seed()
            yield airflow, application
    finally:
        airflow.stop()
        assert server.stop()


def free_port() -> int:
    """A port that nobody uses."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def require_up(airflow: Airflow) -> None:
    """Start it unless it runs, and wait until it is ready."""
    airflow.start(lambda _: None)
    watched = ((one.name, interval) for one in airflow.settings.watchlists for interval in one.intervals)
    airflow.wait_until_ready(every_dag(checkout_folder() / "dags", watched), lambda _: None)


def session_of(day: date) -> Period:
    """The session of a date."""
    return trading_calendar("XNYS").period(Interval.DAY, midnight(day))


def work_through(airflow: Airflow, days: list[date]) -> bool:
    """Have Airflow work through sessions, and wait; returns whether anything had to run."""
    runs = PeriodRuns(airflow.api, airflow.config.task_logs, CHAIN)
    return runs.process([session_of(day) for day in days], lambda _: None, SECONDS)


def read_text(airflow: Airflow) -> bool:
    """Have Airflow read the posts and articles of the sample, and wait; returns whether anything had to run."""
    runs = TextRuns(airflow.api, airflow.config.task_logs)
    return runs.process(list(PostKind), lambda _what, _through, _of: None, SECONDS)


def content(application: App) -> tuple[Status, list[str]]:
    """What must not change when a session runs again, or the text flow: all but when feeds were last tried."""
    orders = [f"{order.client_order_id} {order.status}" for order in application.accounts.orders("paper")]
    status = application.read_status()()
    return replace(status, feeds=tuple(replace(feed, tried=LONG_AGO) for feed in status.feeds)), orders


def runs_of(api: AirflowApi, day: date) -> dict[str, list[str]]:
    """States of each DAG's runs for a session, oldest first."""
    return {
        dag: [
            run["state"]
            for run in api.every(f"/dags/{dag}/dagRuns", "dag_runs", order_by="id")
            if run["partition_key"] == str(day)
        ]
        for dag in CHAIN
    }


def backfill(api: AirflowApi, day: date, behaviour: str) -> bool:
    """Ask for one session; False while an earlier backfill is not completed yet."""
    moment = f"{day}T00:00:00Z"
    body = {"dag_id": CHAIN[0], "from_date": moment, "to_date": moment, "reprocess_behavior": behaviour}
    try:
        api.post("/backfills", {**body, "max_active_runs": 2, "run_backwards": False, "dag_run_conf": {}})
    except ApiError as error:
        if error.status != CONFLICT:
            raise
        return False
    return True


def family(airflow: Airflow) -> list[psutil.Process]:
    """Every living process of the operating-system session that the supervisor leads or led."""
    record = (airflow.config.folder / "run" / "supervisor.json").read_text()
    leader = int(record.split('"pid":')[1].split(",")[0])
    return [process for process in psutil.process_iter() if _in_session(process, leader)]


def _in_session(process: psutil.Process, leader: int) -> bool:
    try:
        return os.getsid(process.pid) == leader and process.status() != psutil.STATUS_ZOMBIE
    except (ProcessLookupError, psutil.NoSuchProcess):
        return False


def wait_for(condition: Callable[[], bool], seconds: float = 120) -> None:
    """Look every half second; fail when it takes too long."""
    limit = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < limit, "it did not happen in time"
        time.sleep(0.5)
