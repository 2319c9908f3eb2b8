"""Bars in Parquet files, read in batches of rows."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from algo_trading.adapters.bar_csv import shortened
from algo_trading.adapters.bar_header import Header, NoBarsError, header_of
from algo_trading.adapters.unpack import LimitError, ReadLimits, check_size

MAGIC = b"PAR1"
BATCH = 16_384  # rows
LARGEST_CHUNK = 128 * 2**20  # bytes of a column in a row group, unpacked; writers make a million rows of 8 to 16 MB


def parquet_header(file: Any) -> Header:  # noqa: ANN401 - a seekable file
    """The header of a Parquet file.

    Raises:
        NoBarsError: it lacks a column, a column holds no single values, or the file is damaged.
    """
    with explained("Parquet"):
        reader = _opened(file)
        _check_chunks(reader.metadata)
        return header_of_schema(reader.schema_arrow)


def read_parquet(
    file: Any,  # noqa: ANN401 - a seekable file
    place: str,
    symbol: str | None,
    columns: Sequence[str],
    limits: ReadLimits,
) -> Iterator[pa.Table]:
    """Every row, batch by batch: `columns` and `place`, all text.

    Raises:
        NoBarsError: as parquet_header, or a page is damaged.
        LimitError: the rows take more memory than `limits` allow.
    """
    with explained("Parquet"):
        reader = _opened(file)
        header = header_of_schema(reader.schema_arrow)
        names = reader.schema_arrow.names
        wanted = {name: names[header.columns[name]] for name in columns if name in header.columns}
        packed = file.seek(0, 2)
        texts = [name for name in wanted.values() if _is_text(reader.schema_arrow.field(name).type)]
        # A dictionary keeps a long text once, however many rows have it.
        reader = _opened(file, read_dictionary=texts)
        row = unpacked = 0
        for batch in reader.iter_batches(BATCH, columns=list(wanted.values()), use_threads=False):
            table = text_table(batch, wanted=wanted, columns=columns, symbol=symbol, place=place, rows_before=row)
            row += batch.num_rows
            unpacked += table.nbytes
            check_size(unpacked, packed, limits)
            yield table


def _opened(file: Any, read_dictionary: Sequence[str] = ()) -> Any:  # noqa: ANN401 - as pyarrow
    import pyarrow.parquet as pq

    file.seek(0)
    return pq.ParquetFile(file, read_dictionary=list(read_dictionary), pre_buffer=False)


@contextmanager
def explained(kind: str) -> Iterator[None]:
    """Raise NoBarsError where Arrow says that a file of this kind is damaged."""
    try:
        yield
    except (NoBarsError, LimitError):
        raise
    except (pa.ArrowException, OSError, ValueError, OverflowError, MemoryError) as error:
        said = str(error).strip().partition("\n")[0][:200] or type(error).__name__
        raise NoBarsError(f"it is not a valid {kind} file ({said})") from error


def header_of_schema(schema: pa.Schema) -> Header:
    """The header that a schema makes; NoBarsError where it lacks a column, or one holds no single values."""
    header = header_of(schema.names)
    for position in header.columns.values():
        field = schema.field(position)
        if pa.types.is_nested(field.type):
            raise NoBarsError(f"its column {field.name} holds {field.type} instead of single values")
    return header


def _check_chunks(metadata: Any) -> None:  # noqa: ANN401 - as pyarrow
    """Refuse pages that would fill the memory before a single row of them is seen."""
    for group in range(metadata.num_row_groups):
        for column in range(metadata.num_columns):
            if metadata.row_group(group).column(column).total_uncompressed_size > LARGEST_CHUNK:
                raise NoBarsError(f"a row group has a column of more than {LARGEST_CHUNK >> 20} MB")


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_binary(kind))


def text_table(
    batch: pa.RecordBatch,
    *,
    wanted: dict[str, str],
    columns: Sequence[str],
    symbol: str | None,
    place: str,
    rows_before: int,
) -> pa.Table:
    """The wanted columns of a batch and `place`, all text."""
    count = batch.num_rows
    found: dict[str, pa.Array] = {}
    for name in columns:
        if name in wanted:
            found[name] = _text(batch.column(wanted[name]))
        else:
            found[name] = pa.repeat(pa.scalar(symbol if name == "symbol" else None, pa.string()), count)
    numbers = pa.array(range(rows_before + 1, rows_before + count + 1)).cast(pa.string())
    found["place"] = pc.binary_join_element_wise(pa.scalar(place), numbers, ":")
    return pa.table(found)


def _text(column: pa.Array) -> pa.Array:
    if pa.types.is_dictionary(column.type):
        values = _text(column.dictionary)
        return values.take(column.indices)
    if pa.types.is_timestamp(column.type) and column.type.tz:
        column = pc.local_timestamp(column)  # the date counts as its zone writes it
    text = column.cast(pa.string())
    text.validate(full=True)  # bytes that are not UTF-8 would be met by whoever reads the text
    return shortened(text)
