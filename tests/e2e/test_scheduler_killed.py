"""Every process of Airflow killed in the middle of a session: starting again finishes it as if nothing had happened."""

import os
import signal

import pytest

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

pytestmark = [pytest.mark.faults, pytest.mark.timeout(600)]


@pytest.mark.parametrize("stage", [CHAIN[0], CHAIN[2]])
def test_a_killed_session_is_finished_by_the_next_start(stage: str) -> None:
    with airflow_home(DAY) as variables, environment(variables), airflow_stack(variables) as (airflow, application):
        require_up(airflow)
        backfill(airflow.api, DAY, "none")
        wait_for(lambda: "running" in runs_of(airflow.api, DAY)[stage])
        for process in family(airflow):
            os.kill(process.pid, signal.SIGKILL)
        wait_for(lambda: not airflow.is_up())

        require_up(airflow)
        assert work_through(airflow, [DAY])
        status, _ = content(application)
        assert status.latest_partition == str(DAY)
        assert status.rows["signals"] == 6
        assert {account.name: account.cursor for account in status.accounts}["paper"] == str(DAY)
