"""Subscriptions, the queue of notices and the outbox in memory keep what the protocols promise."""

import pytest

from contracts.notices import NoticeQueueContract, OutboxContract, Post
from contracts.subscriptions import SubscriptionContract
from fakes.notices import FakeNotices
from fakes.periods import FakePeriodLog
from fakes.subscriptions import FakeSubscriptions

pytestmark = pytest.mark.unit


class TestFakeSubscriptions(SubscriptionContract):
    @pytest.fixture
    def subscriptions(self) -> FakeSubscriptions:
        return FakeSubscriptions()


class TestFakeNotices(NoticeQueueContract, OutboxContract):
    @pytest.fixture
    def post(self) -> Post:
        subscriptions, periods = FakeSubscriptions(), FakePeriodLog()
        notices = FakeNotices(subscriptions, periods)
        return Post(subscriptions, periods, notices, notices)
