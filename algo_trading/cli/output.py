"""Printing: tables for people, JSON for programs, progress on stderr."""

import json
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path

from rich.cells import cell_len
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from algo_trading.errors import ConfigError
from algo_trading.queries import plain as plain_module

# Controls (but not newline and tab) and what turns the direction of writing: rows held back are shown as they came.
OBEYED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
console = Console(highlight=False, emoji=False)
plain = plain_module.plain
notes = Console(stderr=True, highlight=False, markup=False, emoji=False)


def print_json(value: object) -> None:
    """One JSON document on stdout; a character that the locale does not have is escaped."""
    ascii_only = "utf" not in (sys.stdout.encoding or "").lower()
    print(json.dumps(plain(value), indent=2, ensure_ascii=ascii_only))  # noqa: T201 - a program's output, not a log


def write_file(path: Path, content: bytes) -> None:
    """Write a file that was asked for and say so on stderr.

    Raises:
        ConfigError: it cannot be written.
    """
    try:
        path.write_bytes(content)
    except OSError as error:
        raise ConfigError(f"{path} cannot be written: {error.strerror}") from error
    notes.print(f"wrote {path}", soft_wrap=True)


def table(title: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """A table on stdout; numbers are right-aligned."""
    listed = [list(row) for row in rows]
    shown = [[f"{value:,}" if isinstance(value, int) else showable(str(value)) for value in row] for row in listed]
    drawn = Table(header_style="bold")
    widths = fitting_widths([columns, *shown], console.width - 3 * len(columns) - 1)  # a cell has blanks and a border
    for index, name in enumerate(columns):
        numeric = bool(listed) and all(isinstance(row[index], int | float | Decimal) for row in listed)
        drawn.add_column(name, justify="right" if numeric else "left", overflow="fold", width=widths[index])
    for row in shown:
        drawn.add_row(*map(Text, row))
    console.print(Text(title, "bold"))  # a table's own title would be folded to the width of the table
    console.print(drawn)


def ratio(value: float | None) -> str:
    """Three digits, a dash for a ratio without a case."""
    return "-" if value is None else f"{value:.3f}"


def showable(text: str) -> str:
    """The text with a mark in the place of each character that a terminal would obey instead of showing it."""
    return OBEYED.sub("\ufffd", text)


def fitting_widths(rows: Sequence[Sequence[str]], room: int) -> list[int | None]:
    """Widths of columns that fit into `room` together: whole words before long texts, and fair shares.

    None for each where nothing needs to be done or nothing can.
    """
    columns = list(zip(*rows, strict=True))
    full = [max(cell_len(line) for cell in column for line in cell.split("\n")) for column in columns]
    if sum(full) <= room or room < len(full):
        return [None] * len(full)
    words = [max((cell_len(word) for cell in column for word in cell.split()), default=1) for column in columns]

    def largest(widths: Callable[[int], list[int]]) -> list[int]:
        return next(found for limit in range(room, -1, -1) if sum(found := widths(limit)) <= room)

    least = largest(lambda limit: [max(1, min(word, limit)) for word in words])
    return list(largest(lambda limit: [max(low, min(most, limit)) for low, most in zip(least, full, strict=True)]))


def warn(sentence: str) -> None:
    """A line on stderr, never folded, about what did not work while the rest did."""
    notes.print(f"warning: {showable(sentence)}", soft_wrap=True)


@contextmanager
def counting(totals: Mapping[str, int] | None = None) -> Iterator[Callable[[str, int], None]]:
    """Progress of stages whose lengths may be unknown: call what it yields with a stage and how much is done."""
    tasks: dict[str, TaskID] = {}
    with progress() as bar:

        def tell(stage: str, done: int) -> None:
            if stage not in tasks:
                tasks[stage] = bar.add_task(stage, total=(totals or {}).get(stage))
            bar.update(tasks[stage], completed=done)

        yield tell


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
