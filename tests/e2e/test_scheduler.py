"""Airflow as `make run` starts it: the real scheduler takes a session from bars to mails; stopping leaves nothing."""

import subprocess
import sys
from pathlib import Path

import pytest

from airflow_stack import DAY, Stack, content, family, require_up, runs_of, wait_for, work_through
from algo_trading.launcher.sessions import CHAIN

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(400), pytest.mark.xdist_group("airflow")]


def test_a_session_passes_the_chain_once_and_again_and_everything_stops(airflow_at_work: Stack) -> None:
    """One story, because starting Airflow takes a quarter of a minute."""
    airflow, application = airflow_at_work
    require_up(airflow)
    before = content(application)
    assert before[0].latest_partition == DAY
    assert before[0].rows["signals"] == before[0].rows["indicators"] + 1 == 6
    assert before[0].accounts[0].cursor == DAY
    assert runs_of(airflow.api, DAY) == {dag: ["success"] for dag in CHAIN}
    assert not work_through(airflow, [DAY]), "what is done is not done again"
    assert not airflow.start(lambda _: None), "a second start changes nothing"

    wait_for(lambda: backfill_from_the_command_line("completed"))
    wait_for(lambda: runs_of(airflow.api, DAY) == {dag: ["success", "success"] for dag in CHAIN})
    assert content(application) == before, "a session that runs again adds a run and no row"

    assert len(family(airflow)) >= len(("supervisor", "scheduler", "dag-processor", "api-server", "triggerer"))
    assert airflow.stop()
    assert not airflow.is_up()
    assert family(airflow) == []
    assert not airflow.stop()


def backfill_from_the_command_line(behaviour: str) -> bool:
    """As a user does it, in the environment that the fixture has set."""
    program = Path(sys.executable).parent / "algo-trading"
    days = [f"--from-date={DAY}", f"--to-date={DAY}", f"--reprocess-behavior={behaviour}", f"--dag-id={CHAIN[0]}"]
    finished = subprocess.run(
        [program, "airflow", "backfill", "create", *days], capture_output=True, text=True, check=False
    )
    assert finished.returncode == 0 or "AlreadyRunningBackfill" in finished.stderr, finished.stderr[-1000:]
    return finished.returncode == 0
