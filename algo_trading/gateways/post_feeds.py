"""Sources of posts and news articles."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

import pyarrow as pa

from algo_trading.domain.post import PostKind, Watermark

# A post as it came, every value as text; the gate parses it. `published` is ISO 8601 with its offset where the source
# gives a time at all; `place` is the file and line or the request it came from.
RAW_POST_COLUMNS = ("platform", "id", "author", "published", "title", "body", "url")
RAW_POST_SCHEMA = pa.schema([*((name, pa.string()) for name in RAW_POST_COLUMNS), ("place", pa.string())])


@dataclass(frozen=True, slots=True)
class FeedPage:
    """A reply as it came over the wire; it is archived before anything new in it is stored.

    `suffix` is that of the archived file, with the dot; `token` is kept in the watermark once the poll is complete.
    `remark` is a sentence about posts that this poll could not reach and no other will.
    """

    content: bytes
    media_type: str
    suffix: str
    token: str = ""
    remark: str = ""


class PostFeed(Protocol):
    """One account, community, search, feed or file, as a line of the configuration names it.

    `name` is unique among the feeds. `replay` feeds tell of the past: their posts count as seen when published, and
    they end.
    """

    name: str
    kind: PostKind
    replay: bool

    def poll(self, since: Watermark, until: datetime) -> Iterator[FeedPage]:
        """Pages with what is newer than `since` (and, as feeds reach back a little, some that is not).

        Nothing published after `until` is asked for. A reply without posts ends the poll. Pages may come in any order:
        the watermark moves only when the last one has been stored.

        Raises:
            RateLimitedError: the platform asks to slow down and keeps asking.
            SourceError: the platform cannot be reached, refuses the credentials, or answers something else.
        """
        ...

    def parse(self, page: FeedPage) -> pa.Table:
        """Read a page of this feed (RAW_POST_SCHEMA), also one archived long ago; no row is judged.

        Raises:
            SourceError: the page is not what the platform sends.
        """
        ...
