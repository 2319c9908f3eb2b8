"""Airflow as `make run` starts it: the real scheduler takes a session from bars to mails; stopping leaves nothing."""

from datetime import date
from pathlib import Path

import pytest

from airflow_stack import airflow_stack, backfill, content, family, runs_of, wait_for, work_through
from algo_trading.launcher.sessions import CHAIN

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(400)]

DAY = date(2013, 2, 27)


def test_it_starts_works_works_again_and_stops(tmp_path: Path) -> None:
    """One story, because starting Airflow takes a quarter of a minute."""
    said: list[str] = []
    with airflow_stack(tmp_path / "h", DAY) as (airflow, application):
        assert airflow.start(said.append)
        assert not airflow.start(said.append), "a second start changes nothing"
        airflow.wait_until_ready(said.append)
        assert said[-1] == f"Airflow is ready at {airflow.url}"

        assert work_through(airflow, [DAY])
        before = content(application)
        assert before[0].latest_partition == DAY
        assert before[0].rows["signals"] == before[0].rows["indicators"] + 1 == 6
        assert before[0].accounts[0].cursor == DAY
        assert runs_of(airflow.api, DAY) == {dag: ["success"] for dag in CHAIN}
        assert not work_through(airflow, [DAY]), "what is done is not done again"

        wait_for(lambda: backfill(airflow.api, DAY, "completed"))
        wait_for(lambda: runs_of(airflow.api, DAY) == {dag: ["success", "success"] for dag in CHAIN})
        assert content(application) == before, "a session that runs again adds a run and no row"

        assert len(family(airflow)) >= 4
        assert airflow.stop()
        assert not airflow.is_up()
        assert family(airflow) == []
        assert not airflow.stop()
