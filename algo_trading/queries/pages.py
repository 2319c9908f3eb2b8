"""Lists that are filtered, sorted and cut into pages where the rows lie."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Generic, Protocol, TypeVar

COUNTED = 10_000  # rows of a list that are counted at most

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class PageRequest:
    """Which rows are wanted.

    `filters` hold texts by the names that the list has for them; empty ones ask nothing. `sort` is one of the list's
    sorts, else its own order counts. Where they need not be `counted`, the page's total is no more than is known of it.
    """

    filters: Mapping[str, str] = field(default_factory=dict)
    sort: str = ""
    descending: bool = False
    offset: int = 0
    limit: int = 50
    counted: bool = True

    def wanted(self, name: str) -> str:
        """What a filter asks for, empty: nothing."""
        return self.filters.get(name, "").strip()


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """The rows that were wanted, and how many there are on all pages; COUNTED stands for that many or more."""

    rows: Sequence[Row]
    total: int


class PagedList(Protocol[Row]):
    """A list of rows."""

    def page(self, request: PageRequest) -> Page[Row]:
        """The rows that are wanted; a filter or sort that the list does not know is not obeyed."""
        ...
