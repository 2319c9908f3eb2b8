"""Real feeds on local platforms."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from algo_trading.gateways.post_feeds import PostFeed
from algo_trading.plugins import FeedContext, Plugin
from algo_trading.settings import FeedSettings, load_settings
from contracts.post_feed import ATTEMPTS, Stage
from servers.newsapi import KEY
from servers.post_platform import Platform, Told, serving
from servers.reddit import CLIENT_ID, CLIENT_SECRET
from servers.x import TOKEN, snowflake

Platforms = Plugin[Any, FeedContext, PostFeed]
Section = Callable[[str], dict[str, Mapping[str, object]]]  # the table of a platform at an address
NO_WAITING = {"pause_seconds": 0, "attempts": ATTEMPTS}


def at_home(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    """The loopback is meant and settings come from the test, whatever proxy, praw.ini or file the machine has."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("ALGO_HOME", str(folder / "var"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(folder))
    monkeypatch.delenv("ALGO_CONFIG", raising=False)
    monkeypatch.chdir(folder)


def feed_of(plugin: Platforms, table: Mapping[str, Mapping[str, object]], source: str) -> PostFeed:
    """The feed of a source on a platform whose table holds these options."""
    ((name, options),) = table.items()
    feed = FeedSettings(platform=name, source=source)
    return plugin.build(plugin.config_type(**options), FeedContext(feed.name, load_settings().home, source))


@contextmanager
def staged(  # noqa: PLR0917 - as a test reads: which platform, feed and source
    platform: Platform,
    plugin: Platforms,
    source: str,
    id_of: Callable[[Told], str],
    section: Section,
    secrets: tuple[str, ...] = (),
) -> Iterator[Stage]:
    """A feed of a running platform; `section` gives the settings for its address."""
    with serving(platform) as url:
        table, place = section(url), source.replace("URL", url)
        yield Stage(lambda: feed_of(plugin, table, place), platform.posts.extend, id_of, platform, secrets)


def of_reddit(url: str, **other: object) -> dict[str, Mapping[str, object]]:
    keys = {"client_id": SecretStr(CLIENT_ID), "client_secret": SecretStr(CLIENT_SECRET)}
    return {"reddit": {"base_url": url, "oauth_url": url, **keys, **NO_WAITING, **other}}


def of_x(url: str, **other: object) -> dict[str, Mapping[str, object]]:
    return {"x": {"base_url": url, "bearer_token": SecretStr(TOKEN), **NO_WAITING, **other}}


def of_newsapi(url: str, **other: object) -> dict[str, Mapping[str, object]]:
    return {"newsapi": {"base_url": url, "api_key": SecretStr(KEY), **NO_WAITING, **other}}


def of_rss(_url: str) -> dict[str, Mapping[str, object]]:
    return {"rss": {"allow_private": True, **NO_WAITING}}


def x_id(post: Told) -> str:
    return str(snowflake(post.published, post.id))
