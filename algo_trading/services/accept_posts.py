"""Posts that came are judged; good ones are stored, the others held back, and the feed's state moves, all at once."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import pyarrow as pa

from algo_trading.domain.post import PostKey
from algo_trading.quality.post_verdict import JudgesPosts, PostBatch, key_of
from algo_trading.repositories.batches import BatchRepository, JudgedPosts
from algo_trading.repositories.posts import FeedState, PostRepository
from algo_trading.repositories.quality import QuarantineRepository
from algo_trading.services.ingest import reasons_of


@dataclass(frozen=True)
class JudgedPage:
    """What a batch holds, before any of it is stored.

    `seen` are its good posts up to the time asked for, known ones included, and when they were published; `later` is
    how many good ones came from after it.
    """

    seen: Sequence[tuple[PostKey, datetime]]
    later: int


@dataclass(frozen=True)
class AcceptedPosts:
    """What became of the rows of a batch: fetched = new + known + quarantined + later."""

    fetched: int
    new: int
    known: int
    quarantined: int
    later: int
    reasons: Mapping[str, int] = field(default_factory=dict)


def _stays(_page: JudgedPage) -> None:
    """Leave the feed's state as it is."""


@dataclass(frozen=True)
class AcceptPosts:
    """The one way in for posts and articles."""

    post_gate: JudgesPosts
    posts: PostRepository
    quarantine: QuarantineRepository
    batches: BatchRepository

    def __call__(
        self,
        batch: PostBatch,
        until: datetime | None = None,
        *,
        archive: Callable[[], None],
        state: Callable[[JudgedPage], FeedState | None] = _stays,
    ) -> AcceptedPosts:
        """Judge the rows that nobody knows, and store in one transaction all that comes of it.

        Posts from after `until` are left out (None: there are none). `archive` keeps the batch as it came; it is called
        before anything is stored, and only where there is a new post or a row that was not refused before. `state`
        tells where the feed stands with this batch stored (None: where it stood).
        """
        keys = list(map(key_of, batch.rows["platform"].to_pylist(), batch.rows["id"].to_pylist()))
        known = self.posts.known({key for key in keys if key})
        rows = batch.rows.filter(pa.array([key not in known for key in keys], pa.bool_()))
        verdict = self.post_gate.judge(
            PostBatch(rows, batch.feed, batch.kind, batch.replay, name=batch.name, now=batch.now)
        )
        due = [post for post in verdict.posts if until is None or post.published_at <= until]
        later = len(verdict.posts) - len(due)
        seen = [(key, at) for key, at in sorted(known.items()) if until is None or at <= until]
        after = state(JudgedPage([*seen, *((post.key, post.published_at) for post in due)], later))
        added = 0
        if due or not self.quarantine.holds(verdict.quarantined):
            archive()
            added = self.batches.store_posts(JudgedPosts(due, verdict.quarantined, verdict.result, after))
        elif after:
            self.batches.store_posts(JudgedPosts(state=after))
        return AcceptedPosts(
            fetched=len(keys),
            new=added,
            known=len(keys) - rows.num_rows + len(due) - added + verdict.repeated,
            quarantined=len(verdict.quarantined),
            later=later,
            reasons=reasons_of(verdict.quarantined),
        )
