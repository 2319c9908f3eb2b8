"""Rows of a large table in parts that fit into memory, with all rows of a symbol in one part."""

import tempfile
from collections.abc import Iterable, Iterator
from zlib import crc32

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from algo_trading.adapters.bar_header import NoBarsError
from algo_trading.gateways.market_data import RAW_SCHEMA

PART_ROWS = 50_000
PART_BYTES = 32 * 2**20
# Of one symbol, or of several that share a bucket: daily bars of a century are 25,000 rows.
MOST_ROWS, MOST_BYTES = 200_000, 64 * 2**20
BUCKETS = 512


def in_parts(batches: Iterable[pa.Table]) -> Iterator[pa.Table]:
    """The rows of `batches`; a table of more than PART_ROWS or PART_BYTES goes over a temporary file.

    Raises:
        NoBarsError: a symbol has more rows than can be judged, before the first part is yielded.
    """
    pending: list[pa.Table] = []
    rest = iter(batches)
    for batch in rest:
        pending.append(batch)
        if _is_full(pending):
            with tempfile.TemporaryFile() as file:
                yield from _over_disk(file, pending, rest)
            return
    yield pa.concat_tables(pending) if pending else RAW_SCHEMA.empty_table()


def _is_full(tables: list[pa.Table]) -> bool:
    return sum(map(len, tables)) > PART_ROWS or sum(table.nbytes for table in tables) > PART_BYTES


def _over_disk(file: object, pending: list[pa.Table], rest: Iterator[pa.Table]) -> Iterator[pa.Table]:
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
    if rows.max() > MOST_ROWS or size.max() > MOST_BYTES:
        raise NoBarsError(
            f"it has more than {MOST_ROWS:,} rows or {MOST_BYTES >> 20} MB of a symbol; split it by years"
        )
    with pa.ipc.open_file(file) as reader:
        for group in _groups(rows, size):
            parts = [reader.get_batch(place) for bucket in group for place in places[bucket]]
            if parts:
                yield pa.Table.from_batches(parts)


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
