"""Servers and databases that tests of every tier may ask for."""

from __future__ import annotations

import fcntl
import gc
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib import import_module
from pathlib import Path
from tempfile import gettempdir
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

from support.fuzz import examples

if TYPE_CHECKING:  # the fixtures import these themselves: unit tests do without
    from algo_trading.adapters.postgres.database import Database
    from support.airflow_stack import Stack
    from support.postgres_server import TestServer

KERNELS = (
    "algo_trading.indicators.kernels",
    "algo_trading.indicators.candle_kernels",
    "back_testing.engine.kernels.thresholds",
    "back_testing.engine.kernels.ma_cross",
    "back_testing.engine.kernels.portfolio",
    "back_testing.engine.kernels.shared_account",
    "back_testing.engine.kernels.single",
    "algo_trading.sentiment.classify.kernels",
    "back_testing.engine.kernels.fully_invested",
)

pytest_plugins = ["pytester", "support.isolation"]
gc.disable()  # until everything is collected


# An example may take any time: machines are shared, and no test is timed.
settings.register_profile("shared", deadline=None, max_examples=examples(40))
settings.load_profile("shared")


def pytest_configure() -> None:
    """Let the processes of a parallel run share the compilation of a fresh checkout's kernels.

    All of them take half a minute, and every process that finds none in the cache would compile them for itself. One
    takes what no other one compiles at the moment; in the end, what others compiled comes from the cache.
    """
    if "PYTEST_XDIST_WORKER" in os.environ:
        for name in KERNELS:
            with suppress(BlockingIOError), alone(name, wait=False):
                import_module(name)
        for name in KERNELS:
            with alone(name):
                import_module(name)


@contextmanager
def alone(name: str, *, wait: bool = True) -> Iterator[None]:
    """The only process of this run that imports a module."""
    run = os.environ["PYTEST_XDIST_TESTRUNUID"]
    with (Path(gettempdir()) / f"algo-trading-{run}-{name}").open("w", encoding="utf-8") as file:
        fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        yield


def pytest_collection_finish() -> None:
    """Leave what is there now to itself: half a million objects of libraries and tests, none of which will go."""
    gc.freeze()
    gc.enable()


@pytest.fixture(scope="session")
def postgres() -> Iterator[TestServer]:
    """One server for each process of the test run."""
    from support.postgres_server import a_server

    with a_server() as server:
        yield server


@pytest.fixture
def database_url(postgres: TestServer) -> Iterator[str]:
    """A database at the newest revision without a row."""
    with postgres.shared_database() as url:
        yield url


@pytest.fixture
def database(database_url: str, postgres: TestServer) -> Iterator[Database]:
    """Connections to a database at the newest revision without a row."""
    with postgres.connections(database_url) as database:
        yield database


@pytest.fixture(scope="session")
def started_airflow() -> Iterator[tuple[dict[str, str], Stack]]:
    """Airflow with text and one session worked through, and the variables that it runs with."""
    from algo_trading.domain.time import Interval
    from support.airflow_stack import (
        BEFORE,
        DAY,
        airflow_home,
        airflow_stack,
        environment,
        read_text,
        require_up,
        session_of,
        work_through,
    )  # fmt: skip

    with airflow_home(DAY) as variables, airflow_stack(variables) as (airflow, application):
        stocks, first = application.watchlists.get("us_stocks"), session_of(BEFORE).opened_at
        application.load_history()(application.source(stocks.source), first, first, stocks.series(Interval.DAY))
        with environment(variables):
            require_up(airflow)
            read_text(airflow)
            work_through(airflow, [DAY])
        yield variables, (airflow, application)


@pytest.fixture
def airflow_at_work(started_airflow: tuple[dict[str, str], Stack]) -> Iterator[Stack]:
    """The Airflow of the session, its variables set; its tests share the xdist group airflow: starting is slow."""
    from support.airflow_stack import environment

    variables, stack = started_airflow
    with environment(variables):
        yield stack
