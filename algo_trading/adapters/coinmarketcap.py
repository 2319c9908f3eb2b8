"""Coins as CoinMarketCap lists them (`/v1/cryptocurrency/listings/latest`)."""

import time
from collections.abc import Callable, Iterator

from pydantic import Field, SecretStr

from algo_trading.adapters.coin_rows import PAGE_SIZE, Row, listing, listings, pages, read_json
from algo_trading.adapters.http_client import HttpClient, credential
from algo_trading.adapters.retries import RefusedError, Retries
from algo_trading.domain.listing import Listing
from algo_trading.errors import RateLimitedError, SourceError
from algo_trading.gateways.coin_listings import ListingPage
from algo_trading.plugins import Context, Plugin, PluginConfig

ADDRESS = "https://pro-api.coinmarketcap.com"
KEY = "ALGO_LISTINGS__COINMARKETCAP__API_KEY"
LIMITS = {1008, 1009, 1010, 1011}  # error codes: the plan's requests of the minute, day, month, or address are used up
BAD_KEY = range(1001, 1008)


class CoinMarketCapConfig(PluginConfig):
    """How much of the listing is read, and rate limits, and the key, from the environment."""

    base_url: str = ADDRESS
    pages: int = Field(default=4, ge=1)  # of 250 coins
    pause_seconds: float = Field(default=3, ge=0)
    attempts: int = Field(default=4, ge=1)
    api_key: SecretStr = SecretStr("")


class CoinMarketCap:
    """Implements CoinListings."""

    name = "coinmarketcap"

    def __init__(self, config: CoinMarketCapConfig, *, sleep: Callable[[float], None] = time.sleep) -> None:
        self._url = f"{config.base_url.rstrip('/')}/v1/cryptocurrency/listings/latest"
        self._pages = config.pages
        self._client = HttpClient(
            Retries("CoinMarketCap", attempts=config.attempts, pause_seconds=config.pause_seconds, sleep=sleep),
            headers={"X-CMC_PRO_API_KEY": credential(config.api_key, KEY, "CoinMarketCap")},
        )

    def fetch(self) -> Iterator[ListingPage]:
        fixed = {"limit": str(PAGE_SIZE), "convert": "USD", "sort": "market_cap"}
        queries = [{**fixed, "start": str(1 + PAGE_SIZE * number)} for number in range(self._pages)]
        try:
            yield from pages(self._client, self._url, queries, _rows)
        except RefusedError as error:
            raise _complaint(error.reply.content) or error from None

    def parse(self, page: ListingPage) -> list[Listing]:
        return listings(_rows(page.content), _listing, "CoinMarketCap")


def _listing(row: Row) -> Listing | None:
    quote = row["quote"]["USD"]
    return listing(
        row["symbol"],
        row["name"],
        rank=row["cmc_rank"],
        market_cap=quote["market_cap"],
        volume=quote["volume_24h"],
        price=quote["price"],
    )


def _rows(content: bytes) -> list[Row]:
    if complaint := _complaint(content):
        raise complaint
    reply = read_json(content, "CoinMarketCap")
    rows = reply.get("data") if isinstance(reply, dict) else None
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise SourceError("CoinMarketCap sent something else than a list of coins: its format may have changed")
    return rows


def _complaint(content: bytes) -> SourceError | None:
    """The error that a reply tells of, if it does."""
    try:
        status = read_json(content, "CoinMarketCap")["status"]
        code, said = int(status["error_code"]), str(status.get("error_message"))[:100]
    except (SourceError, LookupError, TypeError, AttributeError, ValueError, OverflowError):
        return None
    if code in LIMITS:
        return RateLimitedError(f"CoinMarketCap asks to slow down ({code}, {said}): try again later")
    if code in BAD_KEY:
        return SourceError(f"CoinMarketCap refuses the key ({code}, {said}): check {KEY}")
    return SourceError(f"CoinMarketCap refuses the request ({code}, {said})") if code else None


def build(config: CoinMarketCapConfig, _context: Context) -> CoinMarketCap:
    """The source as configured in [listings.coinmarketcap]."""
    return CoinMarketCap(config)


plugin = Plugin(CoinMarketCapConfig, build)
