"""A feed that cannot be used stops no other one."""

from datetime import UTC, datetime

import pytest

from algo_trading.bootstrap.feeds import UnusableFeed, build_feed
from algo_trading.domain.post import PostKind, Watermark
from algo_trading.errors import SourceError, UnknownNameError
from algo_trading.settings import FeedSettings, load_settings

pytestmark = pytest.mark.unit

NOW = datetime(2013, 1, 2, tzinfo=UTC)


def test_a_feed_without_its_token_says_which_when_it_is_polled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ALGO_PLATFORMS__X__BEARER_TOKEN", raising=False)
    feed = build_feed(load_settings(), FeedSettings(platform="x", source="@somebody"))
    assert (feed.name, feed.kind, feed.replay) == ("x @somebody", PostKind.POST, False)
    with pytest.raises(SourceError, match="ALGO_PLATFORMS__X__BEARER_TOKEN"):
        list(feed.poll(Watermark(), NOW))


@pytest.mark.parametrize(
    ("platform", "source", "kind"),
    [
        ("newsapi", "doge", PostKind.ARTICLE),
        ("rss", "no address", PostKind.ARTICLE),
        ("reddit", "r/stocks", PostKind.POST),
        ("file", "posts.txt", PostKind.POST),
    ],
)
def test_it_brings_what_its_platform_brings(
    monkeypatch: pytest.MonkeyPatch, platform: str, source: str, kind: PostKind
) -> None:
    for variable in ("ALGO_PLATFORMS__NEWSAPI__API_KEY", "ALGO_PLATFORMS__REDDIT__CLIENT_ID"):
        monkeypatch.delenv(variable, raising=False)
    other = next(one for one in PostKind if one is not kind)
    for wanted, expected in ((None, kind), (other, other)):
        feed = build_feed(load_settings(), FeedSettings(platform=platform, source=source, kind=wanted))
        assert isinstance(feed, UnusableFeed)
        assert feed.kind is expected


def test_a_platform_that_nobody_knows_is_a_mistake_in_the_configuration() -> None:
    with pytest.raises(
        UnknownNameError,
        match=r"no platform 'redit'; did you mean 'reddit'\? known are: file, newsapi, reddit, ",
    ):
        build_feed(load_settings(), FeedSettings(platform="redit", source="r/stocks"))


def test_options_that_are_wrong_stop_the_feeds_of_their_platform(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALGO_PLATFORMS__RSS__ATTEMPTS", "0")
    feed = build_feed(load_settings(), FeedSettings(platform="rss", source="https://news.example/feed"))
    with pytest.raises(SourceError, match=r"ALGO_PLATFORMS__RSS__ATTEMPTS: platforms\.rss\.attempts: must be 1"):
        list(feed.poll(Watermark(), NOW))
