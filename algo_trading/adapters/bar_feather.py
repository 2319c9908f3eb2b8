"""Bars in Feather files, which are Arrow's IPC files."""

from collections.abc import Iterator, Sequence
from typing import Any

import pyarrow as pa

from algo_trading.adapters.bar_header import Header
from algo_trading.adapters.bar_parquet import explained, header_of_schema, text_table
from algo_trading.adapters.unpack import ReadLimits, check_size

MAGIC = b"ARROW1"
BATCH = 16_384  # rows


def feather_header(file: Any) -> Header:  # noqa: ANN401 - a seekable file
    """The header of a Feather file.

    Raises:
        NoBarsError: it lacks a column, a column holds no single values, or the file is damaged.
    """
    with explained("Feather"), _opened(file) as reader:
        return header_of_schema(reader.schema)


def read_feather(
    file: Any,  # noqa: ANN401 - a seekable file
    place: str,
    symbol: str | None,
    columns: Sequence[str],
    limits: ReadLimits,
) -> Iterator[pa.Table]:
    """Every row, batch by batch: `columns` and `place`, all text.

    Raises:
        NoBarsError: as feather_header.
        LimitError: the rows take more memory than `limits` allow.
    """
    with explained("Feather"), _opened(file) as reader:
        header = header_of_schema(reader.schema)
        wanted = {name: reader.schema.names[header.columns[name]] for name in columns if name in header.columns}
        packed = file.seek(0, 2)
        row = unpacked = 0
        for index in range(reader.num_record_batches):
            whole = reader.get_batch(index)
            for first in range(0, whole.num_rows, BATCH):
                batch = whole.slice(first, BATCH)
                table = text_table(batch, wanted=wanted, columns=columns, symbol=symbol, place=place, rows_before=row)
                row += batch.num_rows
                unpacked += table.nbytes
                check_size(unpacked, packed, limits)
                yield table


def _opened(file: Any) -> Any:  # noqa: ANN401 - as pyarrow
    file.seek(0)
    return pa.ipc.open_file(file)
