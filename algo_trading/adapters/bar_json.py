"""Bars in JSON: a list of candles, each a list (Binance's klines, freqtrade's candles) or an object."""

import io
import json
from collections.abc import Iterator, Sequence
from typing import Any

import pyarrow as pa

from algo_trading.adapters.bar_csv import shortened
from algo_trading.adapters.bar_header import CANDLE, Header, NoBarsError, header_of, kline_header
from algo_trading.adapters.unpack import BLOCK

LARGEST = 256 * 2**20  # bytes; a list is read as a whole
BATCH = 16_384  # rows


def is_json(head: bytes) -> bool:
    """Whether a text begins as a JSON list does."""
    return head.lstrip(b" \t\r\n\xef\xbb\xbf").startswith(b"[")


def json_header(stream: io.BufferedReader) -> Header:
    """The header of a list of candles.

    Raises:
        NoBarsError: it is not one.
    """
    return _header(_rows(stream))


def read_json(stream: io.BufferedReader, place: str, symbol: str | None, columns: Sequence[str]) -> Iterator[pa.Table]:
    """Every candle, as read_csv has them; numbers are the texts that stand in the file.

    Raises:
        NoBarsError: it is not a list of candles.
    """
    rows = _rows(stream)
    header = _header(rows)
    for first in range(0, len(rows), BATCH):
        some = rows[first : first + BATCH]
        places = [f"{place}:{number}" for number in range(first + 1, first + 1 + len(some))]
        yield _table(some, header, places, symbol=symbol, columns=columns)


def _rows(stream: io.BufferedReader) -> list[Any]:
    content = bytearray()
    while block := stream.read(BLOCK):
        content += block
        if len(content) > LARGEST:
            raise NoBarsError(f"it is a JSON list of more than {LARGEST >> 20} MB; split it")
    try:
        rows = json.loads(content.decode("utf-8-sig"), parse_float=str, parse_int=str, parse_constant=str)
    except (ValueError, RecursionError) as error:
        raise NoBarsError(f"it is not sound JSON ({str(error)[:100]})") from error
    if not isinstance(rows, list) or not rows:
        raise NoBarsError("it holds no list of candles")
    return rows


def _header(rows: Sequence[Any]) -> Header:
    first = rows[0]
    if isinstance(first, dict):
        return header_of(list(first))
    if isinstance(first, list):
        cells = [str(cell) for cell in first]
        found = kline_header(cells)
        if found is not None:
            return found
        if len(first) == len(CANDLE.columns) and cells[0].isdigit():
            return CANDLE
    raise NoBarsError("it is a JSON list of something else than candles")


def _table(
    rows: Sequence[Any], header: Header, places: Sequence[str], *, symbol: str | None, columns: Sequence[str]
) -> pa.Table:
    cells = [_cells(row, header) for row in rows]
    found: dict[str, pa.Array] = {}
    for name in columns:
        position = header.columns.get(name)
        if position is None:
            found[name] = pa.repeat(pa.scalar(symbol if name == "symbol" else None, pa.string()), len(rows))
        else:
            found[name] = shortened(pa.array([row[position] for row in cells], pa.string()))
    found["place"] = pa.array(places, pa.string())
    return pa.table(found)


def _cells(row: Any, header: Header) -> list[str | None]:  # noqa: ANN401 - whatever JSON holds
    """The values of a candle; what is no candle stands for the session, where nobody takes it for a time."""
    values = list(row.values()) if isinstance(row, dict) else row
    if isinstance(values, list) and len(values) == header.width:
        return [None if value is None else value if isinstance(value, str) else json.dumps(value) for value in values]
    cells: list[str | None] = [""] * header.width
    cells[header.columns["session"]] = json.dumps(row)
    return cells
