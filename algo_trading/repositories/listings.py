"""The names under which instruments are spoken of."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from algo_trading.domain.instrument import Instrument
from algo_trading.domain.listing import ListedFigures, Listing
from algo_trading.repositories.bars import UpsertCount


class ListingRepository(Protocol):
    """The newest listing of each instrument, and the figures of former ones."""

    def upsert(self, listings: Sequence[Listing], seen_at: datetime | None = None) -> UpsertCount:
        """Store them in one transaction, each in the place of its instrument's former one; others stay.

        With `seen_at` their figures are kept as those of that moment, once.

        Raises:
            ValueError: an instrument stands there twice; `largest` leaves one of each.
        """
        ...

    def history(self, instrument: Instrument, until: datetime | None = None) -> list[ListedFigures]:
        """The figures of an instrument that were seen up to a moment (None: all), oldest first."""
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
