"""Posts, what they say about instruments, and how far each feed has been read."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from algo_trading.domain.instrument import Instrument
from algo_trading.domain.post import Author, Mention, Post, PostKey, PostKind, Watermark
from algo_trading.domain.sentiment import Topic
from algo_trading.domain.signal import StrategyId
from algo_trading.domain.time import Interval


@dataclass(frozen=True, slots=True)
class Annotation:
    """What was understood of one post: its tone in [-1, 1] and topic as a whole, and its mentions."""

    post: PostKey
    sentiment: float
    topic: Topic
    mentions: tuple[Mention, ...]


class PostRepository(Protocol):
    """Posts and articles, written once, and read (understood) once."""

    def add(self, posts: Sequence[Post]) -> int:
        """Store posts whose key is new and return how many were; a stored one is never rewritten."""
        ...

    def known(self, keys: Collection[PostKey]) -> Mapping[PostKey, datetime]:
        """Those of the keys under which posts are stored, and when these were published."""
        ...

    def find(self, key: PostKey) -> Post | None:
        """The post with this key."""
        ...

    def found(self, keys: Collection[PostKey]) -> Mapping[PostKey, Post]:
        """Those of the keys under which posts are stored, with the posts."""
        ...

    def unread(self, limit: int, until: datetime | None = None) -> list[Post]:
        """Posts that nobody has read yet, available no later than `until`, in the order of availability and key."""
        ...

    def store_annotations(self, readings: Sequence[Annotation]) -> int:
        """Store what was understood, in one transaction, and return the new mentions; a read post stays as it is."""
        ...

    def newest(self, limit: int) -> list[Post]:
        """The newest posts by publication, newest first."""
        ...

    def counts(self) -> Mapping[PostKind, int]:
        """Stored posts by kind; every kind is there."""
        ...


class MentionRepository(Protocol):
    """What posts say about instruments."""

    def of_instruments(
        self, instruments: Sequence[Instrument], after: datetime | None, until: datetime
    ) -> list[Mention]:
        """Mentions with `after` < available_at <= `until`, sorted by instrument, available_at and post."""
        ...

    def newest_of(self, instrument: Instrument, after: datetime | None, until: datetime, limit: int) -> list[Mention]:
        """The newest mentions of an instrument by availability, newest first, within bounds as above."""
        ...

    def undecided(
        self,
        strategy: StrategyId,
        interval: Interval,
        since: Mapping[Instrument, datetime | None],
        until: datetime,
    ) -> list[Mention]:
        """Mentions on which the strategy has no signal for series of the interval, sorted as those of `of_instruments`.

        They became available by `until` and, for each instrument, from `since` on (None: whenever).
        """
        ...

    def of_posts(self, posts: Sequence[PostKey]) -> list[Mention]:
        """The mentions in some posts, sorted by post and instrument."""
        ...

    def counts_of(self, authors: Collection[Author], until: datetime) -> Mapping[Author, Mapping[Instrument, int]]:
        """How often each author has mentioned what, in posts available before `until`."""
        ...

    def by_authors(self, authors: Collection[Author], since: datetime, until: datetime) -> list[Mention]:
        """Mentions by these authors with `since` <= available_at < `until`, in the order of that time."""
        ...

    def count(self) -> int:
        """Stored mentions."""
        ...


@dataclass(frozen=True, slots=True)
class FeedState:
    """Where a feed stands: how far it was read, and when it was last tried.

    `error` is the sentence of the last try's failure, or its remark about posts that it could not reach.
    """

    name: str
    watermark: Watermark
    tried_at: datetime
    error: str = ""


class FeedStateRepository(Protocol):
    """How far each feed has been read."""

    def get(self, name: str) -> FeedState | None:
        """The state of a feed that has been tried."""
        ...

    def put(self, state: FeedState) -> None:
        """Replace the state, but for a watermark that is further on: of two polls at once the further one counts.

        So does the later `asked_until`, by itself.
        """
        ...

    def all(self) -> list[FeedState]:
        """Every state, sorted by name."""
        ...
