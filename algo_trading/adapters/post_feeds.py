"""Feeds by the platform that the configuration names."""

from collections.abc import Iterator
from datetime import datetime

import pyarrow as pa

from algo_trading.domain.post import PostKind
from algo_trading.errors import ConfigError, SourceError, UnknownNameError
from algo_trading.plugins import load_plugin
from algo_trading.repositories.post_feeds import FeedPage, PostFeed, Watermark
from algo_trading.settings import FeedSettings, Settings


class UnusableFeed:
    """Implements PostFeed for a feed that cannot be used as it is configured: every poll says why.

    A token that is not set then stops this feed and no other, nor the bars.
    """

    replay = False

    def __init__(self, feed: FeedSettings, reason: str) -> None:
        self.name = feed.name
        self.kind = feed.kind or PostKind.POST
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
        return UnusableFeed(feed, str(error))
    return made
