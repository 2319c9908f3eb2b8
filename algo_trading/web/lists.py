"""Pages that are lists: filters, sorting, pages, and the same rows as CSV."""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar
from urllib.parse import urlencode

from fastapi import Request
from fastapi.responses import Response, StreamingResponse
from markupsafe import Markup

from algo_trading.queries.pages import COUNTED, PagedList, PageRequest
from algo_trading.web.recent import Recent
from algo_trading.web.render import render
from algo_trading.web.tables import Column, Drawn, body

SIZES = (25, 50, 100, 250)
DEFAULT_SIZE = 50
LAST_PAGE = 100_000
EXPORTED = 50_000  # rows of a CSV file
AT_ONCE = 5_000
FORMULA = ("=", "+", "-", "@", "\t", "\r")  # what a spreadsheet would compute

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Filter:
    """A field above the list. With `choices` (value and text) one chooses, else one types (`kind` is HTML's)."""

    name: str
    title: str
    choices: Sequence[tuple[str, str]] = ()
    kind: str = "search"


@dataclass(frozen=True)
class ListView(Generic[Row]):
    """A list as people see it; `empty` says why there may be nothing, and what to do."""

    title: str
    rows: PagedList[Row]
    columns: Sequence[Column[Row]]
    filters: Sequence[Filter] = ()
    empty: str = ""
    intro: str = ""
    above: Mapping[str, Any] = field(default_factory=dict)  # what a template of its own shows
    template: str = "list.html.j2"
    fixed: Mapping[str, str] = field(default_factory=dict)  # filters that the visitor does not choose


def respond(request: Request, view: ListView[Row]) -> Response:
    """The page that the request's query asks for, or with `format=csv` its rows as a file."""
    query = request.query_params
    given = {one.name: query.get(one.name, "")[:200].strip() for one in view.filters}
    sorts = {column.sort for column in view.columns if column.sort}
    sort = query.get("sort", "")
    wanted = PageRequest(
        filters={**given, **view.fixed},
        sort=sort if sort in sorts else "",
        descending=query.get("order") == "desc",
        limit=_size(query.get("size", "")),
    )
    if query.get("format") == "csv":
        name = request.url.path.strip("/").replace("/", "-") or "list"
        headers = {"Content-Disposition": f'attachment; filename="{name}.csv"'}
        return StreamingResponse(_csv(view, wanted), media_type="text/csv; charset=utf-8", headers=headers)
    number = _number(query.get("page", ""))
    at = _at(wanted, (number - 1) * wanted.limit)
    kept = {name: value for name, value in given.items() if value}
    stacked = any(column.wide for column in view.columns)
    links = _Links(request.url.path, kept, wanted)
    recent: Recent = request.app.state.recent
    key = request.url.path, tuple(sorted(at.filters.items())), at.sort, at.descending, at.offset, at.limit
    rows, total, html = recent.of(key, lambda: _read(view, at))
    first = (number - 1) * wanted.limit + 1
    last = first + rows - 1
    counted = f"{total:,}" + ("+" if total >= COUNTED else "")
    values = {
        "view": view,
        "title": view.title,
        "given": given,
        "filtered": bool(kept),
        "request_page": wanted,
        "drawn": Drawn([_head(column, links) for column in view.columns], rows, html, stacked),
        "range": f"{first:,}-{last:,} of {counted}" if rows else counted,
        "previous": links.to(page=number - 1) if number > 1 else "",
        "next": links.to(page=number + 1) if _goes_on(total, rows, last, wanted.limit) else "",
        "csv": links.to(format="csv"),
        "sizes": SIZES,
        **view.above,
    }
    return render(request, view.template, values)


@dataclass(frozen=True, slots=True)
class _Links:
    """Addresses of the same list in another order or on another page."""

    path: str
    kept: Mapping[str, str]
    wanted: PageRequest

    def to(self, **changes: object) -> str:
        state: dict[str, object] = dict(self.kept)
        if self.wanted.sort:
            state |= {"sort": self.wanted.sort, "order": "desc" if self.wanted.descending else "asc"}
        if self.wanted.limit != DEFAULT_SIZE:
            state["size"] = self.wanted.limit
        return f"{self.path}?{urlencode({**state, **changes})}"


def _head(column: Column[Row], links: _Links) -> dict[str, Any]:
    here = bool(column.sort) and links.wanted.sort == column.sort
    # The first click shows what is largest or newest of numbers, and begins with A of texts.
    order = ("asc" if links.wanted.descending else "desc") if here else ("desc" if column.numeric else "asc")
    return {
        "title": column.title,
        "numeric": column.numeric,
        "href": links.to(sort=column.sort, order=order) if column.sort else "",
        "sorted": ("descending" if links.wanted.descending else "ascending") if here else "",
    }


def _csv(view: ListView[Row], wanted: PageRequest) -> Iterator[str]:
    yield _line([column.title for column in view.columns])
    for offset in range(0, EXPORTED, AT_ONCE):
        page = view.rows.page(_at(wanted, offset, AT_ONCE))
        for row in page.rows:
            cells = (column.of(row) for column in view.columns)
            yield _line([cell.href if cell.external else cell.text for cell in cells])
        if len(page.rows) < AT_ONCE:
            return


def _line(values: Sequence[str]) -> str:
    """A line of CSV in which no text of somebody else's is a formula."""
    output = io.StringIO()
    csv.writer(output).writerow([_harmless(value) for value in values])
    return output.getvalue()


def _harmless(text: str) -> str:
    return f"'{text}" if text.startswith(FORMULA) and not _is_number(text) else text


def _is_number(text: str) -> bool:
    return text.lstrip("+-").replace(",", "").replace(".", "").replace(" %", "").isdigit() or text == "-"


def _at(wanted: PageRequest, offset: int, limit: int | None = None) -> PageRequest:
    return PageRequest(wanted.filters, wanted.sort, wanted.descending, offset, limit or wanted.limit)


def _size(text: str) -> int:
    return int(text) if text in map(str, SIZES) else DEFAULT_SIZE


def _number(text: str) -> int:
    return min(max(int(text), 1), LAST_PAGE) if text.isascii() and text.isdigit() and len(text) < 9 else 1


def _read(view: ListView[Row], wanted: PageRequest) -> tuple[int, int, Markup]:
    """How many rows there are on a page and on all, and those of the page: the same for whoever has these filters."""
    page = view.rows.page(wanted)
    return len(page.rows), page.total, body(view.columns, page.rows)


def _goes_on(total: int, rows: int, last: int, limit: int) -> bool:
    """Whether there are rows after the `last` one that is shown; those beyond COUNTED are not counted."""
    return last < total or (total >= COUNTED and rows == limit)
