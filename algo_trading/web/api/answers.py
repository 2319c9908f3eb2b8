"""What the API's answers share: pages with cursors, and documents that know whether they have changed."""

import base64
import binascii
import json
from collections.abc import Callable, Mapping
from hashlib import sha256
from typing import Annotated, Any, TypeVar

from fastapi import Query, Request
from fastapi.responses import Response

from algo_trading.queries.pages import PagedList, PageRequest
from algo_trading.queries.plain import plain
from algo_trading.web.recent import Recent
from algo_trading.web.refusals import RefusedError

PREFIX = "/api/v1"
MOST = 1000
Limit = Annotated[int, Query(ge=1, le=MOST, description="Rows of a page.")]
Cursor = Annotated[str, Query(max_length=100, description="`next` of the page before; without it the first page.")]
Row = TypeVar("Row")


def document(request: Request, content: object, status: int = 200) -> Response:
    """JSON with an ETag; 304 without a body where the asker has the same already."""
    return _answer(request, _encoded(content), status)


def _encoded(content: object) -> bytes:
    return json.dumps(plain(content), ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()


def _answer(request: Request, body: bytes, status: int = 200) -> Response:
    tag = f'"{sha256(body).hexdigest()[:32]}"'
    headers = {"ETag": tag, "Cache-Control": "private, no-cache"}
    known = {one.strip().removeprefix("W/") for one in request.headers.get("if-none-match", "").split(",")}
    if request.method == "GET" and known & {tag, "*"}:
        return Response(status_code=304, headers=headers)
    return Response(body, status, headers, "application/json")


def paged(
    request: Request,
    rows: PagedList[Row],
    filters: Mapping[str, str | None],
    *,
    shown: Callable[[Row], Any],
    limit: int,
    cursor: str,
) -> Response:
    """A page of a list: `items`, and in `next` the cursor of the page after it, null on the last one.

    It is the same for whoever has these filters, which say whose rows are seen, too.
    """
    offset = offset_of(cursor)
    asked = {name: value for name, value in filters.items() if value}

    def read() -> bytes:
        found = rows.page(PageRequest(asked, offset=offset, limit=limit, counted=False)).rows
        after = cursor_of(offset + limit) if len(found) == limit else None
        return _encoded({"items": [shown(one) for one in found], "next": after})

    recent: Recent = request.app.state.recent
    return _answer(request, recent.of((request.url.path, *sorted(asked.items()), offset, limit), read))


def cursor_of(offset: int) -> str:
    """The cursor of a place in a list; callers are to keep it as it is."""
    return base64.urlsafe_b64encode(f"o{offset}".encode()).decode().rstrip("=")


def offset_of(cursor: str) -> int:
    """The place that a cursor stands for.

    Raises:
        RefusedError: it is not one of ours.
    """
    if not cursor:
        return 0
    try:
        text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode("ascii")
    except (binascii.Error, ValueError):
        text = ""
    if not text.startswith("o") or not text[1:].isdigit() or len(text) > 12:
        raise RefusedError(422, "This does not fit", "The cursor is not one that a page has given as `next`.")
    return int(text[1:])
