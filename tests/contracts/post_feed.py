"""What every PostFeed does, and what those behind HTTP do beyond."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from algo_trading.domain.post import Watermark
from algo_trading.errors import RateLimitedError, SourceError
from algo_trading.gateways.post_feeds import RAW_POST_SCHEMA, FeedPage, PostFeed
from algo_trading.sentiment.cleaning import clean
from servers.post_platform import Platform, Reply, Told

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
UNTIL = NOON + timedelta(hours=1)
BROKEN_OFF = Reply(200, b" " * 100, cut=40)
ATTEMPTS = 3
GARBAGE = [b"", b"\xff\xfe\x00", b"<html>Will be right back</html>", b"[]", b"{}", b"null", b"17"]


@dataclass(frozen=True)
class Stage:
    """A platform with a feed on it.

    `open` opens the feed anew at each call, `publish` adds posts to the platform, `id_of` is the platform's id of a
    post. `secrets` must never be seen.
    """

    open: Callable[[], PostFeed]
    publish: Callable[[Iterable[Told]], None]
    id_of: Callable[[Told], str]
    platform: Platform
    secrets: tuple[str, ...] = ()


def told(number: int, minutes: float = 0, text: str = "") -> Told:
    """A post so many minutes after noon."""
    return Told(number, NOON + timedelta(minutes=minutes), text or f"Post number {number} about the market")


def ids(feed: PostFeed, since: Watermark = Watermark(), until: datetime = UNTIL) -> list[str]:  # noqa: B008 - it is frozen
    """The ids of a poll, page after page."""
    return [row["id"] for row in rows(feed, since, until)]


def rows(feed: PostFeed, since: Watermark = Watermark(), until: datetime = UNTIL) -> list[dict[str, str]]:  # noqa: B008
    """The rows of a poll, page after page."""
    return [row for page in feed.poll(since, until) for row in feed.parse(page).to_pylist()]


def watermark(stage: Stage, newest: Told) -> Watermark:
    """What is kept after a poll whose newest post is this one."""
    return Watermark(newest.published, stage.id_of(newest))


class PostFeedContract:
    """Subclasses give the fixture `stage`.

    `replay` says whether the feed is one; `bounded` whether the first poll leaves the oldest posts out; `ends` whether
    the platform can be asked for what came before a time.
    """

    replay = False
    bounded = True
    ends = True

    @pytest.fixture
    def feed(self, stage: Stage) -> PostFeed:
        return stage.open()

    def test_it_is_called_by_platform_and_source(self, feed: PostFeed) -> None:
        platform, _, source = feed.name.partition(" ")
        assert platform.isidentifier()
        assert source
        assert feed.replay is self.replay

    def test_an_empty_platform_gives_nothing(self, feed: PostFeed) -> None:
        assert ids(feed) == []

    def test_posts_come_as_text(self, stage: Stage, feed: PostFeed) -> None:
        published = [told(1, 1), told(2, 2)]
        stage.publish(published)
        (table,) = [feed.parse(page) for page in feed.poll(Watermark(), UNTIL)]
        assert table.schema == RAW_POST_SCHEMA
        found = {row["id"]: row for row in table.to_pylist()}
        assert set(found) == {stage.id_of(post) for post in published}
        for post in published:
            row = found[stage.id_of(post)]
            assert row["platform"] == feed.name.partition(" ")[0]
            assert row["author"] == "alice"
            assert datetime.fromisoformat(row["published"]) == post.published
            assert post.text in row["body"]
            assert row["url"].startswith("https://")
        places = table["place"].to_pylist()
        assert all(places)
        assert len(set(places)) == len(places)

    def test_a_page_can_be_archived_and_read_by_anyone(self, stage: Stage) -> None:
        stage.publish([told(1), told(2, 3)])
        (page,) = stage.open().poll(Watermark(), UNTIL)
        assert page.content
        assert page.media_type.count("/") == 1
        assert page.suffix.startswith(".")
        archived = FeedPage(bytes(page.content), page.media_type, page.suffix)
        assert stage.open().parse(archived) == stage.open().parse(page)

    def test_later_polls_bring_what_is_newer(self, stage: Stage, feed: PostFeed) -> None:
        first = [told(number, number) for number in range(1, 6)]
        stage.publish(first)
        assert set(ids(feed)) == {stage.id_of(post) for post in first}
        newer = [told(number, number) for number in range(20, 25)]
        stage.publish(newer)
        assert set(ids(stage.open(), watermark(stage, first[-1]))) >= {stage.id_of(post) for post in newer}

    def test_a_long_absence_is_read_page_by_page(self, stage: Stage, feed: PostFeed) -> None:
        posts = [told(number, number / 10) for number in range(350)]
        stage.publish(posts)
        found = ids(feed, watermark(stage, posts[0]))
        assert set(found) >= {stage.id_of(post) for post in posts[1:]}
        assert len(found) == len(set(found))

    def test_the_first_poll_is_bounded(self, stage: Stage, feed: PostFeed) -> None:
        posts = [told(number, number / 10) for number in range(350)]
        stage.publish(posts)
        found = ids(feed)
        assert stage.id_of(posts[-1]) in found
        assert (len(found) <= 200) is self.bounded

    def test_the_order_of_posts_does_not_matter(self, stage: Stage, feed: PostFeed) -> None:
        posts = [told(number, minutes) for number, minutes in ((7, 3), (2, 9), (9, 1), (1, 5))]
        stage.publish(posts)
        assert set(ids(feed)) == {stage.id_of(post) for post in posts}

    def test_nothing_is_left_of_a_time_long_read(self, stage: Stage, feed: PostFeed) -> None:
        early, late = told(1, -600), told(2, 10)
        stage.publish([early, late])
        assert stage.id_of(late) not in ids(feed, watermark(stage, late), until=early.published) or not self.ends

    def test_ids_beyond_doubles_stay_apart(self, stage: Stage, feed: PostFeed) -> None:
        posts = [told(2**53, 1), told(2**53 + 1, 1)]
        stage.publish(posts)
        found = ids(feed)
        assert set(found) == {stage.id_of(post) for post in posts}
        assert len(found) == 2

    def test_entities_and_signs_survive(self, stage: Stage, feed: PostFeed) -> None:
        stage.publish([told(1, text="Tom &amp; Jerry: “buy” 🚀 &lt;3")])
        (row,) = rows(feed)
        assert clean(row["body"]).text == "Tom & Jerry: “buy” 🚀 <3"

    @pytest.mark.parametrize("content", GARBAGE)
    def test_what_it_never_sent_is_an_error_of_the_source(self, stage: Stage, feed: PostFeed, content: bytes) -> None:
        stage.publish([told(1)])
        (page,) = feed.poll(Watermark(), UNTIL)
        with pytest.raises(SourceError) as refusal:
            feed.parse(replace(page, content=content))
        assert "\n" not in str(refusal.value)


class LiveFeedContract(PostFeedContract):
    """Of feeds that tell of the present."""

    def test_a_post_that_appears_late_is_not_lost(self, stage: Stage, feed: PostFeed) -> None:
        newest = told(5, 10)
        stage.publish([newest])
        assert ids(feed) == [stage.id_of(newest)]
        late = told(6, 7)
        stage.publish([late])
        assert stage.id_of(late) in ids(feed, watermark(stage, newest))


class HttpFeedContract(LiveFeedContract):
    """Of feeds that ask a server. They are opened with three attempts and no pauses.

    `paged` says whether many posts come as several pages.
    """

    paged = True

    @pytest.fixture(autouse=True)
    def _one_post(self, stage: Stage, request: pytest.FixtureRequest) -> None:
        """Tests of this class begin with one post on the platform."""
        if request.function.__name__ in vars(HttpFeedContract):
            stage.publish([told(1)])

    def failure(self, stage: Stage) -> SourceError:
        """The error of a poll."""
        with pytest.raises(SourceError) as failed:
            ids(stage.open())
        sentence = str(failed.value)
        assert "\n" not in sentence
        cause: BaseException | None = failed.value
        while cause is not None:
            assert not any(secret in f"{cause} {cause!r}" for secret in stage.secrets)
            cause = cause.__cause__
        return failed.value

    def test_it_waits_when_asked_to_slow_down(self, stage: Stage) -> None:
        stage.platform.faults = [Reply(429, b"slow down", {"Retry-After": "0"})]
        assert ids(stage.open()) == [stage.id_of(told(1))]
        assert len(stage.platform.asked) >= 2

    def test_it_gives_up_when_asked_again_and_again(self, stage: Stage) -> None:
        stage.platform.fault = Reply(429, b"{}", {"Retry-After": "0"})
        assert isinstance(self.failure(stage), RateLimitedError)
        assert len(stage.platform.asked) == ATTEMPTS

    def test_it_does_not_wait_for_an_hour(self, stage: Stage) -> None:
        stage.platform.fault = Reply(429, b"", {"Retry-After": "3600"})
        assert isinstance(self.failure(stage), RateLimitedError)
        assert len(stage.platform.asked) == 1

    @pytest.mark.parametrize("status", [500, 502, 503])
    def test_it_tries_again_when_the_server_stumbles(self, stage: Stage, status: int) -> None:
        stage.platform.faults = [Reply(status, b"oops")]
        assert ids(stage.open()) == [stage.id_of(told(1))]

    def test_a_server_out_of_order_is_an_error(self, stage: Stage) -> None:
        stage.platform.fault = Reply(503, b"oops")
        assert not isinstance(self.failure(stage), RateLimitedError)
        assert len(stage.platform.asked) == ATTEMPTS

    @pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 451])
    def test_a_refusal_is_an_error(self, stage: Stage, status: int) -> None:
        stage.platform.fault = Reply(status, b'{"message": "no"}')
        assert not isinstance(self.failure(stage), RateLimitedError)
        assert len(stage.platform.asked) <= 2

    def test_a_reply_that_breaks_off_is_asked_for_again(self, stage: Stage) -> None:
        stage.platform.faults = [BROKEN_OFF]
        assert ids(stage.open()) == [stage.id_of(told(1))]

    def test_replies_that_keep_breaking_off_are_an_error(self, stage: Stage) -> None:
        stage.platform.fault = BROKEN_OFF
        self.failure(stage)
        assert len(stage.platform.asked) == ATTEMPTS

    @pytest.mark.parametrize("content", GARBAGE)
    def test_something_else_is_archived_and_then_an_error(self, stage: Stage, content: bytes) -> None:
        stage.platform.fault = Reply(200, content)
        poll = stage.open().poll(Watermark(), UNTIL)
        assert next(poll).content == content
        with pytest.raises(SourceError):
            next(poll)
        self.failure(stage)

    def test_half_a_document_is_an_error(self, stage: Stage) -> None:
        (page,) = stage.open().poll(Watermark(), UNTIL)
        stage.platform.fault = Reply(200, page.content[: len(page.content) * 2 // 3])
        self.failure(stage)

    def test_a_failure_on_a_later_page_is_one_of_the_poll(self, stage: Stage) -> None:
        stage.publish([told(number, number / 10) for number in range(2, 300)])
        poll = stage.open().poll(watermark(stage, told(1)), UNTIL)
        next(poll)
        stage.platform.fault = Reply(429, b"", {"Retry-After": "3600"})
        if not self.paged:
            assert list(poll) == []
            return
        with pytest.raises(RateLimitedError):
            list(poll)

    def test_times_are_of_the_platform(self, stage: Stage) -> None:
        stage.publish([told(number, number) for number in (2, 3)])
        times = sorted(row["published"] for row in rows(stage.open()))
        assert all(before < after for before, after in pairwise(times))
