"""Feeds of each platform that read a reply without a server."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from algo_trading.adapters import newsapi, reddit, rss, x
from algo_trading.gateways.post_feeds import FeedPage, PostFeed
from algo_trading.plugins import FeedContext, Plugin

PLATFORMS: Mapping[str, Plugin[Any, FeedContext, PostFeed]] = {
    "reddit": reddit.plugin,
    "x": x.plugin,
    "rss": rss.plugin,
    "newsapi": newsapi.plugin,
}


KEY = SecretStr("key")


KEYS: Mapping[str, Mapping[str, SecretStr]] = {
    "reddit": {"client_id": KEY, "client_secret": KEY},
    "x": {"bearer_token": KEY},
    "newsapi": {"api_key": KEY},
}


def a_feed(platform: str, source: str) -> PostFeed:
    plugin = PLATFORMS[platform]
    options = plugin.config_type(**KEYS.get(platform, {}))
    return plugin.build(options, FeedContext(f"{platform} {source}", Path("var"), source))


def every_feed() -> Mapping[str, PostFeed]:
    sources = {"reddit": "r/stocks", "x": "@alice", "rss": "https://news.example/rss", "newsapi": "doge"}
    return {name: a_feed(name, source) for name, source in sources.items()}


def parse(feed: PostFeed, content: bytes) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = feed.parse(FeedPage(content, "application/json", ".json")).to_pylist()
    return rows
