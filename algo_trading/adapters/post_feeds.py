"""Feeds by the platform that the configuration names."""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import TypeVar

import pyarrow as pa

from algo_trading.domain.post import PostKind
from algo_trading.errors import ConfigError, SourceError, UnknownNameError
from algo_trading.plugins import load_plugin
from algo_trading.repositories.post_feeds import FeedPage, PostFeed, Watermark
from algo_trading.settings import FeedSettings, Settings

Build = TypeVar("Build", bound=Callable[[Settings, FeedSettings], PostFeed])


def brings(kind: PostKind) -> Callable[[Build], Build]:
    """Declare above a platform's `build` what its feeds bring where their line names no kind; without it: posts."""

    def declare(build: Build) -> Build:
        vars(build)["kind"] = kind
        return build

    return declare


class UnusableFeed:
    """Implements PostFeed for a feed that cannot be used as it is configured: every poll says why.

    A token that is not set then stops this feed and no other, nor the bars.
    """

    replay = False

    def __init__(self, feed: FeedSettings, kind: PostKind, reason: str) -> None:
        self.name = feed.name
        self.kind = feed.kind or kind
        self._reason = reason

    def poll(self, since: Watermark, until: datetime) -> Iterator[FeedPage]:  # noqa: ARG002 - as every feed
        raise SourceError(self._reason)

    def parse(self, page: FeedPage) -> pa.Table:  # noqa: ARG002 - as every feed
        raise SourceError(self._reason)


def build_feed(settings: Settings, feed: FeedSettings) -> PostFeed:
    """The feed of one line of the configuration.

    Raises:
        UnknownNameError: there is no such platform.
    """
    build = load_plugin("algo_trading.post_feeds", feed.platform)
    try:
        made: PostFeed = build(settings, feed)
    except UnknownNameError:
        raise
    except ConfigError as error:
        return UnusableFeed(feed, getattr(build, "kind", PostKind.POST), str(error))
    return made
