"""Real feeds on local platforms."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest
from pydantic import SecretStr

from algo_trading.repositories.post_feeds import PostFeed
from algo_trading.settings import FeedSettings, Settings, load_settings
from contracts.post_feed import ATTEMPTS, Stage
from servers.newsapi import KEY
from servers.post_platform import Platform, Told, serving
from servers.reddit import CLIENT_ID, CLIENT_SECRET
from servers.x import TOKEN, snowflake

Build = Callable[[Settings, FeedSettings], PostFeed]
NO_WAITING = {"pause_seconds": 0, "attempts": ATTEMPTS}


def at_home(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    """The loopback is meant and settings come from the test, whatever proxy, praw.ini or file the machine has."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("ALGO_HOME", str(folder / "var"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(folder))
    monkeypatch.delenv("ALGO_CONFIG", raising=False)
    monkeypatch.chdir(folder)


def configured(**sections: Mapping[str, object]) -> Settings:
    """The packaged settings with other values in some sections."""
    settings = load_settings()
    changed = {name: getattr(settings, name).model_copy(update=dict(values)) for name, values in sections.items()}
    return settings.model_copy(update=changed)


@contextmanager
def staged(  # noqa: PLR0917 - as a test reads: which platform, feed and source
    platform: Platform,
    build: Build,
    source: str,
    id_of: Callable[[Told], str],
    section: Callable[[str], dict[str, Mapping[str, object]]],
    secrets: tuple[str, ...] = (),
) -> Iterator[Stage]:
    """A feed of a running platform; `section` gives the settings for its address."""
    name = build.__module__.rpartition(".")[2]
    with serving(platform) as url:
        settings = configured(**section(url))
        feed = FeedSettings(platform=name, source=source.replace("URL", url))
        yield Stage(lambda: build(settings, feed), platform.posts.extend, id_of, platform, secrets)


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
