"""Coins and the pairs they are traded in."""

from collections.abc import Iterable, Mapping

from algo_trading.domain.instrument import TradingRules
from algo_trading.domain.venue import AssetClass, venue_of, venues

# Of pairs whose rules are not known; where they are, their base and quote assets are the truth.
QUOTE_ASSETS = ("USDT", "BUSD", "USDC", "BTC", "ETH", "BNB", "XRP", "DOGE", "DOT", "TRX", "AUD", "USD")


def is_coin_venue(code: str) -> bool:
    """Whether coins are traded at a venue."""
    return code in venues() and venues()[code].asset_class is AssetClass.CRYPTO


def quote_asset(venue: str, configured: Mapping[str, str]) -> str:
    """What coins are paid in at a venue: the configured asset, else the venue's currency."""
    return configured.get(venue) or venue_of(venue).currency


def split_pair(symbol: str) -> tuple[str, str] | None:
    """Coin and quote asset as the letters of a pair say: (INJ, USDT) of INJUSDT; None where they say neither."""
    for quote in QUOTE_ASSETS:
        if symbol.endswith(quote) and len(symbol) > len(quote):
            return symbol.removesuffix(quote), quote
    return None


def pair_of(coin: str, quote: str, rules: Iterable[TradingRules]) -> TradingRules | None:
    """The pair in which a coin is traded against a quote asset, a delisted one last; None where there is none."""
    found = [one for one in rules if one.base == coin and one.quote == quote]
    return min(found, key=lambda one: (not one.trading, one.delisted_at is not None, one.instrument), default=None)
