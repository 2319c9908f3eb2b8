"""Collecting posts: what is stored, counted and remembered, whatever goes wrong."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pyarrow as pa
import pytest

from algo_trading.domain.post import Post, PostKey, PostKind, Watermark
from algo_trading.errors import RateLimitedError, SourceError
from algo_trading.gateways.post_feeds import FeedPage
from algo_trading.quality.post_verdict import PostBatch, PostVerdict
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

pytestmark = pytest.mark.unit

ETAG = "an etag"
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


def test_new_posts_are_stored_and_counted() -> None:
    feed = FakePostFeed([row(1, 1), row(2, 2), row(3, 3, body="")])
    world = World([feed])
    report = world.collect()
    assert (report.fetched, report.new, report.known, report.quarantined) == (3, 2, 0, 1)
    assert report.reasons == {"no body": 1}
    assert report.errors == {}
    assert world.stored() == {"1", "2"}
    assert world.quarantine.count() == 1
    assert world.watermark() == Watermark(NOON + timedelta(minutes=2), "2")
    (verdict,) = world.quality.newest(10)
    assert (verdict.evaluated, verdict.passed) == (3, 2)


def test_it_tells_how_many_feeds_are_done() -> None:
    failing = FakePostFeed(name="failing")
    failing.failing = SourceError("no")
    heard: list[int] = []
    World([failing, FakePostFeed([row(1, 1)]), FakePostFeed(kind=PostKind.ARTICLE)]).service()(
        [PostKind.POST], progress=heard.append
    )
    assert heard == [0, 1, 2]


def test_a_second_poll_brings_only_what_is_new() -> None:
    feed = FakePostFeed([row(1, 1), row(2, 20)])
    world = World([feed])
    world.collect()
    feed.rows.append(row(3, 21))
    report = world.collect()
    assert (report.fetched, report.new, report.known) == (2, 1, 1)
    assert feed.since[-1] == Watermark(NOON + timedelta(minutes=20), "2", asked_until=world.clock.now())


def test_up_to_when_a_feed_was_asked_is_kept_where_nobody_wrote_anything() -> None:
    feed = FakePostFeed([row(1, 1)])
    world = World([feed])
    world.collect(until=NOON + timedelta(minutes=5))
    assert world.collect(until=NOON + timedelta(minutes=7)).new == 0
    feed.failing = SourceError("it fails")
    world.clock.move(timedelta(hours=1))
    with pytest.raises(SourceError):
        world.collect()
    feed.failing = None
    world.collect()
    assert feed.since[-1] == Watermark(NOON + timedelta(minutes=1), "1", asked_until=NOON + timedelta(minutes=7))


def test_nothing_new_leaves_the_watermark() -> None:
    feed = FakePostFeed([row(1, 1)])
    world = World([feed])
    world.collect()
    before = world.watermark()
    feed.rows.clear()
    world.clock.move(timedelta(hours=1))
    assert world.collect().fetched == 0
    assert world.watermark() == before
    state = world.states.get(feed.name)
    assert state is not None
    assert state.tried_at == world.clock.now()


def test_the_watermark_does_not_go_back() -> None:
    feed = FakePostFeed([row(1, 10)])
    world = World([feed])
    world.collect()
    feed.rows = [row(2, 7)]  # it appeared late
    assert world.collect().new == 1
    assert world.watermark() == Watermark(NOON + timedelta(minutes=10), "1")


def test_the_watermark_does_not_go_into_the_future() -> None:
    feed = FakePostFeed([row(1, 63)])  # three minutes ahead of our clock
    feed.ends = False
    world = World([feed])
    assert world.collect().new == 1
    assert world.watermark() == Watermark(NOON + timedelta(hours=1), "1")


def test_every_page_is_archived_as_it_came() -> None:
    feed = FakePostFeed([row(number, number) for number in range(4)], name="fake https://a.example/x y?q", page_size=2)
    world = World([feed])
    world.collect()
    keys = sorted(world.objects.keys())
    assert len(keys) == 2
    assert all(key.startswith("raw/fake/2026/11/20/fake_https_a.example_x_y_q-") for key in keys)
    assert all(key.endswith(".json") for key in keys)
    assert sum(feed.parse(page).num_rows for page in feed.poll(Watermark(), world.clock.now())) == 4


def test_a_malformed_reply_is_archived_and_an_error() -> None:
    feed, other = FakePostFeed([row(1, 1)]), FakePostFeed([row(2, 2)], name="fake other")
    feed.broken = b"<html>"
    world = World([feed, other])
    report = world.collect()
    assert "sent no page" in report.errors["fake source"]
    assert b"<html>" in world.objects.contents.values()
    assert world.stored() == {"2"}
    state = world.states.get("fake source")
    assert state is not None
    assert state.watermark == Watermark()
    assert "sent no page" in state.error


def test_a_failure_on_the_second_page_keeps_the_watermark() -> None:
    feed = FakePostFeed([row(number, number) for number in range(10)], page_size=4)
    world = World([feed, FakePostFeed(name="fake other")])
    feed.failing, feed.pages_before = SourceError("it broke off"), 1
    report = world.collect()
    assert report.errors == {"fake source": "it broke off"}
    assert report.new == 4
    assert world.watermark() == Watermark()
    feed.failing = None
    report = world.collect()
    assert (report.new, report.known) == (6, 4)
    state = world.states.get("fake source")
    assert state is not None
    assert state.error == ""


@pytest.mark.parametrize(
    ("errors", "expected"),
    [
        ([RateLimitedError("slow"), RateLimitedError("slower")], RateLimitedError),
        ([RateLimitedError("slow"), SourceError("gone")], SourceError),
        ([SourceError("gone")], SourceError),
    ],
)
def test_the_failure_of_every_feed_is_an_error(errors: list[SourceError], expected: type[SourceError]) -> None:
    feeds = [FakePostFeed(name=f"fake {number}") for number in range(len(errors))]
    for feed, error in zip(feeds, errors, strict=True):
        feed.failing = error
    with pytest.raises(SourceError) as failed:
        World(feeds).collect()
    assert type(failed.value) is expected
    assert all(str(error) in str(failed.value) for error in errors)


class Counting(FakePostGate):
    """A gate that counts the rows it judges."""

    def __init__(self) -> None:
        self.rows = 0

    def judge(self, batch: PostBatch) -> PostVerdict:
        self.rows += batch.rows.num_rows
        return super().judge(batch)


def test_what_is_known_is_neither_judged_nor_archived_again() -> None:
    feed = FakePostFeed([row(1, 1), row(2, 2), row(3, 3, body="")])
    world = World([feed])
    gate = Counting()
    service = world.service(gate=gate)
    service(BOTH)
    assert gate.rows == 3
    feed.rows[0] = {**row(1, 1), "title": "with another score"}  # the page differs
    report = service(BOTH)
    assert gate.rows == 3 + 1  # what was held back is nowhere stored, and asked for again
    assert (report.fetched, report.new, report.known, report.quarantined) == (3, 0, 2, 1)
    assert len(list(world.objects.keys())) == 1
    assert len(world.quality.newest(10)) == 1
    feed.rows.append(row(4, 4, body=""))
    service(BOTH)
    assert len(list(world.objects.keys())) == 2
    feed.rows.append(row(5, 5))
    assert service(BOTH).new == 1
    assert len(list(world.objects.keys())) == 3


class Calls:
    """Notes the names of the calls to what it wraps, in order."""

    def __init__(self) -> None:
        self.made: list[str] = []

    def wrap(self, wrapped: Any) -> Any:
        made = self.made

        class Wrapper:
            def __getattr__(self, name: str) -> Any:
                made.append(f"{type(wrapped).__name__}.{name}")
                return getattr(wrapped, name)

        return Wrapper()

    @property
    def writes(self) -> list[str]:
        return [call for call in self.made if call.endswith((".put_new", ".store_posts", ".put"))]


ARCHIVED, STORED = "FakeObjectStore.put_new", "FakeBatches.store_posts"


@pytest.mark.parametrize("bodies", [["text"], [""], ["", "text"], ["", ""]])
def test_a_page_is_archived_before_anything_of_it_is_stored(bodies: list[str]) -> None:
    world, calls = World([FakePostFeed([row(n, n, body) for n, body in enumerate(bodies)])]), Calls()
    world.service(calls.wrap)(BOTH)
    assert calls.writes == [ARCHIVED, STORED]
    again = Calls()
    world.service(again.wrap)(BOTH)
    assert again.writes == [STORED]  # the state of the feed alone


def test_a_page_with_nothing_but_later_posts_is_neither_stored_nor_archived() -> None:
    feed = FakePostFeed([row(1, 30)])
    feed.ends = False
    world = World([feed])
    (only,) = world.collect(until=NOON).feeds
    assert (only.fetched, only.new, only.later) == (1, 0, 1)
    assert list(world.objects.keys()) == []
    assert world.quality.newest(10) == []


def test_known_posts_move_the_watermark() -> None:
    feed = FakePostFeed([row(1, 1), row(2, 20)])
    World([feed]).collect()
    world = World([feed])
    world.collect()
    again = replace(world, states=FakeFeedStates())  # as after a kill
    assert again.collect().known == 2
    assert again.watermark() == world.watermark()
    earlier = replace(world, states=FakeFeedStates())
    feed.ends = False
    earlier.collect(until=NOON + timedelta(minutes=10))
    assert earlier.watermark() == Watermark(NOON + timedelta(minutes=1), "1")


def test_a_remark_of_a_good_poll_is_reported_logged_and_kept(caplog: pytest.LogCaptureFixture) -> None:
    feed = FakePostFeed([row(number, number) for number in range(4)], page_size=2)
    feed.remark = "older posts were not read"
    world = World([feed])
    report = world.collect()
    assert report.errors == {}
    assert [one.remark for one in report.feeds] == [feed.remark]
    assert f"fake source: {feed.remark}" in caplog.text
    state = world.states.get(feed.name)
    assert state is not None
    assert (state.error, state.watermark.id) == (feed.remark, "3")
    feed.remark = ""
    world.collect()
    state = world.states.get(feed.name)
    assert state is not None
    assert state.error == ""


class Broken(FakePostFeed):
    """A feed with a mistake."""

    def parse(self, page: FeedPage) -> pa.Table:
        raise ZeroDivisionError(self.name, page.suffix)


def test_a_feed_with_a_mistake_lets_the_others_be_collected_and_the_mistake_be_seen(
    caplog: pytest.LogCaptureFixture,
) -> None:
    feeds = [
        Broken([row(1, 1)], name="fake first"),
        FakePostFeed([row(2, 2)]),
        Broken([row(3, 3)], name="fake second"),
        FakePostFeed([row(4, 4)], name="fake last"),
    ]
    world = World(feeds)
    with pytest.raises(ZeroDivisionError, match="first"):
        world.collect()
    assert world.stored() == {"2", "4"}
    assert len(list(world.objects.keys())) == 4
    assert "the feed 'fake second' broke" in caplog.text
    assert world.states.get("fake first") is None


def test_without_a_database_no_other_feed_is_asked() -> None:
    class Gone(FakePosts):
        def add(self, posts: Sequence[Post]) -> int:
            raise ConnectionError(f"no database for {len(posts)} posts")

    feeds = [FakePostFeed([row(1, 1)]), FakePostFeed([row(2, 2)], name="fake other")]
    with pytest.raises(ConnectionError):
        World(feeds, posts=Gone()).collect()
    assert feeds[1].since == []


def test_only_feeds_of_the_kind_are_polled() -> None:
    posts, news = FakePostFeed([row(1, 1)]), FakePostFeed([row(2, 2)], name="fake news", kind=PostKind.ARTICLE)
    world = World([posts, news])
    report = world.service()([PostKind.ARTICLE])
    assert [feed.feed for feed in report.feeds] == ["fake news"]
    assert world.stored() == {"2"}
    assert posts.since == []


def test_no_feed_is_no_error() -> None:
    assert World([]).collect() == CollectReport()


def test_a_post_is_seen_now_and_a_replayed_one_when_published() -> None:
    live, old = FakePostFeed([row(1, 1)]), FakePostFeed([row(2, 2)], name="fake file", replay=True)
    world = World([live, old])
    world.collect()
    first, second = (world.posts.find(PostKey("fake", number)) for number in ("1", "2"))
    assert first is not None
    assert second is not None
    assert first.seen_at == world.clock.now()
    assert second.seen_at == second.published_at


def test_nothing_from_after_the_time_asked_for_is_stored() -> None:
    feed = FakePostFeed([row(1, 1), row(2, 30)])
    feed.ends = False
    feed.token = ETAG
    world = World([feed])
    report = world.collect(until=NOON + timedelta(minutes=10))
    (only,) = report.feeds
    assert (only.fetched, only.new, only.later) == (2, 1, 1)
    assert world.watermark() == Watermark(NOON + timedelta(minutes=1), "1", "")
    assert world.collect(until=NOON + timedelta(hours=1)).new == 1
    assert world.watermark().token == ETAG


def test_the_token_of_the_last_page_is_kept_until_there_is_another() -> None:
    feed = FakePostFeed([row(1, 1)])
    world = World([feed])
    feed.token = ETAG
    world.collect()
    assert world.watermark().token == ETAG
    feed.rows.clear()
    world.collect()
    assert world.watermark().token == ETAG


class Killed(BaseException):
    """As from SIGKILL: nobody handles it."""


class Mortal:
    """Calls to what it wraps are counted together; the one numbered `last` never happens, or is the last that does."""

    def __init__(self, last: int, after: bool) -> None:
        self.last = last
        self.after = after
        self.calls = 0

    def wrap(self, wrapped: Any) -> Any:
        outer = self

        class Wrapper:
            def __getattr__(self, name: str) -> Any:
                method = getattr(wrapped, name)

                def call(*arguments: Any, **options: Any) -> Any:
                    outer.calls += 1
                    dies = outer.calls == outer.last
                    if dies and not outer.after:
                        raise Killed
                    result = method(*arguments, **options)
                    if dies:
                        raise Killed
                    return result

                return call

        return Wrapper()


@pytest.mark.parametrize("after", [False, True])
def test_killed_anywhere_and_run_again_it_stores_everything_once(after: bool) -> None:
    rows = [row(number, number, body="" if number == 5 else "text") for number in range(8)]
    undisturbed = World([FakePostFeed(rows, page_size=3)])
    undisturbed.collect()
    last, finished = 0, False
    while not finished:
        last += 1
        world = World([FakePostFeed(rows, page_size=3)])
        mortal = Mortal(last, after)
        try:
            world.service(mortal.wrap)(BOTH)
            finished = True
        except Killed:
            world.collect()
        assert world.posts.newest(100) == undisturbed.posts.newest(100)
        assert world.states.all() == undisturbed.states.all()
        assert world.quarantine.newest() == undisturbed.quarantine.newest()
        assert {verdict.batch for verdict in world.quality.newest(100)} >= {
            verdict.batch for verdict in undisturbed.quality.newest(100)
        }
        # Killed at its very end, the second run finds the newest minutes once more.
        assert world.objects.contents.items() >= undisturbed.objects.contents.items()
    assert last > 10
