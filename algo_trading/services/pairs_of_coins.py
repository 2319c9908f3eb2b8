"""From a coin that people write about to the pairs that are watched."""

from collections.abc import Sequence
from dataclasses import dataclass

from algo_trading.domain.instrument import Instrument
from algo_trading.repositories.trading_rules import TradingRulesRepository
from algo_trading.repositories.watchlists import WatchlistRepository


@dataclass(frozen=True)
class PairsOfCoins:
    """The watched pairs of each coin, by the base asset that the exchange names: never guessed from the letters.

    `coins_venue` is the venue of coins that names are known of.
    """

    watchlists: WatchlistRepository
    rules: TradingRulesRepository
    coins_venue: str

    def __call__(self) -> dict[Instrument, Sequence[Instrument]]:
        """The pairs of each coin that has any, sorted."""
        watched = {instrument for one in self.watchlists.all() for instrument in one.instruments}
        found: dict[Instrument, list[Instrument]] = {}
        for venue in sorted({one.venue for one in watched}):
            for rules in self.rules.all(venue):
                if rules.instrument in watched:
                    found.setdefault(Instrument(rules.base, self.coins_venue), []).append(rules.instrument)
        return {coin: sorted(pairs) for coin, pairs in found.items()}
