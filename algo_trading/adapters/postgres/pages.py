"""Pages of lists: conditions, order and cut of a query."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, func, select

from algo_trading.queries.pages import COUNTED, PageRequest

Sorts = Mapping[str, ColumnElement[Any]]


def read_page(
    connection: Connection,
    query: Select[Any],
    request: PageRequest,
    sorts: Sorts,
    order: Sequence[ColumnElement[Any]],
) -> tuple[Sequence[Row[Any]], int]:
    """The wanted rows of `query`, and how many it has, up to COUNTED.

    `sorts` are the columns that one may sort by, nulls last; rows that are equal there come in `order`, which counts
    alone where no sort is asked for.
    """
    by = sorts.get(request.sort)
    first = [] if by is None else [(by.desc() if request.descending else by.asc()).nulls_last()]
    cut = query.order_by(*first, *order).offset(request.offset).limit(request.limit)
    rows = connection.execute(cut).all()
    is_last = len(rows) < request.limit and (rows or not request.offset)
    if is_last or not request.counted:
        return rows, min(request.offset + len(rows), COUNTED)
    counted = select(func.count()).select_from(query.order_by(None).limit(COUNTED).subquery())
    return rows, connection.execute(counted).scalar_one()
