"""Printing: tables for people, JSON for programs, progress on stderr."""

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

console = Console(highlight=False, emoji=False)
notes = Console(stderr=True, highlight=False, markup=False, emoji=False)


def plain(value: object) -> Any:  # noqa: ANN401 - whatever JSON can hold
    """A report as JSON's own types: dataclasses become objects, dates ISO text, decimals text."""
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(item) for item in value]
    if isinstance(value, date | datetime):
        return value.isoformat()
    if isinstance(value, Decimal):
        return str(value)
    return value


def print_json(value: object) -> None:
    """One JSON document on stdout; a character that the locale does not have is escaped."""
    ascii_only = "utf" not in (sys.stdout.encoding or "").lower()
    print(json.dumps(plain(value), indent=2, ensure_ascii=ascii_only))  # noqa: T201 - a program's output, not a log


def table(title: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """A table on stdout; numbers are right-aligned."""
    listed = [list(row) for row in rows]
    drawn = Table(header_style="bold")
    for index, name in enumerate(columns):
        numeric = bool(listed) and all(isinstance(row[index], int | float | Decimal) for row in listed)
        drawn.add_column(name, justify="right" if numeric else "left", overflow="fold")
    for row in listed:
        drawn.add_row(*(Text(f"{value:,}" if isinstance(value, int) else str(value)) for value in row))
    console.print(Text(title, "bold"))  # a table's own title would be folded to the width of the table
    console.print(drawn)


def progress() -> Progress:
    """A progress bar on stderr, gone when done; nothing where stderr is no terminal."""
    return Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=notes,
        transient=True,
        disable=not notes.is_terminal,
    )
