"""Coins as CoinGecko lists them (`/api/v3/coins/markets`)."""

import time
from collections.abc import Callable, Iterator

from pydantic import Field

from algo_trading.adapters.coin_rows import PAGE_SIZE, Row, listing, listings, pages, read_json
from algo_trading.adapters.http_client import HttpClient
from algo_trading.adapters.retries import Retries
from algo_trading.domain.listing import Listing
from algo_trading.errors import SourceError
from algo_trading.gateways.coin_listings import ListingPage
from algo_trading.plugins import Context, Plugin, PluginConfig

ADDRESS = "https://api.coingecko.com"


class CoinGeckoConfig(PluginConfig):
    """How much of the listing is read, and rate limits."""

    base_url: str = ADDRESS
    pages: int = Field(default=4, ge=1)  # of 250 coins
    pause_seconds: float = Field(default=3, ge=0)
    attempts: int = Field(default=4, ge=1)


class CoinGecko:
    """Implements CoinListings; it needs no key."""

    name = "coingecko"

    def __init__(self, config: CoinGeckoConfig, *, sleep: Callable[[float], None] = time.sleep) -> None:
        self._url = f"{config.base_url.rstrip('/')}/api/v3/coins/markets"
        self._pages = config.pages
        self._client = HttpClient(
            Retries("CoinGecko", attempts=config.attempts, pause_seconds=config.pause_seconds, sleep=sleep)
        )

    def fetch(self) -> Iterator[ListingPage]:
        fixed = {"vs_currency": "usd", "order": "market_cap_desc", "per_page": str(PAGE_SIZE), "sparkline": "false"}
        queries = [{**fixed, "page": str(number)} for number in range(1, self._pages + 1)]
        return pages(self._client, self._url, queries, _rows)

    def parse(self, page: ListingPage) -> list[Listing]:
        return listings(_rows(page.content), _listing, "CoinGecko")


def _listing(row: Row) -> Listing | None:
    return listing(
        row["symbol"],
        row["name"],
        rank=row["market_cap_rank"],
        market_cap=row["market_cap"],
        volume=row["total_volume"],
        price=row["current_price"],
    )


def _rows(content: bytes) -> list[Row]:
    reply = read_json(content, "CoinGecko")
    if not isinstance(reply, list) or not all(isinstance(row, dict) for row in reply):
        raise SourceError("CoinGecko sent something else than a list of coins: its format may have changed")
    return reply


def build(config: CoinGeckoConfig, _context: Context) -> CoinGecko:
    """The source as configured in [listings.coingecko]."""
    return CoinGecko(config)


plugin = Plugin(CoinGeckoConfig, build)
