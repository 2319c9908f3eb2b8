"""Posts from a file (platform `file`), to be replayed: JSON lines or CSV, the posts of any platform.

The feed's source is a path, absolute or relative to the folder that holds the data folder (where algo-trading.toml
lies), or `package:NAME` for a file that ships in algo_trading/data/posts.
"""

import csv
import hashlib
import io
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path
from typing import Any

import pyarrow as pa

from algo_trading.adapters.post_rows import as_text, rows_table
from algo_trading.domain.post import PostKind, Watermark
from algo_trading.errors import ConfigError, SourceError
from algo_trading.gateways.post_feeds import RAW_POST_COLUMNS, FeedPage
from algo_trading.plugins import FeedContext, Plugin, PluginConfig

PACKAGE = "package:"
REQUIRED = ("platform", "id", "author", "published", "body")
MEDIA_TYPES = {".jsonl": "application/x-ndjson", ".csv": "text/csv"}
BROKEN_TEXT = 2000  # characters of an unreadable line that are kept


@dataclass(frozen=True)
class Record:
    """A line of the file, or the several lines of a quoted CSV record, as it stands there.

    `cells` is None where it cannot be read. `number` counts lines from 1.
    """

    number: int
    text: str
    cells: Mapping[str, Any] | None


class PostFile:
    """Implements PostFeed for a file.

    A page is the file with blank lines in the place of what was not asked for, so that line numbers stay. The
    watermark's token is a hash of the file. While the file stays as it was, a poll gives what is newer than the
    watermark; once it has changed, every line up to the time asked for, also those that cannot be read or tell of days
    to come: what is new may stand anywhere, and storage knows the rest.
    """

    replay = True

    def __init__(self, feed: FeedContext) -> None:
        self.name = feed.name
        self.kind = feed.kind or PostKind.POST
        source = feed.source.strip()
        self._path: Any = feed.home.parent / source  # an absolute source stays as it is
        if source.startswith(PACKAGE):
            name = source.removeprefix(PACKAGE)
            if not name or Path(name).name != name:
                raise ConfigError(f"the feed {feed.name!r} does not name a packaged file: write package:NAME")
            self._path = files("algo_trading") / "data" / "posts" / name
        self._label = source
        self._suffix = Path(source).suffix.lower()
        if self._suffix not in MEDIA_TYPES:
            raise ConfigError(
                f"the feed {feed.name!r} does not name a file of posts: its name must end in .jsonl or .csv"
            )

    def poll(self, since: Watermark, until: datetime) -> Iterator[FeedPage]:
        try:
            content = self._path.read_bytes()
        except OSError as error:
            raise SourceError(
                f"the file of posts {self._path} cannot be read: {(error.strerror or str(error)).lower()}"
            ) from None
        digest = hashlib.sha256(content).hexdigest()
        is_changed = since.token != digest
        after = None if is_changed else since.published_at
        asked = [record for record in self._records(content) if _is_asked(record, is_changed, after, until)]
        if any(record.cells is not None for record in asked):
            # Asked for an earlier time, what was put in between that and the watermark is still to come.
            is_complete = since.published_at is None or since.published_at <= until
            token = digest if is_complete else ""
            yield FeedPage(self._content(content, asked), MEDIA_TYPES[self._suffix], self._suffix, token)

    def parse(self, page: FeedPage) -> pa.Table:
        records = self._records(page.content)
        if not records:
            raise SourceError(f"a page of {self._label} without a post was never sent")
        return rows_table(self._row(record) for record in records)

    def _records(self, content: bytes) -> list[Record]:
        text = content.decode("utf-8-sig", errors="replace")
        records = list(_csv_records(text, self._label) if self._suffix == ".csv" else _json_records(text))
        if records and all(record.cells is None for record in records):
            raise SourceError(f"{self._label} holds no posts: no line can be read as one with {', '.join(REQUIRED)}")
        return records

    def _content(self, content: bytes, asked: Iterable[Record]) -> bytes:
        """The part of the file that was asked for, each record on the line where it stands in the file."""
        parts: list[str] = []
        line = 1
        if self._suffix == ".csv":
            header = next(iter(_lines(content.decode("utf-8-sig", errors="replace"))))
            parts.append(header)
            line += header.count("\n")
        for record in asked:
            parts.append("\n" * (record.number - line) + record.text)
            line = record.number + record.text.count("\n")
        return "".join(parts).encode()

    def _row(self, record: Record) -> dict[str, object]:
        place = f"{self._label}:{record.number}"
        if record.cells is None:
            return {"body": record.text[:BROKEN_TEXT], "place": place}
        return {name: record.cells.get(name) for name in RAW_POST_COLUMNS} | {"place": place}


def _lines(text: str) -> list[str]:
    """Lines with their ends; only newlines end one (other breaks stand inside posts)."""
    return io.StringIO(text.replace("\r\n", "\n").replace("\r", "\n")).readlines()


def _json_records(text: str) -> Iterator[Record]:
    for number, line in enumerate(_lines(text), start=1):
        if line.strip():
            try:
                cells = json.loads(line)
            except (ValueError, RecursionError):
                cells = None
            is_post = isinstance(cells, dict) and any(name in cells for name in REQUIRED)
            yield Record(number, line, cells if is_post else None)


def _csv_records(text: str, label: str) -> Iterator[Record]:
    lines = _lines(text)
    reader = csv.reader(lines)
    header = _next(reader)
    if header is None or any(name not in header for name in REQUIRED) or len(set(header)) != len(header):
        raise SourceError(f"{label} is not a table of posts: its first line must name {', '.join(REQUIRED)}")
    end = reader.line_num
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:  # a field beyond the csv module's limit
            cells = [""]
        number, end = end + 1, reader.line_num
        if cells:
            fits = len(cells) == len(header)
            yield Record(
                number, "".join(lines[number - 1 : end]), dict(zip(header, cells, strict=True)) if fits else None
            )


def _next(reader: Iterator[list[str]]) -> list[str] | None:
    try:
        return next(reader, None)
    except csv.Error:
        return None


def _is_asked(record: Record, is_changed: bool, after: datetime | None, until: datetime) -> bool:
    published = _time(record.cells.get("published")) if record.cells else None
    if published is None:
        return is_changed
    if published > datetime.now(UTC):
        return is_changed  # for the gate, which has a word for it
    return published <= until and (after is None or published > after)


def _time(value: object) -> datetime | None:
    try:
        moment = datetime.fromisoformat((as_text(value) or "").strip())
    except ValueError:
        return None
    return moment if moment.tzinfo else None


def build(_config: PluginConfig, feed: FeedContext) -> PostFile:
    """The file, wherever the data folder is."""
    return PostFile(feed)


plugin = Plugin(PluginConfig, build)
