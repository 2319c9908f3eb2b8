"""Tables of bars in files: which columns they have and the rows as they stand there."""

import io
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pyarrow as pa

from algo_trading.adapters.bar_csv import csv_header, read_csv
from algo_trading.adapters.bar_feather import MAGIC as FEATHER
from algo_trading.adapters.bar_feather import feather_header, read_feather
from algo_trading.adapters.bar_header import Header
from algo_trading.adapters.bar_json import is_json, json_header, read_json
from algo_trading.adapters.bar_parquet import MAGIC, parquet_header, read_parquet
from algo_trading.adapters.unpack import BLOCK, IN_MEMORY, ReadLimits
from algo_trading.gateways.market_data import RAW_COLUMNS

HEAD = 64  # bytes that tell what a file is


def table_header(stream: io.BufferedReader) -> Header:
    """The header of a CSV, Parquet, Feather or JSON file.

    Raises:
        NoBarsError: there is none, it lacks a column, or the file is damaged.
    """
    head = stream.peek(HEAD)
    if head.startswith((MAGIC, FEATHER)):
        with _seekable(stream) as file:
            return parquet_header(file) if head.startswith(MAGIC) else feather_header(file)
    return json_header(stream) if is_json(head) else csv_header(stream)


def read_batches(
    stream: io.BufferedReader,
    place: str,
    symbol: str | None,
    columns: Sequence[str] = RAW_COLUMNS,
    limits: ReadLimits | None = None,
) -> Iterator[pa.Table]:
    """Every row of a file of bars in tables of some thousand rows: `columns` and `place`, all text.

    Rows of a file without a symbol column are of `symbol`; other columns that the file lacks are null.

    Raises:
        NoBarsError: there is no header, or the file is damaged.
        LimitError: it is larger than `limits` allow.
    """
    limits = limits or ReadLimits()
    head = stream.peek(HEAD)
    if head.startswith((MAGIC, FEATHER)):
        read = read_parquet if head.startswith(MAGIC) else read_feather
        with _seekable(stream) as file:
            yield from read(file, place, symbol, columns, limits)
    elif is_json(head):
        yield from read_json(stream, place, symbol, columns)
    else:
        yield from read_csv(stream, place, symbol, columns, limits.max_line)


@contextmanager
def _seekable(stream: io.BufferedReader) -> Iterator[Any]:
    """The content with its end within reach, where Parquet begins to read."""
    with tempfile.SpooledTemporaryFile(IN_MEMORY) as file:
        while block := stream.read(BLOCK):
            file.write(block)
        yield file
