"""What goes into the gate for posts and what comes out."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

import pyarrow as pa

from algo_trading.domain.post import Post, PostKey, PostKind
from algo_trading.domain.quality import QualityResult, QuarantinedRow

LONGEST_ID = 500


@dataclass(frozen=True)
class PostBatch:
    """Rows of posts as they came (RAW_POST_SCHEMA) and what is needed to judge them.

    `name` tells the batch among those of the feed; `now` bounds the future and is when the posts were seen, unless
    `replay` (seen when published).
    """

    rows: pa.Table
    feed: str
    kind: PostKind
    replay: bool
    name: str
    now: datetime


@dataclass(frozen=True)
class PostVerdict:
    """Posts to store (unique keys, in the order of the rows), rows held back, and the counts.

    posts + repeated + quarantined = rows; `repeated` are further copies that say the same.
    """

    posts: list[Post]
    quarantined: tuple[QuarantinedRow, ...]
    result: QualityResult
    repeated: int = 0


def key_of(platform: str | None, identity: str | None) -> PostKey | None:
    """The key that a row's cells stand for; None where the id is not printable text of up to LONGEST_ID characters."""
    text = (identity or "").strip()
    usable = text and text.isprintable() and "\ufffd" not in text and len(text) <= LONGEST_ID
    return PostKey((platform or "").strip().lower(), text) if usable else None


class JudgesPosts(Protocol):
    """Judges batches of posts."""

    def judge(self, batch: PostBatch) -> PostVerdict:
        """Let good rows through and name the first rule that each other row breaks."""
        ...
