"""Tests that share something expensive stay in one process of a parallel run."""

import pytest

pytestmark = [pytest.mark.unit, pytest.mark.xdist_group("groups")]


def test_a_group_is_known_to_the_scheduler(request: pytest.FixtureRequest) -> None:
    """pytest-xdist tells its scheduler by the test's id; without that, groups are spread and nothing says so."""
    if not hasattr(request.config, "workerinput") or not request.config.getoption("loadgroup"):
        pytest.skip("the tests do not run in groups here")
    assert request.node.nodeid.endswith("@groups")
