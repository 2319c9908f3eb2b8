"""Bars in CSV files, read in blocks: every line becomes a row with its number."""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from algo_trading.adapters.bar_header import Header, NoBarsError, header_of, kline_header, yfinance_header

HEAD = 65_536  # characters in which a header must stand
BLOCK = 2**20  # characters that are read at once
LONGEST_CELL = 1000  # characters; longer ones are neither numbers nor names, and their beginning is enough to see that
SEPARATORS = {";": "semicolons", "\t": "tabs", "|": "vertical bars"}
BOMS = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}


def csv_header(stream: io.BufferedReader) -> Header:
    """The header of the CSV text that begins here.

    Raises:
        NoBarsError: there is none, or it lacks a column.
    """
    return _header(_text(stream).read(HEAD).lstrip("\ufeff"))


def read_csv(
    stream: io.BufferedReader, place: str, symbol: str | None, columns: Sequence[str], max_line: int
) -> Iterator[pa.Table]:
    """Every row, block by block: `columns` and `place`, all text.

    A line that is itself a header is not a row; the lines after it are read as it says.

    Raises:
        NoBarsError: there is no header, or a line is longer than `max_line` characters.
    """
    header: Header | None = None
    for first_number, block in _blocks(_text(stream), max_line):
        number, text = first_number, block
        if header is None:
            header = _header(block[:HEAD])
            number, text = _behind_header(block, header)
        split = _split_at_once(text, header, columns)
        if split is not None:
            numbers, cells = (
                number + np.arange(len(split)),
                dict(zip(_places(header, columns), split.columns, strict=True)),
            )
            yield _table(header, cells, numbers, place, symbol=symbol, columns=columns)
            continue
        for run in _runs(_lines(text, number, max_line), header):
            header = run.header
            if run.numbers:
                yield _table(header, run.cells(), np.array(run.numbers), place, symbol=symbol, columns=columns)
    if header is None:
        raise NoBarsError("it is empty")


def _text(stream: io.BufferedReader) -> io.TextIOWrapper:
    """The bytes as text: UTF-16 where they say so or every other byte is zero, else UTF-8."""
    head = stream.peek(64)[:64]
    encoding = BOMS.get(head[:2], "utf-8")
    if encoding == "utf-8" and len(head) >= 16:
        if not any(head[1::2]) and all(head[0::2]):
            encoding = "utf-16-le"
        elif not any(head[0::2]) and all(head[1::2]):
            encoding = "utf-16-be"
    return io.TextIOWrapper(stream, encoding=encoding, errors="replace", newline=None)


def _blocks(text: io.TextIOWrapper, max_line: int) -> Iterator[tuple[int, str]]:
    """Whole lines, and the number of the first of them."""
    number, rest = 1, ""
    while chunk := text.read(BLOCK):
        if number == 1 and not rest:
            chunk = chunk.lstrip("\ufeff")  # some writers put two
        chunk = rest + chunk
        end = chunk.rfind("\n") + 1
        rest = chunk[end:]
        if len(rest) > max_line:
            raise _too_long(max_line)
        if end:
            yield number, chunk[:end]
            number += chunk.count("\n", 0, end)
    if rest:
        yield number, rest


def _too_long(max_line: int) -> NoBarsError:
    return NoBarsError(f"a line has more than {max_line:,} characters (imports.max_line_kb)")


def _header(text: str) -> Header:
    lines = [line for _, line in islice(_lines(text, 1, len(text)), 3)]
    if not lines:
        raise NoBarsError("it is empty")
    rows = [_cells(line) for line in lines]
    klines = kline_header([cell.strip() for cell in rows[0]])
    if klines is not None:
        return klines
    above = int(len(rows) > 1 and "://" in lines[0] and "," not in lines[0])  # the address it was downloaded from
    try:
        found = yfinance_header(rows) or header_of(rows[above])
        return replace(found, lines=found.lines + above)
    except NoBarsError:
        for separator, called in SEPARATORS.items():
            if separator in lines[0] and _is_header(lines[0].replace('"', "").split(separator)):
                raise NoBarsError(f"its columns are separated by {called}; write it with commas between them") from None
        raise


def _is_header(names: Sequence[str]) -> bool:
    try:
        header_of(names)
    except NoBarsError:
        return False
    return True


def _behind_header(block: str, header: Header) -> tuple[int, str]:
    """The lines after the header, and the number of the first of them."""
    left, start, number = header.lines, 0, 1
    while left:
        end = block.find("\n", start) + 1 or len(block)
        line = block[start:end]
        left -= bool(line and not line.isspace())
        start, number = end, number + 1
    return number, block[start:]


def _split_at_once(text: str, header: Header, columns: Sequence[str]) -> pa.Table | None:
    """The columns asked for of a text in which every line has as many cells as the header, without a quote; else None.

    They are in the order of their places in the file.
    """
    # Arrow takes an empty line for a row, and drops a byte order mark that belongs to a cell.
    if not text or text[0] in "\n\ufeff" or "\n\n" in text or '"' in text:
        return None
    if ("c" in text or "C" in text) and "close" in text.lower():  # a header; numbers alone need not be copied
        return None
    first_line = text[: text.index("\n")] if "\n" in text else text
    if first_line.count(",") != header.width - 1:
        return None
    content = text.encode()
    names = [str(column) for column in range(header.width)]
    try:
        table = pyarrow.csv.read_csv(
            pa.py_buffer(content),
            pyarrow.csv.ReadOptions(use_threads=False, block_size=len(content) + 1, column_names=names),
            pyarrow.csv.ParseOptions(quote_char=False, double_quote=False, ignore_empty_lines=False),
            pyarrow.csv.ConvertOptions(
                check_utf8=False,  # it was text before
                column_types=dict.fromkeys(names, pa.string()),
                include_columns=[names[place] for place in _places(header, columns)],
            ),
        )
    except pa.ArrowInvalid:  # a line has more cells or fewer
        return None
    return table.combine_chunks()


def _places(header: Header, columns: Sequence[str]) -> list[int]:
    """Where those of `columns` stand that the table has."""
    return sorted({header.columns[name] for name in columns if name in header.columns})


class _Run:
    """Lines under one header."""

    def __init__(self, header: Header) -> None:
        self.header = header
        self.numbers: list[int] = []
        self._rows: list[list[str]] = []

    def add(self, number: int, text: str, cells: list[str]) -> None:
        width = self.header.width
        if len(cells) > width and any(cell.strip() for cell in cells[width:]):
            # Such a line has no true columns: "1,234.50" without quotes shifts all that follow. The whole of it
            # stands for the session, where nobody takes it for a date.
            cells = [""] * width
            cells[self.header.columns["session"]] = text
        self.numbers.append(number)
        self._rows.append(cells)

    def cells(self) -> dict[int, pa.Array]:
        """The columns by their places; what a short line lacks is null."""
        return {
            column: pa.array([row[column] if column < len(row) else None for row in self._rows], pa.string())
            for column in range(self.header.width)
        }


def _runs(lines: Iterator[tuple[int, str]], header: Header) -> list[_Run]:
    runs = [_Run(header)]
    for number, text in lines:
        cells = _cells(text)
        if "close" in text.lower():
            try:
                runs.append(_Run(header_of(cells)))
            except NoBarsError:
                pass
            else:
                continue
        runs[-1].add(number, text, cells)
    return runs


def _table(
    header: Header,
    cells: Mapping[int, pa.Array],
    numbers: np.ndarray[tuple[int], np.dtype[np.int64]],
    place: str,
    *,
    symbol: str | None,
    columns: Sequence[str],
) -> pa.Table:
    found: dict[str, pa.Array] = {}
    for name in columns:
        position = header.columns.get(name)
        if position is not None:
            found[name] = shortened(cells[position])
        else:
            constant = (header.symbol or symbol) if name == "symbol" else None
            found[name] = pa.repeat(pa.scalar(constant, pa.string()), len(numbers))
    found["place"] = pc.binary_join_element_wise(pa.scalar(place), pa.array(numbers).cast(pa.string()), ":")
    return pa.table(found)


def shortened(column: pa.Array) -> pa.Array:
    """The cells, with an ellipsis for what is beyond LONGEST_CELL characters."""
    if (pc.max(pc.binary_length(column)).as_py() or 0) <= LONGEST_CELL:
        return column
    start = pc.binary_join_element_wise(pc.utf8_slice_codeunits(column, 0, LONGEST_CELL), pa.scalar("…"), "")
    return pc.if_else(pc.greater(pc.utf8_length(column), LONGEST_CELL), start, column)


def _lines(text: str, number: int, max_line: int) -> Iterator[tuple[int, str]]:
    """Lines that are not blank, with their numbers from `number` on."""
    for position, line in enumerate(text.split("\n"), start=number):
        if len(line) > max_line:
            raise _too_long(max_line)
        if line and not line.isspace():
            yield position, line


def _cells(line: str) -> list[str]:
    """The fields of a line. Quotes do not reach over its end: a stray one must not swallow the rows below."""
    if '"' not in line:
        return line.split(",")
    try:
        return next(csv.reader([line]))
    except csv.Error:  # a field longer than any number or name
        return line.split(",")
