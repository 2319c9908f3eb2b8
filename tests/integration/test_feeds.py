"""The feeds with their real clients against local platforms."""

import gzip
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest
from pydantic import SecretStr

from algo_trading.adapters import http_client, newsapi, reddit, rss, x
from algo_trading.domain.post import Watermark
from algo_trading.errors import ConfigError, SourceError
from contracts.post_feed import UNTIL, HttpFeedContract, Stage, ids, told, watermark
from servers.feeds import PATH, LocalFeed, guid
from servers.newsapi import KEY, LocalNewsApi, address
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
