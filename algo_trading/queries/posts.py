"""Posts and articles with what was understood of them."""

from dataclasses import dataclass
from typing import Protocol

from algo_trading.domain.post import Mention, Post
from algo_trading.domain.sentiment import Topic
from algo_trading.queries.pages import PagedList


@dataclass(frozen=True, slots=True)
class PostLine:
    """A post with its tone in [-1, 1] and topic as a whole (None: nobody has read it yet), and its mentions."""

    post: Post
    sentiment: float | None = None
    topic: Topic | None = None
    mentions: tuple[Mention, ...] = ()


class PostPages(PagedList[PostLine], Protocol):
    """Posts and articles, newest publication first.

    Filters: `symbol` (that is mentioned), `confidence` (of a mention, at least), `platform`, `author`, `kind`,
    `sentiment` (a Tone), `from`, `to` (dates of publication).
    """

    def platforms(self) -> list[str]:
        """Names of platforms that posts are stored of."""
        ...
