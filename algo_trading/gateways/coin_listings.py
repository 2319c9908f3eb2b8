"""Where the names, ranks and prices of coins come from."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from algo_trading.domain.listing import Listing


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
