"""Judged batches in memory keep what the protocol promises, so tests on them hold for PostgreSQL too."""

import pytest

from contracts.batches import BatchContract
from fakes.bars import FakeBars, FakeCorporateActions
from fakes.batches import FakeBatches
from fakes.posts import FakeFeedStates, FakePosts
from fakes.quality import FakeQuality, FakeQuarantine

pytestmark = pytest.mark.unit


class TestFakeBatches(BatchContract):
    @pytest.fixture
    def batches(self) -> FakeBatches:
        return FakeBatches()

    @pytest.fixture
    def bars(self, batches: FakeBatches) -> FakeBars:
        return batches.bars

    @pytest.fixture
    def actions(self, batches: FakeBatches) -> FakeCorporateActions:
        return batches.actions

    @pytest.fixture
    def posts(self, batches: FakeBatches) -> FakePosts:
        return batches.posts

    @pytest.fixture
    def feed_states(self, batches: FakeBatches) -> FakeFeedStates:
        return batches.feed_states

    @pytest.fixture
    def quarantine(self, batches: FakeBatches) -> FakeQuarantine:
        return batches.quarantine

    @pytest.fixture
    def quality(self, batches: FakeBatches) -> FakeQuality:
        return batches.quality
