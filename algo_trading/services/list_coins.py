"""The names, ranks and prices of coins are brought up to date."""

import hashlib
from dataclasses import dataclass

from algo_trading.errors import SourceError
from algo_trading.gateways.clock import Clock
from algo_trading.gateways.coin_listings import CoinListings, ListingPage
from algo_trading.repositories.listings import ListingRepository, largest
from algo_trading.repositories.objects import ObjectStore


@dataclass(frozen=True)
class ListReport:
    """Coins listed by `source`: `stored` of them are new or changed."""

    source: str
    listed: int
    stored: int
    unchanged: int


@dataclass(frozen=True)
class ListCoins:
    """Fetch the listing of coins, archive it as it came, store what differs, and keep the figures of this moment."""

    coin_source: CoinListings
    listings: ListingRepository
    objects: ObjectStore
    clock: Clock

    def __call__(self) -> ListReport:
        """Refresh every coin of the listing in one transaction; a listing that breaks off changes nothing.

        Raises:
            SourceError: the source failed, or lists nothing.
        """
        coins = []
        for page in self.coin_source.fetch():
            self._archive(page)
            coins.extend(self.coin_source.parse(page))
        if not coins:
            raise SourceError(f"{self.coin_source.name} lists no coin; its format may have changed")
        count = self.listings.upsert(largest(coins), self.clock.now())
        return ListReport(self.coin_source.name, len(coins), count.stored, count.unchanged)

    def _archive(self, page: ListingPage) -> None:
        digest = hashlib.sha256(page.content).hexdigest()[:12]
        key = f"raw/{self.coin_source.name}/{self.clock.now():%Y/%m/%d}/listings-{digest}{page.suffix}"
        self.objects.put_new(key, page.content, page.media_type)
