"""Tables of pages: columns, cells, and their HTML, which is made here because templates take several times as long."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from markupsafe import Markup, escape

EXTERNAL = ' rel="noopener noreferrer nofollow"'

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Cell:
    """What stands in a cell: a text, where it leads, and a word for its look (`up`, `down`, `badge ...`).

    An `external` one leads to somebody else's page; its address stands in the CSV.
    """

    text: str
    href: str = ""
    look: str = ""
    external: bool = False


@dataclass(frozen=True, slots=True)
class Column(Generic[Row]):
    """A column: `cell` gives a text or a Cell of a row. `sort` is the list's name for sorting by it."""

    title: str
    cell: Callable[[Row], "Cell | str"]
    sort: str = ""
    numeric: bool = False
    wide: bool = False  # a text that may fold

    def of(self, row: Row) -> Cell:
        """The cell of a row."""
        found = self.cell(row)
        return found if isinstance(found, Cell) else Cell(found)


@dataclass(frozen=True, slots=True)
class Drawn:
    """A table for the macro `table` of the templates: heads, the number of rows, and these as HTML.

    A `stacked` one has a text that may fold; on a phone its rows are blocks.
    """

    heads: Sequence[dict[str, Any]]
    rows: int
    body: Markup
    stacked: bool


def table(columns: Sequence[Column[Row]], rows: Sequence[Row]) -> Drawn:
    """A table without sorting and pages."""
    heads = [{"title": one.title, "numeric": one.numeric, "href": "", "sorted": ""} for one in columns]
    return drawn(columns, rows, heads)


def drawn(columns: Sequence[Column[Row]], rows: Sequence[Row], heads: Sequence[dict[str, Any]]) -> Drawn:
    """A table with these heads."""
    return Drawn(heads, len(rows), body(columns, rows), any(column.wide for column in columns))


def body(columns: Sequence[Column[Row]], rows: Iterable[Row]) -> Markup:
    """The rows as HTML, with everything that is inserted escaped."""
    opened = [(column, _opening(column)) for column in columns]
    parts: list[str] = []
    for row in rows:
        parts.append("<tr>\n")
        parts += [f"{begin}{_content(column.of(row))}</td>\n" for column, begin in opened]
        parts.append("</tr>\n")
    return Markup("".join(parts))  # noqa: S704 - of parts that are escaped


def _opening(column: Column[Row]) -> str:
    look = " ".join(name for name, has in (("number", column.numeric), ("wide", column.wide)) if has)
    kind = f' class="{look}"' if look else ""
    return f'<td{kind} data-title="{escape(column.title)}">'


def _content(cell: Cell) -> str:
    text: str = escape(cell.text)
    if cell.look:
        text = f'<span class="{escape(cell.look)}">{text}</span>'
    if cell.href:
        text = f'<a href="{escape(cell.href)}"{EXTERNAL if cell.external else ""}>{text}</a>'
    return text
