"""The targets of positions that follow from what a coin is worth."""

from dataclasses import dataclass, replace

from algo_trading.domain.coins import split_pair
from algo_trading.domain.exits import Exits
from algo_trading.domain.instrument import Instrument
from algo_trading.repositories.listings import ListingRepository
from algo_trading.risk.targets import TargetTable


@dataclass(frozen=True)
class FindTargets:
    """Look coins up in the table of targets, with the figures of their newest listings."""

    listings: ListingRepository
    table: TargetTable

    def __call__(self, instrument: Instrument, exits: Exits) -> Exits:
        """The exits with a figure for a target that is by rank; others as they are."""
        if not exits.by_rank:
            return exits
        pair = split_pair(instrument.symbol)
        coin = pair[0] if pair else instrument.symbol
        found = next((one for one in self.listings.all() if one.instrument.symbol in {coin, instrument.symbol}), None)
        if found is None:
            target = self.table.target(None, None, None, None)
        else:
            target = self.table.target(found.rank, found.volume, found.market_cap, found.price)
        return replace(exits, target=target, by_rank=False)
