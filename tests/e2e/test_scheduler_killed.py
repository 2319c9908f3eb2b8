"""Every process of Airflow killed in the middle of a session: starting again finishes it as if nothing had happened."""

import os
import signal
from datetime import date
from functools import partial

import pytest

from algo_trading.launcher.airflow import Airflow
from support.airflow_stack import (
    CHAIN,
    DAY,
    airflow_home,
    airflow_stack,
    backfill,
    content,
    environment,
    family,
    require_up,
    runs_of,
    wait_for,
    work_through,
)

pytestmark = [pytest.mark.faults, pytest.mark.timeout(900)]

NEXT = date(2013, 2, 26)
SIGNALS = 6  # of a session


def test_killed_sessions_are_finished_by_the_next_start() -> None:
    """One in its first stage, the next one in its third."""
    with airflow_home(DAY) as variables, environment(variables), airflow_stack(variables) as (airflow, application):
        for done, (day, stage) in enumerate([(DAY, CHAIN[0]), (NEXT, CHAIN[2])]):
            require_up(airflow)
            wait_for(partial(backfill, airflow.api, day, "none"))
            wait_for(partial(_is_running, airflow, day, stage))
            for process in family(airflow):
                os.kill(process.pid, signal.SIGKILL)
            wait_for(lambda: not airflow.is_up())

            require_up(airflow)
            assert work_through(airflow, [day])
            status, _ = content(application)
            assert status.latest_partition == str(day)
            assert status.rows["signals"] == (done + 1) * SIGNALS
            assert {account.name: account.cursor for account in status.accounts}["paper"] == str(day)


def _is_running(airflow: Airflow, day: date, stage: str) -> bool:
    return "running" in runs_of(airflow.api, day)[stage]
