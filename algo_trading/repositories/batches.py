"""Judged batches: each is stored as a whole or not at all."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

import pyarrow as pa

from algo_trading.domain.corporate_actions import CorporateAction
from algo_trading.domain.post import Post
from algo_trading.domain.quality import QualityResult, QuarantinedRow
from algo_trading.repositories.bars import Covered, UpsertCount
from algo_trading.repositories.posts import FeedState


@dataclass(frozen=True, slots=True)
class StreamOffset:
    """How far a stream has been read.

    `position` is a number of the stream's own that grows with it (milliseconds, a sequence number), below 2**63.
    """

    stream: str
    position: int


@dataclass(frozen=True)
class JudgedBars:
    """What the gate made of a batch of bars: good ones (BAR_SCHEMA, unique keys), rows held back and the verdict.

    Actions of the days that are `covered` and not among those that came are withdrawn. Without a `result` no verdict is
    recorded; without an `offset` none moves.
    """

    source: str
    good: pa.Table
    actions: Sequence[CorporateAction] = ()
    covered: Covered = field(default_factory=dict)
    quarantined: Sequence[QuarantinedRow] = ()
    result: QualityResult | None = None
    offset: StreamOffset | None = None


@dataclass(frozen=True)
class JudgedPosts:
    """As JudgedBars, of posts; `state` is where their feed stands with them."""

    posts: Sequence[Post] = ()
    quarantined: Sequence[QuarantinedRow] = ()
    result: QualityResult | None = None
    state: FeedState | None = None


class BatchRepository(Protocol):
    """Stores judged batches, each in one transaction: what belongs to a batch is there together, or nothing of it."""

    def store_bars(self, batch: JudgedBars) -> UpsertCount:
        """Store bars and actions as `upsert` of their repositories does, and count the bars.

        An offset that is further on stays where it is.
        """
        ...

    def store_posts(self, batch: JudgedPosts) -> int:
        """Store posts and the feed's state as `add` and `put` of their repositories do; returns how many were new."""
        ...

    def offset(self, stream: str) -> StreamOffset | None:
        """How far a stream has been read; None: it never was."""
        ...
