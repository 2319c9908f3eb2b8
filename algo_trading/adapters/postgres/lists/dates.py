"""Filters by date."""

from datetime import date
from typing import Any

from sqlalchemy import Column, ColumnElement

from algo_trading.domain.time import DAY, midnight
from algo_trading.queries.pages import PageRequest


def within(column: Column[Any], request: PageRequest) -> list[ColumnElement[bool]]:
    """Conditions of the filters `from` and `to`, dates in UTC; what is not a date asks nothing."""
    first, last = _date(request.wanted("from")), _date(request.wanted("to"))
    return [
        *([column >= midnight(first)] if first else []),
        *([column < midnight(last) + DAY] if last and last < date.max else []),
    ]


def _date(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
