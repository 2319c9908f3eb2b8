"""The names under which instruments are spoken of."""

from collections.abc import Sequence
from typing import Protocol

from algo_trading.domain.instrument import Instrument
from algo_trading.domain.listing import Listing
from algo_trading.repositories.bars import UpsertCount


class ListingRepository(Protocol):
    """The newest listing of each instrument."""

    def upsert(self, listings: Sequence[Listing]) -> UpsertCount:
        """Store them in one transaction, each in the place of its instrument's former one; others stay.

        Raises:
            ValueError: an instrument stands there twice; `largest` leaves one of each.
        """
        ...

    def all(self) -> list[Listing]:
        """Every listing, by venue and rank (without one last), then symbol."""
        ...


def largest(listings: Sequence[Listing]) -> list[Listing]:
    """One listing for each instrument: the best ranked, else the first of those that share it."""
    found: dict[Instrument, Listing] = {}
    for listing in sorted(listings, key=lambda one: one.rank or float("inf")):
        found.setdefault(listing.instrument, listing)
    return list(found.values())
