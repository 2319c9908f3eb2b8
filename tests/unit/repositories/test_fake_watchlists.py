"""The watchlists in memory keep what the protocol promises."""

import pytest

from contracts.watchlists import Setup, SetupContract
from fakes.watchlists import FakeSetup

pytestmark = pytest.mark.unit


class TestFakeSetup(SetupContract):
    @pytest.fixture
    def setup(self) -> Setup:
        fake = FakeSetup()
        return Setup(fake, fake.watchlists, fake.assignments)
