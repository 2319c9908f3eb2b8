"""Tables of bars in files: which columns they have and the rows as they stand there."""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

import pyarrow as pa
import pyarrow.compute as pc

from algo_trading.repositories.market_data import RAW_COLUMNS

# What a file may have beside the bars: cash per share on the ex-date, and the close adjusted for all that came later.
DIVIDEND, ADJUSTED_CLOSE = "dividend", "adjusted_close"
NAMES: Mapping[str, tuple[str, ...]] = {
    "symbol": ("symbol", "ticker", "stockname"),
    "session": ("date", "timestamp", "datetime"),
    **{name: (name,) for name in ("open", "high", "low", "close", "volume")},
    DIVIDEND: ("dividend", "dividends"),
    ADJUSTED_CLOSE: ("adj close", "adj_close", "adjclose", "adjusted close", "adjusted_close"),
}
NEEDED = tuple(name for name in RAW_COLUMNS if name != "symbol")
INDEX_NAMES = ("", "__index_level_0__")  # an index without a name, as CSV writers and pandas' Parquet put it
HEAD = 65_536  # bytes in which a header must stand
PARQUET = b"PAR1"


class NoBarsError(Exception):
    """The content is no table of bars; the message says what is missing."""


@dataclass(frozen=True)
class Header:
    """Where each raw column stands in a table of `width` columns.

    `symbol` is what a header of several lines says about all rows (yfinance writes Price, Ticker and Date lines);
    `lines` is how many lines the header takes.
    """

    columns: Mapping[str, int]
    width: int
    symbol: str | None = None
    lines: int = 1


def header_of(names: Sequence[str]) -> Header:
    """The header that these column names make.

    Raises:
        NoBarsError: a column is missing.
    """
    lowered = [name.strip().lower() for name in names]
    columns = {
        raw: next(lowered.index(alias) for alias in aliases if alias in lowered)
        for raw, aliases in NAMES.items()
        if any(alias in lowered for alias in aliases)
    }
    if "session" not in columns:
        unnamed = [position for position, name in enumerate(lowered) if name in INDEX_NAMES]
        if unnamed and (unnamed[0] == 0 or lowered[unnamed[0]]):
            columns["session"] = unnamed[0]
    missing = ["date" if raw == "session" else raw for raw in NEEDED if raw not in columns]
    if len(missing) == len(NEEDED):
        raise NoBarsError("no bar headers")
    if missing:
        raise NoBarsError(f"no column for {', '.join(missing)}")
    return Header(columns, len(names))


def _csv_header(content: bytes) -> Header:
    rows = [_cells(text) for _, text in islice(_lines(content[:HEAD]), 3)]
    if not rows:
        raise NoBarsError("it is empty")
    return _yfinance_header(rows) or header_of(rows[0])


def _yfinance_header(rows: Sequence[Sequence[str]]) -> Header | None:
    if len(rows) < 3 or [row[0].strip().lower() for row in rows] != ["price", "ticker", "date"]:
        return None
    tickers = {ticker.strip() for ticker in rows[1][1:]}
    if len(tickers) != 1:
        raise NoBarsError(f"its columns are of {len(tickers)} symbols; write one file for each, or a symbol column")
    header = header_of(["date", *rows[0][1:]])
    return Header(header.columns, header.width, tickers.pop(), lines=3)


def table_header(content: bytes) -> Header:
    """The header of a CSV or Parquet file.

    Raises:
        NoBarsError: there is none, it lacks a column, or the file is damaged.
    """
    return _parquet_header(content) if content.startswith(PARQUET) else _csv_header(content)


def read_table(content: bytes, place: str, symbol: str | None, columns: Sequence[str] = RAW_COLUMNS) -> pa.Table:
    """Every row of a CSV or Parquet file: `columns` and `place`, all text (RAW_SCHEMA unless more columns are asked).

    Rows of a file without a symbol column are of `symbol`; other columns that the file lacks are null.
    """
    read = _read_parquet if content.startswith(PARQUET) else _read_csv
    return read(content, place, symbol, columns)


def _read_csv(content: bytes, place: str, symbol: str | None, columns: Sequence[str]) -> pa.Table:
    """A line that is itself a header is no row; the lines after it are read as it says."""
    header = _csv_header(content)
    runs = [_Run(header)]
    for number, text in islice(_lines(content), header.lines, None):
        cells = _cells(text)
        if "close" in text.lower():
            try:
                runs.append(_Run(header_of(cells)))
            except NoBarsError:
                pass
            else:
                continue
        runs[-1].add(number, text, cells)
    return pa.concat_tables([run.table(place, symbol, columns) for run in runs])


class _Run:
    """Lines under one header."""

    def __init__(self, header: Header) -> None:
        self._header = header
        self._numbers: list[int] = []
        self._rows: list[list[str]] = []

    def add(self, number: int, text: str, cells: list[str]) -> None:
        width = self._header.width
        if len(cells) > width and any(cell.strip() for cell in cells[width:]):
            # Such a line has no true columns: "1,234.50" without quotes shifts all that follow. The whole of it
            # stands for the session, where nobody takes it for a date.
            cells = [""] * width
            cells[self._header.columns["session"]] = text
        self._numbers.append(number)
        self._rows.append(cells)

    def table(self, place: str, symbol: str | None, columns: Sequence[str]) -> pa.Table:
        found = {name: self._column(name, symbol) for name in columns}
        found["place"] = [f"{place}:{number}" for number in self._numbers]
        return pa.table({name: pa.array(column, pa.string()) for name, column in found.items()})

    def _column(self, name: str, symbol: str | None) -> list[str | None]:
        position = self._header.columns.get(name)
        if position is None:
            return [(self._header.symbol or symbol) if name == "symbol" else None] * len(self._rows)
        return [cells[position] if position < len(cells) else None for cells in self._rows]


def _lines(content: bytes) -> Iterator[tuple[int, str]]:
    """Lines that are not blank, with their numbers."""
    text = content.decode("utf-8-sig", errors="replace").replace("\r\n", "\n").replace("\r", "\n")
    for number, line in enumerate(text.split("\n"), start=1):
        if line and not line.isspace():
            yield number, line


def _cells(line: str) -> list[str]:
    """The fields of a line. Quotes do not reach over its end: a stray one must not swallow the rows below."""
    if '"' not in line:
        return line.split(",")
    try:
        return next(csv.reader([line]))
    except csv.Error:  # a field longer than any number or name
        return line.split(",")


def _parquet_header(content: bytes) -> Header:
    import pyarrow.parquet as pq

    try:
        return header_of(pq.read_schema(io.BytesIO(content)).names)
    except (pa.ArrowException, OSError) as error:
        raise NoBarsError(f"it is no sound Parquet file ({error})") from error


def _read_parquet(content: bytes, place: str, symbol: str | None, columns: Sequence[str]) -> pa.Table:
    import pyarrow.parquet as pq

    header = _parquet_header(content)
    table = pq.read_table(io.BytesIO(content))
    found: dict[str, pa.ChunkedArray | pa.Array] = {}
    for name in columns:
        position = header.columns.get(name)
        if position is not None:
            found[name] = _text(table.column(position))
        else:
            found[name] = pa.repeat(pa.scalar(symbol if name == "symbol" else None, pa.string()), table.num_rows)
    found["place"] = pa.array([f"{place}:{row}" for row in range(1, table.num_rows + 1)], pa.string())
    return pa.table(found)


def _text(column: pa.ChunkedArray) -> pa.ChunkedArray:
    if pa.types.is_timestamp(column.type) and column.type.tz:
        column = pc.local_timestamp(column)  # the date counts as its zone writes it
    return column.cast(pa.string())
