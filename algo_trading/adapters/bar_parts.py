"""Rows of a large table in parts that fit into memory, with all rows of a symbol and day in one part."""

import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator
from zlib import crc32

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from algo_trading.adapters.bar_header import NoBarsError
from algo_trading.domain.time import Interval
from algo_trading.gateways.market_data import RAW_SCHEMA
from algo_trading.quality.parse import parse_moments, parse_opened

PART_ROWS = 50_000
PART_BYTES = 32 * 2**20
# Of one symbol, or of several that share a bucket; a larger bucket is cut between days: candles of a minute are 525,600
# rows a year.
MOST_ROWS, MOST_BYTES = 100_000, 64 * 2**20
BUCKETS = 512
NEVER = np.datetime64("0001-01-01", "D")

Days = NDArray[np.datetime64]


def in_parts(batches: Iterable[pa.Table], interval: Interval | None = None) -> Iterator[pa.Table]:
    """The rows of `batches`; a table of more than PART_ROWS or PART_BYTES goes over a temporary file.

    All rows of a symbol are in one part, up to MOST_ROWS and MOST_BYTES. Those of a larger one come in the order of
    their days, as times of `interval` (None: days) are read, all of a day in one part.

    Raises:
        NoBarsError: a symbol has more rows of a day than can be judged, before the first part is yielded.
    """
    pending: list[pa.Table] = []
    rest = iter(batches)
    for batch in rest:
        pending.append(batch)
        if _is_full(pending):
            with tempfile.TemporaryFile() as file:
                yield from _over_disk(file, pending, rest, interval or Interval.DAY)
            return
    yield pa.concat_tables(pending) if pending else RAW_SCHEMA.empty_table()


def _is_full(tables: list[pa.Table]) -> bool:
    return sum(map(len, tables)) > PART_ROWS or sum(table.nbytes for table in tables) > PART_BYTES


def _over_disk(
    file: object, pending: list[pa.Table], rest: Iterator[pa.Table], interval: Interval
) -> Iterator[pa.Table]:
    places: list[list[int]] = [[] for _ in range(BUCKETS)]  # of each bucket's batches in the file
    rows, size = np.zeros(BUCKETS, dtype=np.int64), np.zeros(BUCKETS, dtype=np.int64)
    written = 0
    with pa.ipc.new_file(file, pending[0].schema) as writer:
        while pending:
            for bucket, part in _by_bucket(pa.concat_tables(pending)):
                writer.write_batch(part)
                places[bucket].append(written)
                written += 1
                rows[bucket] += part.num_rows
                size[bucket] += part.nbytes
            pending = []
            for batch in rest:
                pending.append(batch)
                if _is_full(pending):
                    break
    with pa.ipc.open_file(file) as reader:
        large = np.flatnonzero((rows > MOST_ROWS) | (size > MOST_BYTES)).tolist()
        last_days = {bucket: _last_days(reader, places[bucket], interval) for bucket in large}
        for group in _groups(rows, size):
            (first, *_) = group
            if first in last_days:  # then alone
                yield from _by_day(reader, places[first], last_days[first], interval)
            elif parts := [reader.get_batch(place) for bucket in group for place in places[bucket]]:
                yield pa.Table.from_batches(parts)


def _last_days(reader: pa.ipc.RecordBatchFileReader, places: list[int], interval: Interval) -> Days:
    """The last days of the parts into which the batches at these places are cut."""
    rows, size = Counter[np.datetime64](), Counter[np.datetime64]()
    for place in places:
        batch = reader.get_batch(place)
        days, counts = np.unique(_days(batch, interval), return_counts=True)
        for day, count in zip(days, counts.tolist(), strict=True):
            rows[day] += count
            size[day] += batch.nbytes * count // batch.num_rows
    if max(rows.values()) > MOST_ROWS or max(size.values()) > MOST_BYTES:
        raise NoBarsError(
            f"it has more than {MOST_ROWS:,} rows or {MOST_BYTES >> 20} MB of a symbol and day; split it by symbols"
        )
    ends: list[np.datetime64] = []
    taken = bytes_taken = 0
    before = min(rows)
    for day in sorted(rows):
        if taken and (taken + rows[day] > PART_ROWS or bytes_taken + size[day] > PART_BYTES):
            ends.append(before)
            taken = bytes_taken = 0
        taken, bytes_taken, before = taken + rows[day], bytes_taken + size[day], day
    return np.array([*ends, before], "datetime64[D]")


def _by_day(
    reader: pa.ipc.RecordBatchFileReader, places: list[int], last_days: Days, interval: Interval
) -> Iterator[pa.Table]:
    """The batches at these places, cut behind the `last_days`, over a temporary file of their own."""
    parts: list[list[int]] = [[] for _ in last_days]  # of each part's batches in the file
    written = 0
    with tempfile.TemporaryFile() as file:
        with pa.ipc.new_file(file, reader.schema) as writer:
            for place in places:
                batch = reader.get_batch(place)
                part = np.searchsorted(last_days, _days(batch, interval))
                for number in np.unique(part).tolist():
                    writer.write_batch(batch.take(pa.array(np.flatnonzero(part == number))))
                    parts[number].append(written)
                    written += 1
        with pa.ipc.open_file(file) as cut:
            for batches in parts:
                yield pa.Table.from_batches([cut.get_batch(place) for place in batches])


def _days(batch: pa.RecordBatch, interval: Interval) -> Days:
    """The day of each row; of those whose time cannot be read, one before all others."""
    column = pa.chunked_array([batch["session"]])
    opened, _ = parse_opened(column, interval)
    if np.isnat(opened).any() and not interval.intraday:  # bars within a day of which nothing said so before
        opened = np.where(np.isnat(opened), parse_moments(column)[0], opened)
    return np.where(np.isnat(opened), NEVER, opened.astype("datetime64[D]"))


def _by_bucket(table: pa.Table) -> Iterator[tuple[int, pa.RecordBatch]]:
    encoded = table["symbol"].combine_chunks().dictionary_encode()
    # As the gate reads symbols: in any case, without blanks around them.
    buckets = [
        crc32((name or "").strip().upper().encode("utf-8", "replace")) % BUCKETS
        for name in encoded.dictionary.to_pylist()
    ]
    codes = encoded.indices.fill_null(len(buckets)).to_numpy(zero_copy_only=False)
    bucket = np.array([*buckets, 0])[codes]
    order = np.argsort(bucket, kind="stable")
    ordered = table.take(pa.array(order)).combine_chunks()
    starts = np.flatnonzero(np.diff(bucket[order], prepend=-1))
    for start, end in zip(starts.tolist(), [*starts[1:].tolist(), len(order)], strict=True):
        (part,) = ordered.slice(start, end - start).to_batches()
        yield int(bucket[order[start]]), part


def _groups(rows: NDArray[np.int64], size: NDArray[np.int64]) -> Iterator[list[int]]:
    """Neighbouring buckets that together are one part."""
    group: list[int] = []
    for bucket in range(BUCKETS):
        if group and (rows[[*group, bucket]].sum() > PART_ROWS or size[[*group, bucket]].sum() > PART_BYTES):
            yield group
            group = []
        group.append(bucket)
    yield group
