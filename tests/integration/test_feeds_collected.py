"""Local platforms, real clients, the real gate and PostgreSQL together: nothing twice, nothing lost."""

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

import pytest

from algo_trading.adapters import newsapi, reddit, rss, x
from algo_trading.adapters.local_objects import LocalObjects
from algo_trading.adapters.postgres.batches import PostgresBatches
from algo_trading.adapters.postgres.database import Database
from algo_trading.adapters.postgres.posts import PostgresFeedStates, PostgresPosts
from algo_trading.adapters.postgres.quality import PostgresQuarantine
from algo_trading.domain.post import PostKey, PostKind
from algo_trading.quality.posts import PostGate
from algo_trading.services.accept_posts import AcceptPosts
from algo_trading.services.collect import CollectPosts
from contracts.post_feed import NOON, Stage, told
from fakes.clock import FakeClock
from servers.feeds import PATH, LocalFeed, guid
from servers.newsapi import LocalNewsApi, address
from servers.post_platform import Reply
from servers.reddit import LocalReddit, fullname
from servers.x import LocalX
from support.local_feeds import at_home, of_newsapi, of_reddit, of_rss, of_x, staged, x_id

pytestmark = pytest.mark.integration

KINDS = tuple(PostKind)


@pytest.fixture(autouse=True)
def _home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    at_home(monkeypatch, tmp_path)


@pytest.fixture
def stages() -> Iterator[dict[str, Stage]]:
    with ExitStack() as stack:
        yield {
            "reddit": stack.enter_context(staged(LocalReddit(), reddit.plugin, "r/stocks", fullname, of_reddit)),
            "x": stack.enter_context(staged(LocalX(), x.plugin, "@alice", x_id, of_x)),
            "rss": stack.enter_context(staged(LocalFeed(), rss.plugin, f"URL{PATH}", guid, of_rss)),
            "newsapi": stack.enter_context(staged(LocalNewsApi(), newsapi.plugin, "doge", address, of_newsapi)),
        }


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(NOON + timedelta(hours=1))


@pytest.fixture
def collect(stages: dict[str, Stage], database: Database, tmp_path: Path, clock: FakeClock) -> CollectPosts:
    return CollectPosts(
        feeds=[stage.open() for stage in stages.values()],
        accept=AcceptPosts(
            PostGate(), PostgresPosts(database), PostgresQuarantine(database), PostgresBatches(database)
        ),
        feed_states=PostgresFeedStates(database),
        objects=LocalObjects(tmp_path / "objects"),
        clock=clock,
    )


def test_polls_add_up(stages: dict[str, Stage], collect: CollectPosts, clock: FakeClock) -> None:
    for stage in stages.values():
        stage.publish([told(number, number) for number in (1, 3, 2)])
        stage.publish([told(9, 4, text="<p> </p>")])
    first = collect(KINDS)
    assert (first.new, first.known, first.errors) == (12 + 3, 0, {})  # titles are text where a platform has them
    assert first.reasons == {"empty text": 1}
    clock.move(timedelta(minutes=5))
    for stage in stages.values():
        stage.publish([told(4, 62), told(5, 61)])
    assert isinstance(stages["reddit"].platform, LocalReddit)
    stages["reddit"].platform.expire()
    stages["x"].platform.faults = [Reply(429, b"", {"Retry-After": "0"})]
    stages["newsapi"].platform.fault = Reply(429, b"", {"Retry-After": "3600"})
    second = collect(KINDS)
    assert second.new == 6
    assert list(second.errors) == ["newsapi doge"]
    stages["newsapi"].platform.fault = None
    assert collect(KINDS).new == 2
    again = collect(KINDS)
    assert (again.new, again.errors) == (0, {})
    for platform, stage in stages.items():
        post = collect.accept.posts.find(PostKey(platform, stage.id_of(told(4, 62))))
        assert post is not None
        assert post.published_at == NOON + timedelta(minutes=62)
        assert post.seen_at == (NOON + timedelta(minutes=65))
        state = collect.feed_states.get(post.feed)
        assert state is not None
        assert state.watermark.published_at == post.published_at
    assert sum(collect.accept.posts.counts().values()) == 15 + 8
    archived = list(collect.objects.keys("raw/"))
    assert {key.split("/")[1] for key in archived} == set(stages)
