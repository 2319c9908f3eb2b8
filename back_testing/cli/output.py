"""Printing: tables for people, JSON for programs, progress on stderr."""

import csv
import io
import json
import math
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from algo_trading.errors import ConfigError

if TYPE_CHECKING:
    from rich.progress import Progress


def print_json(document: Any) -> None:  # noqa: ANN401 - whatever JSON can hold
    """One JSON document on stdout; what is neither JSON's own nor a date is a mistake of ours."""
    sys.stdout.write(json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False) + "\n")


def finite(value: Any) -> Any:  # noqa: ANN401 - whatever JSON can hold
    """The same with None for NaN and infinity, which JSON does not have."""
    if isinstance(value, dict):
        return {key: finite(item) for key, item in value.items()}
    if isinstance(value, list):
        return [finite(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def table(title: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """A table on stdout; columns of numbers, and of texts that spell them, are right-aligned."""
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table

    listed = [[str(cell) for cell in row] for row in rows]
    drawn = Table(
        title=title, title_justify="left", title_style="bold", header_style="bold", box=SIMPLE_HEAD, pad_edge=False
    )
    for index, name in enumerate(columns):
        cells = [row[index] for row in listed]
        numeric = bool(cells) and all(map(_is_number, cells))
        drawn.add_column(name, justify="right" if numeric else "left", overflow="fold", no_wrap=numeric)
    for row in listed:
        drawn.add_row(*row)
    Console(highlight=False, markup=False).print(drawn)


_NO_SEPARATORS = str.maketrans("", "", ",.-")  # a date counts as a number: it should not wrap either


def _is_number(cell: str) -> bool:
    return cell in {"-", "\u2013", "\u221e"} or cell.strip("+-%").translate(_NO_SEPARATORS).isdigit()


def percent(value: float) -> str:
    """0.1234 as 12.34%, a dash for what does not exist."""
    return f"{value:,.2%}" if math.isfinite(value) else "-"


def signed_percent(value: float) -> str:
    """A gain or a loss: 0.1234 as +12.34%, a dash for what does not exist."""
    return f"{value:+,.2%}" if math.isfinite(value) else "-"


def number(value: float, digits: int = 2) -> str:
    """1234.5 as 1,234.50, a dash for what does not exist."""
    return f"{value:,.{digits}f}" if math.isfinite(value) else "-"


def note(text: str) -> None:
    """A sentence on stderr."""
    sys.stderr.write(f"{text}\n")


def progress() -> "Progress":
    """A progress bar on stderr, gone when done; nothing where stderr is no terminal."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    console = Console(stderr=True, highlight=False)
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    )


def write_csv(path: Path, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write rows with the same keys as CSV, with a header; None is empty.

    Raises:
        ConfigError: the file cannot be written.
    """
    text = io.StringIO(newline="")
    if rows:
        writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    write_file(path, text.getvalue())


def require_writable(*paths: Path | None) -> None:
    """Raise ConfigError unless these files can be written, before any work is done for them; None is passed over."""
    for path in filter(None, paths):
        there = path.exists()
        try:
            with path.open("a", encoding="utf-8"):
                pass
            if not there:
                path.unlink()
        except OSError as error:
            raise ConfigError(f"{path} cannot be written: {error.strerror}") from error


def write_file(path: Path, text: str) -> None:
    """Write a file that an option names.

    Raises:
        ConfigError: it cannot be written.
    """
    try:
        path.write_text(text, encoding="utf-8", newline="")
    except OSError as error:
        raise ConfigError(f"{path} cannot be written: {error.strerror}") from error
