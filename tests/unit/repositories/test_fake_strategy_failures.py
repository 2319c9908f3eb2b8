"""The repository in memory keeps its promise."""

import pytest

from contracts.strategy_failures import StrategyFailureContract
from fakes.strategy_failures import FakeStrategyFailures

pytestmark = pytest.mark.unit


class TestFakeStrategyFailures(StrategyFailureContract):
    @pytest.fixture
    def failures(self) -> FakeStrategyFailures:
        return FakeStrategyFailures()
