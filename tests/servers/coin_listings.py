"""A local CoinGecko and CoinMarketCap."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from servers.post_platform import Platform, Reply, Request

GECKO_PATH = "/api/v3/coins/markets"
MARKET_CAP_PATH = "/v1/cryptocurrency/listings/latest"
Coin = Mapping[str, Any]  # as CoinGecko writes it


def coin(symbol: str | None, name: str | None, rank: int | None, price: float | None = 1.5) -> dict[str, Any]:
    """A coin with the fields of CoinGecko that matter and a few others."""
    return {
        "id": (name or "").lower().replace(" ", "-"),
        "symbol": symbol,
        "name": name,
        "current_price": price,
        "market_cap": 1_000_000 if price else None,
        "market_cap_rank": rank,
        "fully_diluted_valuation": None,
        "total_volume": 2_000 if price else None,
        "roi": None,
    }


def some_coins(count: int) -> list[dict[str, Any]]:
    """The largest coins, and behind them made-up ones down to `count`."""
    known = [("btc", "Bitcoin"), ("eth", "Ethereum"), ("doge", "Dogecoin"), ("one", "Harmony"), ("sand", "The Sandbox")]
    made = [(f"q{number}z", f"Qoin{number}") for number in range(len(known), count)]
    return [coin(symbol, name, rank) for rank, (symbol, name) in enumerate([*known, *made][:count], 1)]


class CoinMarket(Platform):
    """Answers in the manner of both services, by pages, with `coins` in CoinGecko's form. `key` is CoinMarketCap's."""

    def __init__(self, coins: Sequence[Coin], key: str) -> None:
        super().__init__()
        self.coins = coins
        self._key = key

    def content(self, request: Request) -> Reply:
        if request.path == GECKO_PATH:
            size, page = int(request.query["per_page"]), int(request.query["page"])
            return Reply(200, json.dumps(self.coins[size * (page - 1) : size * page]).encode())
        if request.path == MARKET_CAP_PATH:
            if request.headers.get("x-cmc_pro_api_key") != self._key:
                return Reply(401, complaint(1001, "This API Key is invalid."))
            start, limit = int(request.query["start"]) - 1, int(request.query["limit"])
            rows = [as_market_cap(number, coin) for number, coin in enumerate(self.coins[start : start + limit])]
            return Reply(200, json.dumps({"status": {"error_code": 0, "error_message": None}, "data": rows}).encode())
        return Reply(404, b"nothing here")


def complaint(code: int, said: str) -> bytes:
    """An error as CoinMarketCap words it."""
    return json.dumps({"status": {"error_code": code, "error_message": said, "credit_count": 0}}).encode()


def as_market_cap(number: int, coin: Coin) -> dict[str, Any]:
    """A coin in CoinMarketCap's form."""
    return {
        "id": number,
        "name": coin["name"],
        "symbol": coin["symbol"] and coin["symbol"].upper(),
        "slug": coin["id"],
        "cmc_rank": coin["market_cap_rank"],
        "quote": {
            "USD": {
                "price": coin["current_price"],
                "volume_24h": coin["total_volume"],
                "market_cap": coin["market_cap"],
                "percent_change_24h": None,
            }
        },
    }
