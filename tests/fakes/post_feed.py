"""A PostFeed in memory."""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta

import pyarrow as pa

from algo_trading.domain.post import PostKind, Watermark
from algo_trading.errors import SourceError
from algo_trading.gateways.post_feeds import RAW_POST_SCHEMA, FeedPage

OVERLAP = timedelta(minutes=5)
FIRST = 100  # rows of the first poll


class FakePostFeed:
    """Serves the rows it is given (cells of RAW_POST_COLUMNS), newest first, `page_size` at a time.

    After `pages_before` pages it raises `failing`, if there is one; `broken` is sent before the first page; with `ends`
    false it is a platform that knows no `until`; the last page has the `remark`.
    `since` holds the watermarks it was asked from, `pages_given` counts the pages.
    """

    def __init__(
        self,
        rows: Sequence[Mapping[str, str]] = (),
        *,
        name: str = "fake source",
        kind: PostKind = PostKind.POST,
        replay: bool = False,
        page_size: int = 50,
    ) -> None:
        self.rows = list(rows)
        self.name = name
        self.kind = kind
        self.replay = replay
        self.page_size = page_size
        self.token = self.remark = ""
        self.failing: SourceError | None = None
        self.pages_before = 0
        self.ends = True
        self.broken: bytes | None = None
        self.since: list[Watermark] = []
        self.pages_given = 0

    def poll(self, since: Watermark, until: datetime) -> Iterator[FeedPage]:
        self.since.append(since)
        if self.broken is not None:
            yield FeedPage(self.broken, "application/json", ".json")
        asked = sorted(self._asked(since, until), key=lambda row: row["published"], reverse=True)
        if since.published_at is None and not self.replay:
            asked = asked[:FIRST]
        for given, start in enumerate(range(0, len(asked), self.page_size)):
            if self.failing is not None and given == self.pages_before:
                raise self.failing
            content = json.dumps({"posts": asked[start : start + self.page_size]}).encode()
            self.pages_given += 1
            is_last = start + self.page_size >= len(asked)
            yield FeedPage(content, "application/json", ".json", self.token, self.remark if is_last else "")
        if self.failing is not None:
            raise self.failing

    def parse(self, page: FeedPage) -> pa.Table:
        try:
            posts = json.loads(page.content)["posts"]
            rows = [{**post, "place": f"{self.name} {post['id']}"} for post in posts]
        except (ValueError, LookupError, TypeError) as error:
            raise SourceError(f"{self.name} sent no page: {error}") from error
        return pa.Table.from_pylist(rows, schema=RAW_POST_SCHEMA)

    def _asked(self, since: Watermark, until: datetime) -> list[Mapping[str, str]]:
        begin = since.published_at and since.published_at - (timedelta() if self.replay else OVERLAP)
        return [
            row
            for row in self.rows
            if (begin is None or datetime.fromisoformat(row["published"]) > begin)
            and (datetime.fromisoformat(row["published"]) <= until or not self.ends)
        ]
