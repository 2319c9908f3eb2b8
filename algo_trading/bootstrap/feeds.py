"""Feeds by the platform that the configuration names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from algo_trading.errors import ConfigError, SourceError
from algo_trading.plugins import FeedContext, load_plugin
from algo_trading.settings.plugin_tables import plugin_config

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    import pyarrow as pa

    from algo_trading.domain.post import PostKind, Watermark
    from algo_trading.gateways.post_feeds import FeedPage, PostFeed
    from algo_trading.settings import FeedSettings, Settings

GROUP, TABLE = "algo_trading.platforms", "platforms"


class UnusableFeed:
    """Implements PostFeed for a feed that cannot be used as it is configured: every poll says why.

    A token that is not set then stops this feed and no other, nor the bars.
    """

    replay = False

    def __init__(self, feed: FeedContext, kind: PostKind, reason: str) -> None:
        self.name = feed.name
        self.kind = feed.kind or kind
        self.reason = reason

    def poll(self, since: Watermark, until: datetime) -> Iterator[FeedPage]:  # noqa: ARG002 - as every feed
        raise SourceError(self.reason)

    def parse(self, page: FeedPage) -> pa.Table:  # noqa: ARG002 - as every feed
        raise SourceError(self.reason)


def build_feed(settings: Settings, feed: FeedSettings) -> PostFeed:
    """The feed of one line of the configuration.

    Raises:
        UnknownNameError: there is no such platform.
    """
    plugin = load_plugin(GROUP, feed.platform)
    context = FeedContext(feed.name, settings.home, feed.source, feed.kind)
    try:
        made: PostFeed = plugin.build(plugin_config(settings, TABLE, feed.platform, plugin.config_type), context)
    except ConfigError as error:
        return UnusableFeed(context, plugin.kind, str(error))
    return made
