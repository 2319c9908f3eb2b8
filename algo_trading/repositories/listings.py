"""Sources and storage of the names under which instruments are spoken of."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from algo_trading.domain.instrument import Instrument
from algo_trading.domain.listing import Listing
from algo_trading.repositories.bars import UpsertCount


@dataclass(frozen=True, slots=True)
class ListingPage:
    """A reply as it came over the wire, archived before anyone reads it; `suffix` is the archived file's."""

    content: bytes
    media_type: str
    suffix: str


class CoinListings(Protocol):
    """A source of coins with their names, ranks and prices."""

    name: str

    def fetch(self) -> Iterator[ListingPage]:
        """The pages, the largest coins first, as many as are configured or there are.

        A page that turns out to be malformed is given before the error is raised, to be archived.

        Raises:
            RateLimitedError: the source asks to slow down and keeps asking.
            SourceError: the source cannot be reached, refuses the key, or answers something else.
        """
        ...

    def parse(self, page: ListingPage) -> list[Listing]:
        """Read a page of this source, also one archived long ago. Coins may share a symbol and so an instrument.

        Ambiguous names are marked, and aliases known of before are added.

        Raises:
            SourceError: the page is not what the source sends.
        """
        ...


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
