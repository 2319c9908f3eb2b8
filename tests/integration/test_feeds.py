"""The feeds with their real clients against local platforms."""

import gzip
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr

from algo_trading.adapters import http_client, newsapi, reddit, rss, x
from algo_trading.adapters.post_rows import utc_text
from algo_trading.domain.post import Watermark
from algo_trading.errors import ConfigError, RateLimitedError, SourceError
from contracts.post_feed import UNTIL, HttpFeedContract, Stage, ids, rows, told, watermark
from servers.feeds import PATH, LocalFeed, guid
from servers.newsapi import KEY, LocalNewsApi, address, complaint
from servers.post_platform import Platform, Reply, Told, serving
from servers.reddit import CLIENT_SECRET, LocalReddit, fullname
from servers.x import TOKEN, LocalX
from support.local_feeds import Platforms, Section, at_home, feed_of, of_newsapi, of_reddit, of_rss, of_x, staged, x_id

pytestmark = pytest.mark.integration


@pytest.fixture(autouse=True)
def _home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    at_home(monkeypatch, tmp_path)


class TestReddit(HttpFeedContract):
    ends = False

    @pytest.fixture
    def stage(self) -> Iterator[Stage]:
        with staged(LocalReddit(), reddit.plugin, "r/stocks", fullname, of_reddit, (CLIENT_SECRET, "token-")) as it:
            yield it


class TestX(HttpFeedContract):
    @pytest.fixture
    def stage(self) -> Iterator[Stage]:
        with staged(LocalX(), x.plugin, "@alice", x_id, of_x, (TOKEN,)) as it:
            yield it


class TestRss(HttpFeedContract):
    bounded = False  # by its length alone
    paged = False
    ends = False

    @pytest.fixture
    def stage(self) -> Iterator[Stage]:
        with staged(LocalFeed(), rss.plugin, f"URL{PATH}?key=secret-key", guid, of_rss, ("secret-key",)) as it:
            yield it


class TestNewsApi(HttpFeedContract):
    @pytest.fixture
    def stage(self) -> Iterator[Stage]:
        with staged(LocalNewsApi(), newsapi.plugin, "dogecoin OR tesla", address, of_newsapi, (KEY,)) as it:
            yield it


@pytest.mark.parametrize(
    ("platform", "plugin", "source", "id_of", "section"),
    [
        (LocalReddit(), reddit.plugin, "u/alice", fullname, of_reddit),
        (LocalX(), x.plugin, "search: doge lang:en", x_id, of_x),
    ],
)
def test_other_sources_of_a_platform_are_read_in_pages_too(
    platform: Platform,
    plugin: Platforms,
    source: str,
    id_of: Callable[[Told], str],
    section: Section,
) -> None:
    with staged(platform, plugin, source, id_of, section) as stage:
        posts = [told(number, number / 10) for number in range(250)]
        stage.publish(posts)
        assert stage.id_of(posts[-1]) in ids(stage.open())
        found = ids(stage.open(), watermark(stage, posts[0]))
        assert set(found) >= {stage.id_of(post) for post in posts[1:]}


@pytest.mark.parametrize(
    ("platform", "plugin", "source", "id_of", "section"),
    [
        (LocalReddit(), reddit.plugin, "r/stocks", fullname, of_reddit),
        (LocalX(), x.plugin, "@alice", x_id, of_x),
        (LocalX(), x.plugin, "search: doge", x_id, of_x),
        (LocalNewsApi(), newsapi.plugin, "doge", address, of_newsapi),
        (LocalNewsApi(limit=200), newsapi.plugin, "doge", address, of_newsapi),
    ],
)
def test_what_a_poll_cannot_reach_is_told(  # noqa: PLR0917 - as a test reads: which platform, feed and source
    platform: Platform,
    plugin: Platforms,
    source: str,
    id_of: Callable[[Told], str],
    section: Section,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for module in (reddit, x, newsapi):
        monkeypatch.setattr(module, "MOST_PAGES", 2)
    with staged(platform, plugin, source, id_of, section) as stage:
        posts = [told(number, number / 10) for number in range(250)]
        stage.publish(posts)
        first = list(stage.open().poll(Watermark(), UNTIL))
        assert [page.remark for page in first] == [""]  # it takes one page, and is told to
        *pages, last = stage.open().poll(watermark(stage, posts[0]), UNTIL)
        assert all(not page.remark for page in pages)
        assert last.remark.startswith("what was published after 2026-11-20T12:00:00Z and before 2026-11-20T12:05:00Z")
        all_read = list(stage.open().poll(watermark(stage, posts[60]), UNTIL))
        assert all(not page.remark for page in all_read)


def test_reddit_renews_an_expired_token_once() -> None:
    local = LocalReddit()
    with staged(local, reddit.plugin, "r/stocks", fullname, of_reddit) as stage:
        stage.publish([told(number, number / 10) for number in range(150)])
        feed = stage.open()
        poll = feed.poll(watermark(stage, told(0)), UNTIL)
        pages = [next(poll)]
        local.expire()
        pages += poll
        assert len(pages) == 2
        assert local.tokens_given == 2


def test_reddit_names_the_variables_when_it_refuses_the_application() -> None:
    local = LocalReddit()
    wrong = lambda url: of_reddit(url, client_secret=SecretStr("another-secret"))  # noqa: E731 - short
    with staged(local, reddit.plugin, "r/stocks", fullname, wrong) as stage:
        with pytest.raises(SourceError, match="ALGO_PLATFORMS__REDDIT__CLIENT_SECRET") as refusal:
            ids(stage.open())
        assert "another-secret" not in str(refusal.value)


@pytest.mark.parametrize("body", [b"", b"{}", b"[]", b"<html>", b'{"error": "invalid_grant"}', b'{"access_token": 1}'])
def test_a_token_that_is_none_is_an_error(body: bytes) -> None:
    local = LocalReddit()
    local.token_reply = Reply(200, body)
    with (
        staged(local, reddit.plugin, "r/stocks", fullname, of_reddit) as stage,
        pytest.raises(SourceError),
    ):
        ids(stage.open())


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        (Reply(403, b'{"reason": "private", "error": 403}'), "private"),
        (Reply(404, b'{"reason": "banned", "error": 404}'), "banned"),
        (Reply(302, b"", {"Location": "https://www.reddit.com/subreddits/search?q=stocks"}), "no r/stocks"),
    ],
)
def test_reddit_says_why_there_is_nothing_to_read(reply: Reply, said: str) -> None:
    local = LocalReddit()
    with staged(local, reddit.plugin, "r/stocks", fullname, of_reddit) as stage:
        local.fault = reply
        with pytest.raises(SourceError, match=said):
            ids(stage.open())


def test_reddit_does_not_sleep_until_the_quota_is_free() -> None:
    local = LocalReddit()
    local.quota = {"x-ratelimit-remaining": "0.0", "x-ratelimit-used": "1000", "x-ratelimit-reset": "550"}
    with staged(local, reddit.plugin, "r/stocks", fullname, of_reddit) as stage:
        stage.publish([told(number, number / 10) for number in range(150)])
        poll = stage.open().poll(watermark(stage, told(0)), UNTIL)
        next(poll)
        with pytest.raises(RateLimitedError, match="9 minutes"):
            next(poll)


def test_x_asks_for_the_account_once() -> None:
    local = LocalX()
    with staged(local, x.plugin, "@alice", x_id, of_x) as stage:
        stage.publish([told(1)])
        (page,) = stage.open().poll(Watermark(), UNTIL)
        stage.publish([told(2, 1)])
        assert x_id(told(2, 1)) in ids(stage.open(), Watermark(told(1).published, x_id(told(1)), page.token))
        assert local.tokens_given == 1


def test_x_reads_posts_longer_than_a_tweet() -> None:
    local = LocalX()
    with staged(local, x.plugin, "@alice", x_id, of_x) as stage:
        stage.publish([told(1)])
        page = next(stage.open().poll(Watermark(), UNTIL))
        content = page.content.replace(b'"lang": "en"', b'"note_tweet": {"text": "much longer"}')
        table = stage.open().parse(type(page)(content, page.media_type, page.suffix))
        assert table["body"].to_pylist() == ["much longer"]


def test_x_has_no_such_account() -> None:
    with (
        staged(LocalX(), x.plugin, "@bob", x_id, of_x) as stage,
        pytest.raises(SourceError, match="no account @bob, Not Found Error"),
    ):
        ids(stage.open())


def test_x_says_when_the_token_has_expired() -> None:
    def with_another(url: str) -> dict[str, Mapping[str, object]]:
        return of_x(url, bearer_token=SecretStr("expired-secret"))

    with (
        staged(LocalX(), x.plugin, "@alice", x_id, with_another) as stage,
        pytest.raises(SourceError, match="ALGO_PLATFORMS__X__BEARER_TOKEN") as refusal,
    ):
        ids(stage.open())
    assert "expired-secret" not in str(refusal.value)


def test_x_waits_for_its_reset() -> None:
    local = LocalX()
    with staged(local, x.plugin, "@alice", x_id, of_x) as stage:
        stage.publish([told(1)])
        local.faults = [Reply(429, b"{}", {"x-rate-limit-reset": "1"})]  # 1970: it is over
        assert len(ids(stage.open())) == 1
        local.fault = Reply(429, b"{}", {"x-rate-limit-reset": "99999999999"})
        with pytest.raises(RateLimitedError, match="try again in"):
            ids(stage.open())


def test_a_feed_that_did_not_change_is_not_sent_again() -> None:
    local = LocalFeed()
    with staged(local, rss.plugin, f"URL{PATH}", guid, of_rss) as stage:
        stage.publish([told(1)])
        (page,) = stage.open().poll(Watermark(), UNTIL)
        seen = Watermark(told(1).published, guid(told(1)), page.token)
        assert list(stage.open().poll(seen, UNTIL)) == []
        assert local.asked[-1].headers["if-none-match"]
        stage.publish([told(2, 1)])
        assert ids(stage.open(), seen) == [guid(told(2, 1)), guid(told(1))]


def test_a_feed_may_move() -> None:
    local = LocalFeed()
    with staged(local, rss.plugin, f"URL{PATH}", guid, of_rss) as stage:
        stage.publish([told(1)])
        local.faults = [Reply(301, b"", {"Location": PATH})]
        assert len(ids(stage.open())) == 1


def test_a_feed_that_moves_in_circles_is_an_error() -> None:
    local = LocalFeed()
    with staged(local, rss.plugin, f"URL{PATH}", guid, of_rss) as stage:
        local.fault = Reply(302, b"", {"Location": PATH})
        with pytest.raises(SourceError, match="TooManyRedirects"):
            ids(stage.open())


@pytest.mark.parametrize(
    ("platform", "plugin", "source", "section"),
    [(LocalFeed(), rss.plugin, f"URL{PATH}", of_rss), (LocalReddit(), reddit.plugin, "r/stocks", of_reddit)],
)
class TestEndlessReplies:
    def test_a_huge_reply_is_not_read_to_its_end(
        self,
        platform: Platform,
        plugin: Platforms,
        source: str,
        section: Section,
    ) -> None:
        with staged(platform, plugin, source, guid, section) as stage:
            packed = gzip.compress(bytes(17 * 2**20))
            for reply in (Reply(200, b"x" * (17 * 2**20)), Reply(200, packed, {"Content-Encoding": "gzip"})):
                platform.fault = reply
                with pytest.raises(SourceError, match="more than 16 MB"):
                    ids(stage.open())

    def test_a_reply_that_drips_is_given_up(
        self,
        platform: Platform,
        plugin: Platforms,
        source: str,
        section: Section,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setattr(http_client, "LONGEST_REPLY", 0.05)
        platform.fault = Reply(200, b"x" * 1000, pause=0.01)
        began = time.monotonic()
        with (
            staged(platform, plugin, source, guid, section) as stage,
            pytest.raises(SourceError, match="took longer than"),
        ):
            ids(stage.open())
        assert time.monotonic() - began < 5  # of 30: three times a thousand bytes


@pytest.mark.parametrize(
    ("code", "status", "error", "said"),
    [
        ("apiKeyInvalid", 401, SourceError, "ALGO_PLATFORMS__NEWSAPI__API_KEY"),
        ("apiKeyExhausted", 401, RateLimitedError, "slow down"),
        ("parameterInvalid", 400, SourceError, "check the query"),
    ],
)
def test_newsapi_says_what_is_wrong(code: str, status: int, error: type[SourceError], said: str) -> None:
    local = LocalNewsApi()
    with staged(local, newsapi.plugin, "doge", address, of_newsapi) as stage:
        local.fault = complaint(status, code, "Something. And more.")
        with pytest.raises(error, match=said) as refusal:
            ids(stage.open())
        assert type(refusal.value) is error


def test_newsapi_keeps_to_what_the_plan_allows() -> None:
    local = LocalNewsApi(limit=100)
    with staged(local, newsapi.plugin, "doge", address, of_newsapi) as stage:
        stage.publish([told(number, number / 10) for number in range(250)])
        assert len(ids(stage.open(), watermark(stage, told(0)))) == 100


def test_newsapi_does_not_look_back_further_than_it_may() -> None:
    local = LocalNewsApi()
    with staged(local, newsapi.plugin, "doge", address, of_newsapi) as stage:
        stage.publish([told(1)])
        assert len(ids(stage.open(), Watermark(UNTIL - timedelta(days=90), "old"))) == 1
        assert local.asked[0].query["from"] == "2026-10-23T13:00:00Z"


@pytest.mark.parametrize("later", [0, 1])
def test_newsapi_says_what_it_may_not_look_back_to(later: int) -> None:
    """Also where there is nothing new, but not where it was asked in the meantime and nobody had written anything."""
    local = LocalNewsApi()
    with staged(local, newsapi.plugin, "doge", address, of_newsapi) as stage:
        stage.publish([told(number, number / 10) for number in range(later)])
        old = Watermark(UNTIL - timedelta(days=90), "old")
        (page,) = stage.open().poll(old, UNTIL)
        assert stage.open().parse(page).num_rows == later
        assert page.remark == (
            "what was published after 2026-08-22T13:00:00Z and before 2026-10-23T13:00:00Z was not read: "
            "NewsAPI is asked for 28 days at most"
        )
        gap = replace(old, asked_until=UNTIL - timedelta(days=40))
        assert "after 2026-10-11T13:00:00Z and" in next(stage.open().poll(gap, UNTIL)).remark
        asked = replace(old, asked_until=UNTIL - timedelta(days=28))
        assert [page.remark for page in stage.open().poll(asked, UNTIL)] == [""] * later


def test_newsapi_says_once_what_it_did_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(newsapi, "MOST_PAGES", 1)
    local = LocalNewsApi()
    with staged(local, newsapi.plugin, "doge", address, of_newsapi) as stage:
        stage.publish([told(number, number / 10) for number in range(250)])
        (page,) = stage.open().poll(Watermark(UNTIL - timedelta(days=90), "old"), UNTIL)
        assert page.remark.startswith("what was published after 2026-08-22T13:00:00Z and before 2026-11-20T12:15:00Z")


@pytest.mark.parametrize("later", [0, 1])
def test_xs_search_says_what_it_does_not_know_any_more(later: int) -> None:
    local = LocalX()
    with staged(local, x.plugin, "search: doge", x_id, of_x) as stage:
        now = datetime.now(UTC)
        stage.publish([replace(told(1), published=now - timedelta(hours=1))] * later)
        old = Watermark(now - timedelta(days=9), "old")
        (page,) = stage.open().poll(old, now)
        assert stage.open().parse(page).num_rows == later
        assert page.remark.startswith(f"what was published after {utc_text(now - timedelta(days=9))} and before ")
        assert page.remark.endswith(" was not read: X's search gives seven days at most")
        asked = replace(old, asked_until=now - timedelta(days=6))
        assert [page.remark for page in stage.open().poll(asked, now)] == [""] * later
    with staged(LocalX(), x.plugin, "@alice", x_id, of_x) as stage:
        assert list(stage.open().poll(old, now)) == []


def test_newsapi_names_the_publisher() -> None:
    with staged(LocalNewsApi(), newsapi.plugin, "doge", address, of_newsapi) as stage:
        stage.publish([told(1)])
        (row,) = rows(stage.open())
        assert (row["author"], row["title"]) == ("alice", "A title")


REDDIT = "ALGO_PLATFORMS__REDDIT__"


@pytest.mark.parametrize(
    ("plugin", "source", "section", "variable"),
    [
        (reddit.plugin, "r/stocks", of_reddit("", client_id=SecretStr("")), f"{REDDIT}CLIENT_ID"),
        (
            reddit.plugin,
            "r/stocks",
            of_reddit("", client_secret=SecretStr(" ")),
            "ALGO_PLATFORMS__REDDIT__CLIENT_SECRET",
        ),
        (x.plugin, "@alice", of_x("", bearer_token=SecretStr("")), "ALGO_PLATFORMS__X__BEARER_TOKEN"),
        (x.plugin, "@alice", of_x("", bearer_token=SecretStr("two\nlines")), "ALGO_PLATFORMS__X__BEARER_TOKEN"),
        (newsapi.plugin, "doge", of_newsapi("", api_key=SecretStr("")), "ALGO_PLATFORMS__NEWSAPI__API_KEY"),
    ],
)
def test_a_missing_credential_is_named(
    plugin: Platforms, source: str, section: dict[str, Mapping[str, object]], variable: str
) -> None:
    with pytest.raises(ConfigError, match=variable) as refusal:
        feed_of(plugin, section, source)
    assert "lines" not in str(refusal.value)


@pytest.mark.parametrize(
    ("plugin", "source", "section"),
    [
        (reddit.plugin, "r/stocks", of_reddit),
        (x.plugin, "@alice", of_x),
        (rss.plugin, "URL/rss?token=the-secret", of_rss),
        (newsapi.plugin, "doge", of_newsapi),
    ],
)
def test_nobody_answers(plugin: Platforms, source: str, section: Section) -> None:
    with serving(LocalFeed()) as url:
        pass
    feed = feed_of(plugin, section(url), source.replace("URL", url))
    with pytest.raises(SourceError, match=r"cannot be reached at 127\.0\.0\.1") as failed:
        ids(feed)
    assert not any(secret in str(failed.value) for secret in (CLIENT_SECRET, TOKEN, KEY, "the-secret"))
