"""Airflow's end: the last of the tests that share one, by the name of its file."""

import pytest

from support.airflow_stack import Stack, family, require_up

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(400), pytest.mark.xdist_group("airflow")]


def test_stopping_leaves_nothing(airflow_at_work: Stack) -> None:
    airflow, _ = airflow_at_work
    require_up(airflow)
    assert len(family(airflow)) >= len(("supervisor", "scheduler", "dag-processor", "api-server", "triggerer"))
    assert airflow.stop()
    assert not airflow.is_up()
    assert family(airflow) == []
    assert not airflow.stop()
