"""CSV files of texts, as people have them."""

import csv
import io
from collections.abc import Iterator, Sequence
from pathlib import Path

from algo_trading.errors import ConfigError

LONGEST_FIELD = 10_000_000  # characters; the library stops at 131,072
MOST_NAMED = 8  # columns that a sentence names


def read_columns(path: Path, columns: Sequence[str]) -> Iterator[tuple[int, list[str]]]:
    """Of each record of a CSV file with a header the line where it begins, from 1, and the cells of these columns.

    The file is in UTF-8, else Latin-1; quoted fields may hold line ends. Empty cells after the last column are left
    out, and so is a blank line.

    Raises:
        ConfigError: the file cannot be read, is empty or no text, a column is not there or twice, a record has more or
            fewer cells than there are columns, a field is too long.
    """
    records = _records(_decoded(path), path)
    _, header = next(records, (1, []))
    named = [name for name in header if name.strip()]
    for wanted in columns:
        if wanted not in named:
            listed = ", ".join(named[:MOST_NAMED]) or "none"
            raise ConfigError(f"{path} has no column {wanted!r}; its columns are: {listed}")
        if named.count(wanted) > 1:
            raise ConfigError(f"{path} has {named.count(wanted)} columns {wanted!r}; rename all but one")
    places = [header.index(wanted) for wanted in columns]
    width = _width(header)  # commas may end the header alone, or every record
    for line, cells in records:
        if len(cells) < width or any(map(str.strip, cells[width:])):
            if not any(map(str.strip, cells)):
                continue
            count = len(cells) if len(cells) < width else _width(cells)
            remedy = "quote a text with commas" if count > width else "give each column one, if an empty one"
            raise ConfigError(
                f"{path}, line {line} has {_counted(count, 'cell')} for {_counted(width, 'column')}; {remedy}"
            )
        yield line, [cells[place] for place in places]


def _width(cells: Sequence[str]) -> int:
    """How many cells there are up to the last that is not empty."""
    return max(number for number, cell in enumerate(cells, 1) if cell.strip())


def _counted(count: int, what: str) -> str:
    return f"{count} {what}" if count == 1 else f"{count} {what}s"


def _records(text: str, path: Path) -> Iterator[tuple[int, list[str]]]:
    csv.field_size_limit(LONGEST_FIELD)
    reader = csv.reader(io.StringIO(text, newline=""))
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise ConfigError(f"{path}, line {line}: {error}; a quote that is not closed does this") from error
        if cells:
            yield line, cells


def _decoded(path: Path) -> str:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror}") from error
    if not content.strip():
        raise ConfigError(f"{path} is empty")
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return content.decode("utf-16", errors="replace")
    if b"\0" in content:
        raise ConfigError(f"{path} is not a text file; give a CSV file with a header")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("latin-1")
