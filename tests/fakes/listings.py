"""Coin listings in memory."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import datetime

from algo_trading.domain.instrument import Instrument
from algo_trading.domain.listing import ListedFigures, Listing
from algo_trading.errors import SourceError
from algo_trading.gateways.coin_listings import ListingPage
from algo_trading.repositories.bars import UpsertCount
from algo_trading.sentiment.mentions.names import marked, packaged_listings, with_known_names


class FakeCoinListings:
    """Implements CoinListings over pages of listings; `error` is raised behind them."""

    name = "fake"

    def __init__(self, pages: Sequence[Sequence[Listing]], error: SourceError | None = None) -> None:
        self._pages = pages
        self._error = error

    def fetch(self) -> Iterator[ListingPage]:
        for page in self._pages:
            rows = [{**asdict(listing), "ambiguous": None} for listing in page]
            yield ListingPage(json.dumps(rows).encode(), "application/json", ".json")
        if self._error:
            raise self._error

    def parse(self, page: ListingPage) -> list[Listing]:
        try:
            rows = json.loads(page.content)
            if not isinstance(rows, list):
                raise TypeError(type(rows))  # noqa: TRY301 - one answer for every other shape
            found = [
                marked(
                    Listing(
                        Instrument(**row["instrument"]),
                        row["name"],
                        tuple(row["aliases"]),
                        rank=row["rank"],
                        market_cap=row["market_cap"],
                        volume=row["volume"],
                        price=row["price"],
                    )
                )
                for row in rows
            ]
        except (ValueError, LookupError, TypeError) as error:
            raise SourceError(f"this is not a page of listings: {error}") from error
        return with_known_names(found, packaged_listings())


class FakeListings:
    """Implements ListingRepository."""

    def __init__(self) -> None:
        self._stored: dict[Instrument, Listing] = {}
        self._figures: dict[Instrument, dict[datetime, ListedFigures]] = {}

    def upsert(self, listings: Sequence[Listing], seen_at: datetime | None = None) -> UpsertCount:
        new = {listing.instrument: listing for listing in listings}
        if len(new) < len(listings):
            symbols = [listing.instrument.symbol for listing in listings]
            raise ValueError(f"there twice: {', '.join(sorted({one for one in symbols if symbols.count(one) > 1}))}")
        inserted = sum(instrument not in self._stored for instrument in new)
        unchanged = sum(self._stored.get(instrument) == listing for instrument, listing in new.items())
        self._stored |= new
        if seen_at is not None:
            for instrument, one in new.items():
                figures = ListedFigures(seen_at, one.rank, one.market_cap, one.volume, one.price)
                self._figures.setdefault(instrument, {}).setdefault(seen_at, figures)
        return UpsertCount(inserted, len(new) - inserted - unchanged, unchanged)

    def history(self, instrument: Instrument, until: datetime | None = None) -> list[ListedFigures]:
        found = self._figures.get(instrument, {})
        return [found[seen_at] for seen_at in sorted(found) if until is None or seen_at <= until]

    def all(self) -> list[Listing]:
        return sorted(
            self._stored.values(),
            key=lambda one: (one.instrument.venue, one.rank or float("inf"), one.instrument.symbol),
        )
