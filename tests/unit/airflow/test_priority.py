"""Which tasks go first."""

from types import SimpleNamespace
from typing import Any

import pytest

from algo_airflow.flow import WEIGHT, dag_defaults
from algo_airflow.priority import BACKFILL_WEIGHT, LiveFirst

pytestmark = pytest.mark.unit


def weight(run_id: str) -> int:
    instance: Any = SimpleNamespace(run_id=run_id, task=SimpleNamespace(priority_weight=WEIGHT))
    return LiveFirst().get_weight(instance)


def test_what_has_just_closed_goes_before_what_is_long_past() -> None:
    assert weight("scheduled__2026-11-20__6fa31c") == weight("manual__2026-11-20__6fa31c") == WEIGHT
    assert weight("backfill__2026-11-20__6fa31c") == BACKFILL_WEIGHT < WEIGHT


def test_every_flow_has_this_order() -> None:
    assert isinstance(dag_defaults("bars")["default_args"]["weight_rule"], LiveFirst)
