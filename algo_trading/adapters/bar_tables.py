"""Tables of bars in files: which columns they have and the rows as they stand there."""

import io
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pyarrow as pa

from algo_trading.adapters.bar_csv import csv_header, read_csv
from algo_trading.adapters.bar_header import Header
from algo_trading.adapters.bar_parquet import MAGIC, parquet_header, read_parquet
from algo_trading.adapters.unpack import BLOCK, IN_MEMORY, ReadLimits
from algo_trading.gateways.market_data import RAW_COLUMNS


def table_header(stream: io.BufferedReader) -> Header:
    """The header of a CSV or Parquet file.

    Raises:
        NoBarsError: there is none, it lacks a column, or the file is damaged.
    """
    if not _is_parquet(stream):
        return csv_header(stream)
    with _seekable(stream) as file:
        return parquet_header(file)


def read_batches(
    stream: io.BufferedReader,
    place: str,
    symbol: str | None,
    columns: Sequence[str] = RAW_COLUMNS,
    limits: ReadLimits | None = None,
) -> Iterator[pa.Table]:
    """Every row of a CSV or Parquet file in tables of some thousand rows: `columns` and `place`, all text.

    Rows of a file without a symbol column are of `symbol`; other columns that the file lacks are null.

    Raises:
        NoBarsError: there is no header, or the file is damaged.
        LimitError: it is larger than `limits` allow.
    """
    limits = limits or ReadLimits()
    if not _is_parquet(stream):
        yield from read_csv(stream, place, symbol, columns, limits.max_line)
        return
    with _seekable(stream) as file:
        yield from read_parquet(file, place, symbol, columns, limits)


def _is_parquet(stream: io.BufferedReader) -> bool:
    return stream.peek(len(MAGIC)).startswith(MAGIC)


@contextmanager
def _seekable(stream: io.BufferedReader) -> Iterator[Any]:
    """The content with its end within reach, where Parquet begins to read."""
    with tempfile.SpooledTemporaryFile(IN_MEMORY) as file:
        while block := stream.read(BLOCK):
            file.write(block)
        yield file
