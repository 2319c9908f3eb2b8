"""The fundamental figures in memory keep what the protocol promises."""

import pytest

from contracts.fundamentals import FundamentalsContract
from fakes.fundamentals import FakeFundamentals

pytestmark = pytest.mark.unit


class TestFakeFundamentals(FundamentalsContract):
    @pytest.fixture
    def fundamentals(self) -> FakeFundamentals:
        return FakeFundamentals()
