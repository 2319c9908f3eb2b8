"""The recommendations in memory keep what the protocol promises."""

import pytest

from contracts.recommendations import RecommendationContract
from fakes.recommendations import FakeRecommendations

pytestmark = pytest.mark.unit


class TestFakeRecommendations(RecommendationContract):
    @pytest.fixture
    def recommendations(self) -> FakeRecommendations:
        return FakeRecommendations()
