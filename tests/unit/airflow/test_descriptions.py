"""What Airflow's list of DAGs says of each one."""

from pathlib import Path
from runpy import run_path
from typing import Any

import pytest

pytestmark = pytest.mark.unit

DAGS = Path(__file__).resolve().parents[3] / "dags"
# What the configuration must name for them to have anything to do.
NEEDS = {
    "coin_listings": "`coin_listings`",
    "inbound_mail": "`inbound_mail.mailbox`",
    "instrument_rules": "trading rules",
    "news_articles": "`[[feeds]]` of articles",
    "social_posts": "`[[feeds]]` of posts",
}
BY_HAND = {"company_fundamentals", "history_load"}  # work wherever a person starts them
BY_OTHERS = {"order_approval"}  # a run for each order that waits


@pytest.fixture(scope="module")
def dags() -> dict[str, Any]:
    """Those that are made by a function of their file's name, under the configuration of a first start."""
    made = ((path.stem, run_path(str(path)).get(path.stem)) for path in sorted(DAGS.glob("*.py")))
    return {name: make() for name, make in made if make is not None}


@pytest.mark.parametrize("name", NEEDS)
def test_a_dag_that_has_nothing_to_do_without_configuration_says_so(dags: dict[str, Any], name: str) -> None:
    description = dags[name].description
    assert description.startswith("Needs ")
    assert NEEDS[name] in description
    assert "without one" in description


def test_a_dag_without_a_schedule_is_one_of_them_or_started_by_hand(dags: dict[str, Any]) -> None:
    assert len(dags) > 15
    assert {name for name, dag in dags.items() if dag.schedule is None} - {*NEEDS} == BY_HAND | BY_OTHERS
    assert {name for name, dag in dags.items() if dag.description and name not in NEEDS} == set()
