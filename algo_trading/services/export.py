"""Validated bars as Parquet: one file per interval, venue and year, or month where bars are shorter than a day."""

import io
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

import pyarrow as pa
import pyarrow.parquet as pq

from algo_trading.domain.time import Interval
from algo_trading.repositories.bars import KEYS, BarRepository
from algo_trading.repositories.locks import ExclusiveWork
from algo_trading.repositories.objects import ObjectStore

RESOLUTION = timedelta(microseconds=1)
ROW_GROUP = 50_000  # who reads some symbols skips the groups of the others


@dataclass(frozen=True)
class ExportBars:
    """Write what the database holds of whole years or months."""

    bars: BarRepository
    objects: ObjectStore
    locks: ExclusiveWork

    def __call__(self, venue: str, interval: Interval, opened: Iterable[datetime]) -> list[str]:
        """Replace the files in which bars that opened at these moments lie, and return their keys.

        Rows are sorted by symbol and time, zstd-compressed, and the file's metadata hold the digests of its series.
        The database is read inside the lock: of two writers the later one always writes the newer state.
        """
        keys = []
        for first, last, name in sorted({span_of(interval, moment) for moment in opened}):
            key = f"{copies_of(venue, interval)}{name}.parquet"
            with self.locks.exclusively(key):
                table = self.bars.read_venue(venue, interval, first, last)
                if table.num_rows:
                    buffer = io.BytesIO()
                    pq.write_table(table, buffer, row_group_size=ROW_GROUP, **_encodings(table.schema))
                    self.objects.put(key, buffer.getvalue(), "application/vnd.apache.parquet")
                    keys.append(key)
        return keys


def _encodings(schema: pa.Schema) -> dict[str, Any]:
    """How Parquet keeps each column: prices are hardly ever repeated, so that a dictionary of them is work for nothing.

    Bytes of the same weight beside each other, and differences of times, take a third of the room and of the time.
    """
    numbers = {field.name: "BYTE_STREAM_SPLIT" for field in schema if pa.types.is_floating(field.type)}
    times = {field.name: "DELTA_BINARY_PACKED" for field in schema if pa.types.is_timestamp(field.type)}
    return {"compression": "zstd", "use_dictionary": list(KEYS), "column_encoding": numbers | times}


def copies_of(venue: str, interval: Interval) -> str:
    """What the keys of the files of a venue and interval begin with."""
    return f"bars/interval={interval}/venue={quote(venue, safe='')}/"


def span_of(interval: Interval, moment: datetime) -> tuple[datetime, datetime, str]:
    """First and last moment and the name of the file in which a bar that opened at `moment` lies."""
    begin = moment.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    if interval.intraday:
        after = begin.replace(year=begin.year + begin.month // 12, month=begin.month % 12 + 1)
        return begin, after - RESOLUTION, f"year={begin:%Y}/month={begin:%m}"
    begin = begin.replace(month=1)
    return begin, begin.replace(year=begin.year + 1) - RESOLUTION, f"year={begin:%Y}"
