"""Which coins there are, and in which pairs they are traded."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from algo_trading.domain.coins import pair_of, quote_asset
from algo_trading.domain.listing import Listing
from algo_trading.repositories.listings import ListingRepository
from algo_trading.repositories.trading_rules import TradingRulesRepository


@dataclass(frozen=True, slots=True)
class CoinPair:
    """The pair that a coin leads to at a venue; `trading` says whether orders are taken at present."""

    venue: str
    symbol: str
    quote: str
    status: str
    trading: bool


@dataclass(frozen=True, slots=True)
class CoinLine:
    """A coin as it is listed, and its pair against the configured quote asset at each venue that has one.

    Rank, capitalisation, volume of a day and price (US dollars) are None where no listing has them.
    """

    coin: str
    name: str
    rank: int | None = None
    market_cap: float | None = None
    volume: float | None = None
    price: float | None = None
    pairs: tuple[CoinPair, ...] = ()


@dataclass(frozen=True)
class ReadCoins:
    """What is known of coins.

    `names` are those known without a listing; `quote_assets` are those of venues where it is not their currency.
    """

    listings: ListingRepository
    rules: TradingRulesRepository
    quote_assets: Mapping[str, str]
    names: Sequence[Listing] = ()

    def __call__(self, named: Sequence[str] = ()) -> list[CoinLine]:
        """Coins by symbol or name, in any case, in the order in which they are named; else all, by rank.

        What nobody knows is left out.
        """
        pairs = self._pairs()
        known = (*self.names, *self.listings.all())
        listed = {one.instrument.symbol: one for one in known if one.instrument.venue == COINS}
        coins = sorted(listed.keys() | pairs.keys(), key=lambda coin: (_rank(listed.get(coin)), coin))
        lines = {coin: _line(coin, listed.get(coin), pairs.get(coin, ())) for coin in coins}
        if not named:
            return list(lines.values())
        by_name = {one.name.casefold(): coin for coin, one in reversed(lines.items())}
        wanted = (name.upper() if name.upper() in lines else by_name.get(name.casefold()) for name in named)
        return [lines[coin] for coin in dict.fromkeys(wanted) if coin is not None]

    def pairs(self, coin: str) -> tuple[CoinPair, ...]:
        """The pair that a coin leads to at each venue that trades it against the configured quote asset."""
        return self._pairs().get(coin, ())

    def _pairs(self) -> dict[str, tuple[CoinPair, ...]]:
        by_coin = defaultdict(list)
        for one in self.rules.all():
            if one.quote == quote_asset(one.instrument.venue, self.quote_assets):
                by_coin[one.base, one.instrument.venue].append(one)
        found: dict[str, tuple[CoinPair, ...]] = {}
        for (coin, venue), rules in sorted(by_coin.items()):
            best = pair_of(coin, rules[0].quote, rules)
            assert best is not None
            pair = CoinPair(venue, best.instrument.symbol, best.quote, best.status, best.trading)
            found[coin] = (*found.get(coin, ()), pair)
        return found


COINS = "24/7"  # the venue under which listings have coins


def _rank(listing: Listing | None) -> float:
    return listing.rank if listing is not None and listing.rank else float("inf")


def _line(coin: str, listing: Listing | None, pairs: tuple[CoinPair, ...]) -> CoinLine:
    if listing is None:
        return CoinLine(coin, coin, pairs=pairs)
    return CoinLine(coin, listing.name, listing.rank, listing.market_cap, listing.volume, listing.price, pairs)
