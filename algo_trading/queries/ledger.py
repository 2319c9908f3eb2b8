"""The lines of an account's book."""

from typing import Protocol

from algo_trading.domain.ledger import Entry
from algo_trading.queries.pages import PagedList


class LedgerPages(PagedList[Entry], Protocol):
    """Lines of the book of one account (`account`), newest first. Filters: `kind`, `asset`, `from`, `to` (dates)."""

    def owner(self, account: str) -> str | None:
        """Whose account it is; None where there is none of this name."""
        ...
