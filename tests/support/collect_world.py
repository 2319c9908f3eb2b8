"""Feeds, and everything that posts are stored in."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from algo_trading.domain.post import PostKind, Watermark
from algo_trading.services.accept_posts import AcceptPosts
from algo_trading.services.collect import CollectPosts, CollectReport
from contracts.post_feed import NOON
from fakes.batches import FakeBatches
from fakes.clock import FakeClock
from fakes.objects import FakeObjectStore
from fakes.post_feed import FakePostFeed
from fakes.post_gate import FakePostGate
from fakes.posts import FakeFeedStates, FakePosts
from fakes.quality import FakeQuality, FakeQuarantine

BOTH = (PostKind.POST, PostKind.ARTICLE)


def row(number: int, minutes: float, body: str = "text") -> dict[str, str]:
    """A raw row so many minutes after noon."""
    return {
        "platform": "fake",
        "id": str(number),
        "author": "alice",
        "published": (NOON + timedelta(minutes=minutes)).isoformat(),
        "title": "",
        "body": body,
        "url": "",
    }


@dataclass
class World:
    """The service with everything it needs in memory."""

    feeds: Sequence[FakePostFeed]
    clock: FakeClock = field(default_factory=lambda: FakeClock(NOON + timedelta(hours=1)))
    posts: FakePosts = field(default_factory=FakePosts)
    states: FakeFeedStates = field(default_factory=FakeFeedStates)
    quarantine: FakeQuarantine = field(default_factory=FakeQuarantine)
    quality: FakeQuality = field(default_factory=FakeQuality)
    objects: FakeObjectStore = field(default_factory=FakeObjectStore)

    def service(
        self,
        wrap: Callable[[Any], Any] = lambda it: it,
        gate: FakePostGate = FakePostGate(),  # noqa: B008 - has no state
    ) -> CollectPosts:
        batches = FakeBatches(
            posts=self.posts, feed_states=self.states, quarantine=self.quarantine, quality=self.quality
        )
        return CollectPosts(
            feeds=self.feeds,
            accept=AcceptPosts(gate, wrap(self.posts), wrap(self.quarantine), wrap(batches)),
            feed_states=wrap(self.states),
            objects=wrap(self.objects),
            clock=self.clock,
        )

    def collect(self, **options: Any) -> CollectReport:
        return self.service()(BOTH, **options)

    def stored(self) -> set[str]:
        return {post.key.id for post in self.posts.newest(1000)}

    def watermark(self, name: str = "fake source") -> Watermark:
        """How far the feed has been read, whatever it was asked for."""
        state = self.states.get(name)
        assert state is not None
        return replace(state.watermark, asked_until=None)
