"""Collecting posts: what is stored, counted and remembered, whatever goes wrong."""

from collections.abc import Sequence
from datetime import timedelta

import pyarrow as pa
import pytest

from algo_trading.domain.post import Post, PostKind, Watermark
from algo_trading.errors import RateLimitedError, SourceError
from algo_trading.gateways.post_feeds import FeedPage
from algo_trading.services.collect import CollectReport
from contracts.post_feed import NOON
from fakes.post_feed import FakePostFeed
from fakes.posts import FakePosts
from support.collect_world import World, row

pytestmark = pytest.mark.unit


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
