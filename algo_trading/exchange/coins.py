"""The dozen coins of the made-up market. Their names are real, so that watchlists work; their prices are invented."""

from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal

from algo_trading.exchange.pairs import Pair, usual_filters


@dataclass(frozen=True, slots=True)
class Coin:
    """Where a coin's made-up price starts (USDT), how far it moves in a day (1 = 100 %), what is traded in a minute."""

    name: str
    tick: str
    lot: str
    price: float
    daily_move: float
    minute_value: float  # USDT
    listed: str


COINS = (
    Coin("BTC", "0.01", "0.00001", 42_000, 0.028, 400_000, "2021-01-04"),
    Coin("ETH", "0.01", "0.0001", 2_600, 0.034, 250_000, "2021-01-04"),
    Coin("BNB", "0.01", "0.001", 410, 0.033, 60_000, "2021-02-01"),
    Coin("SOL", "0.01", "0.001", 96, 0.048, 80_000, "2021-04-12"),
    Coin("XRP", "0.0001", "0.1", 0.62, 0.042, 50_000, "2021-02-01"),
    Coin("ADA", "0.0001", "0.1", 0.55, 0.043, 25_000, "2021-03-01"),
    Coin("DOGE", "0.00001", "1", 0.14, 0.055, 45_000, "2021-05-03"),
    Coin("LTC", "0.01", "0.001", 85, 0.038, 15_000, "2021-02-01"),
    Coin("DOT", "0.001", "0.01", 6.8, 0.045, 12_000, "2021-08-02"),
    Coin("AVAX", "0.01", "0.01", 28, 0.052, 15_000, "2022-01-10"),
    Coin("LINK", "0.01", "0.01", 14.5, 0.045, 18_000, "2021-06-07"),
    Coin("INJ", "0.001", "0.01", 21, 0.06, 9_000, "2023-03-06"),
)
# A pair of two coins follows from the two: its price is one divided by the other.
CROSSES = (
    ("ETH", "BTC", "0.00001", "0.0001"),
    ("BNB", "BTC", "0.000001", "0.001"),
    ("INJ", "BTC", "0.0000001", "0.01"),
)
LIMITED, MOST_HELD = "INJ", "20000.00000000"  # a coin of which an account may have only so many


def listed_at(coin: Coin) -> int:
    """Midnight (ms) of the day on which trading begins."""
    return int(datetime.fromisoformat(coin.listed).replace(tzinfo=UTC).timestamp() * 1000)


def pairs() -> list[Pair]:
    """All pairs of the made-up market, in the order in which exchangeInfo lists them."""
    return [_pair(coin.name, "USDT", coin.tick, coin.lot, "5") for coin in COINS] + [
        _pair(base, quote, tick, lot, "0.0001") for base, quote, tick, lot in CROSSES
    ]


def _pair(base: str, quote: str, tick: str, lot: str, least_notional: str) -> Pair:
    filters = [*usual_filters(Decimal(tick), Decimal(lot), Decimal(least_notional))]
    if base == LIMITED:
        filters.append({"filterType": "MAX_POSITION", "maxPosition": MOST_HELD})
    return Pair(f"{base}{quote}", base, quote, tuple(filters))


__all__ = ["COINS", "CROSSES", "Coin", "listed_at", "pairs"]
