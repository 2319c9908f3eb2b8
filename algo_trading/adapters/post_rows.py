"""What the feeds of posts have in common: rows of text, JSON, times."""

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa

from algo_trading.domain.post import Watermark
from algo_trading.errors import SourceError
from algo_trading.gateways.post_feeds import RAW_POST_SCHEMA

LONGEST_ID = 200  # characters; where a platform has longer ones (addresses, mostly) their hash stands for them
SURROGATE = re.compile("[\ud800-\udfff]")


def rows_table(rows: Iterable[Mapping[str, object]]) -> pa.Table:
    """A table (RAW_POST_SCHEMA) of rows whose cells are JSON values; a missing cell is null, everything else text.

    An id that is neither text nor a whole number is missing, too: how it is written as text is nobody's promise.
    """
    cells: dict[str, list[str | None]] = {name: [] for name in RAW_POST_SCHEMA.names}
    for row in rows:
        for name, column in cells.items():
            value = row.get(name)
            usable = name != "id" or (isinstance(value, str | int) and not isinstance(value, bool))
            column.append(as_text(value) if usable else None)
    return pa.table(cells, schema=RAW_POST_SCHEMA)


def as_text(value: object) -> str | None:
    """A JSON value as text, None for null; halves of surrogate pairs, which JSON can name, become U+FFFD."""
    if value is None:
        return None
    text = value if isinstance(value, str) else json.dumps(value)
    if SURROGATE.search(text):
        text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def read_json(content: bytes, whose: str) -> Any:  # noqa: ANN401 - what JSON can hold
    """A JSON reply.

    Raises:
        SourceError: it is cut short, or not JSON.
    """
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        raise SourceError(f"{whose} reply is cut short or not JSON: {content[:60]!r}") from None


def usable_id(identity: str) -> str:
    """The id, or the SHA-256 of one that is too long for a key."""
    return identity if len(identity) <= LONGEST_ID else hashlib.sha256(identity.encode("utf-8", "replace")).hexdigest()


def reach_back(since: Watermark, overlap: timedelta) -> datetime | None:
    """From when on to ask: a little before the watermark, because posts can appear late. None: nothing was read yet."""
    return since.published_at and since.published_at - overlap


def is_mostly_older(times: Iterable[datetime | None], begin: datetime) -> bool:
    """Whether most of a page's posts are older than `begin`: the next page is then all known.

    Not the last post alone decides: listings have pinned posts on top and single ones out of order.
    """
    known = [moment for moment in times if moment is not None]
    return 2 * sum(moment < begin for moment in known) >= len(known)


def unread_rest(times: Iterable[datetime | None], since: datetime, why: str) -> str:
    """The remark of a poll that ends before it has reached `since`, else empty; `times` are those of its last posts."""
    oldest = min((moment for moment in times if moment is not None), default=None)
    if oldest is None or oldest <= since:
        return ""
    return f"what was published after {utc_text(since)} and before {utc_text(oldest)} was not read: {why}"


def beyond_reach(since: Watermark, oldest: datetime, why: str) -> str:
    """The remark of a poll that cannot reach back to the one before, else empty.

    `oldest` is the publication of the oldest posts that the platform still gives.
    """
    moments = [moment for moment in (since.published_at, since.asked_until) if moment is not None]
    if since.published_at is None or max(moments) >= oldest:
        return ""
    return f"what was published after {utc_text(max(moments))} and before {utc_text(oldest)} was not read: {why}"


def utc_text(moment: datetime) -> str:
    """ISO 8601 with Z, to the second, as APIs want it."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def epoch_text(seconds: object) -> str | None:
    """ISO 8601 of a Unix time; what is none comes as it is."""
    if isinstance(seconds, int | float) and not isinstance(seconds, bool):
        try:
            return datetime.fromtimestamp(seconds, UTC).isoformat()
        except (ValueError, OverflowError, OSError):
            pass
    return as_text(seconds)
