"""The gate through which every post and article comes in."""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from algo_trading.domain.post import Post, PostKey
from algo_trading.domain.quality import QualityResult, QuarantinedRow
from algo_trading.gateways.post_feeds import RAW_POST_COLUMNS
from algo_trading.plugins import plugin_names
from algo_trading.quality.post_rules import LARGEST_TEXT, POST_REPEATS, POST_SUITE, POST_VALUES, PostReason
from algo_trading.quality.post_verdict import PostBatch, PostVerdict, key_of
from algo_trading.quality.rules import Columns, Suite, is_none, nothing, spread
from algo_trading.quality.verdict import FaultPages, NoPages
from algo_trading.sentiment.cleaning import clean, is_readable, language_of, one_line

LONGEST_AUTHOR = 200
LONGEST_URL = 2000
UNREADABLE_SHOWN = 100


@dataclass(frozen=True)
class Row:
    """A row as it came and what was read of it; None where that failed."""

    cells: Mapping[str, str]
    place: str
    platform: str
    id: str | None
    published: datetime | None
    title: str
    body: str
    bytes: int
    garbled: float

    @property
    def is_line(self) -> bool:
        """Whether it is a line of a file that was no record: a body and nothing else."""
        return not any(value for name, value in self.cells.items() if name != "body")


class PostGate:
    """Implements JudgesPosts; what is held back is shown on `pages`.

    `platforms` are those that are known (None: the installed).
    """

    def __init__(self, platforms: Collection[str] | None = None, pages: FaultPages = NoPages()) -> None:  # noqa: B008 - has no state
        self._given = platforms
        self._pages = pages

    def judge(self, batch: PostBatch) -> PostVerdict:
        """Good posts of a batch, and the other rows with their reasons."""
        rows = [_read(cells) for cells in batch.rows.to_pylist()]
        reasons = nothing(len(rows))
        repeated = 0
        posts: list[Post] = []
        if rows:
            reasons = self._ask(POST_VALUES, self._value_columns(rows, batch.now), batch)
            valid = np.flatnonzero(is_none(reasons))
            if len(valid):
                kept, conflicting, repeated = _first_copies([rows[place] for place in valid])
                repeats = self._ask(POST_REPEATS, {"repeat": _objects(conflicting)}, batch)
                reasons = spread(repeats, reasons, valid)
                posts = [_post(rows[valid[place]], batch) for place in kept]
        bad = np.flatnonzero(~is_none(reasons)).tolist()
        counts = Counter(str(reasons[place]) for place in bad)
        result = QualityResult(
            suite=POST_SUITE,
            source=batch.feed,
            batch=batch.name,
            evaluated=len(rows),
            passed=len(rows) - len(bad),
            expectations={str(reason): counts[reason] for reason in PostReason},
        )
        held = tuple(_quarantined(batch.feed, rows[place], str(reasons[place])) for place in bad)
        return PostVerdict(posts, held, result, repeated)

    @cached_property
    def _platforms(self) -> frozenset[str]:
        return frozenset(plugin_names("algo_trading.platforms") if self._given is None else self._given)

    def _value_columns(self, rows: list[Row], now: datetime) -> Columns:
        known = self._platforms
        published = [row.published for row in rows]
        return {
            "unreadable": _objects([row.cells["body"][:UNREADABLE_SHOWN] if row.is_line else None for row in rows]),
            "unknown_platform": _objects([None if row.platform in known else row.platform for row in rows]),
            "id": _objects([row.id for row in rows]),
            "published_year": np.array([moment.year if moment else np.nan for moment in published]),
            "minutes_ahead": np.array(
                [(moment - now).total_seconds() / 60 if moment else np.nan for moment in published]
            ),
            "bytes": np.array([row.bytes for row in rows]),
            "garbled": np.array([row.garbled for row in rows]),
            "characters": np.array([len(row.title) + len(row.body) for row in rows]),
        }

    def _ask(self, suite: Suite, columns: Columns, batch: PostBatch) -> NDArray[np.object_]:
        reasons = suite.first_broken(columns)
        if not is_none(reasons).all():
            self._pages.add(batch.name, suite, columns, reasons, batch.now)
        return reasons


def _objects(values: list[str | None]) -> NDArray[np.object_]:
    array = np.empty(len(values), dtype=object)
    array[:] = values
    return array


def _read(raw: Mapping[str, str | None]) -> Row:
    cells = {name: raw[name] or "" for name in RAW_POST_COLUMNS}
    title, body = cells["title"], cells["body"]
    size = len(title.encode()) + len(body.encode())
    garbled = 0.0
    if size <= LARGEST_TEXT:
        cleaned = clean(body)
        garbled = max(cleaned.garbled, clean(title).garbled)
        title, body = one_line(title), cleaned.text
        if not is_readable(title):
            title = ""
        if not is_readable(body):
            body = ""
    key = key_of(cells["platform"], cells["id"])
    return Row(
        cells=cells,
        place=raw["place"] or "",
        platform=cells["platform"].strip().lower(),
        id=key.id if key else None,
        published=_time(cells["published"]),
        title=title,
        body=body,
        bytes=size,
        garbled=garbled,
    )


def _time(text: str) -> datetime | None:
    """A time in UTC; None where the text is none, or does not say in which zone."""
    try:
        moment = datetime.fromisoformat(text.strip())
        return moment.astimezone(UTC) if moment.tzinfo else None
    except (ValueError, OverflowError):
        return None


def _first_copies(rows: list[Row]) -> tuple[list[int], list[str | None], int]:
    """Positions of the first copy of each post, the id of each row that contradicts its first, and other repeats."""
    first: dict[tuple[str, str | None], int] = {}
    conflicting: list[str | None] = []
    repeated = 0
    for position, row in enumerate(rows):
        before = rows[first.setdefault((row.platform, row.id), position)]
        differs = (row.title, row.body) != (before.title, before.body)
        conflicting.append(row.id if differs else None)
        repeated += before is not row and not differs
    return list(first.values()), conflicting, repeated


def _post(row: Row, batch: PostBatch) -> Post:
    assert row.id is not None
    assert row.published is not None
    url = row.cells["url"].strip()
    is_link = url.startswith(("http://", "https://")) and url.isprintable() and len(url) <= LONGEST_URL
    return Post(
        key=PostKey(row.platform, row.id),
        feed=batch.feed,
        kind=batch.kind,
        author=one_line(row.cells["author"])[:LONGEST_AUTHOR],
        published_at=row.published,
        seen_at=row.published if batch.replay else batch.now,
        title=row.title,
        body=row.body,
        url=url if is_link else "",
        language=language_of(f"{row.title}\n{row.body}"),
    )


def _quarantined(feed: str, row: Row, reason: str) -> QuarantinedRow:
    return QuarantinedRow(
        source=feed,
        place=row.place,
        symbol=row.cells["id"],
        session=row.cells["published"],
        reason=reason,
        row=row.cells,
    )
