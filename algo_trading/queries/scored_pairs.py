"""Which pairs can be scored, and on which timeframes."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from algo_trading.domain.instrument import Instrument
from algo_trading.domain.scores import SCORED
from algo_trading.domain.time import Interval
from algo_trading.domain.venue import AssetClass, venue_of
from algo_trading.errors import UnknownNameError, unknown_name
from algo_trading.repositories.bars import BarReader
from algo_trading.repositories.watchlists import WatchlistRepository


@dataclass(frozen=True)
class ScoredPairs:
    """Pairs that have candles, with their timeframes from short to long."""

    bars: BarReader
    watchlists: WatchlistRepository

    def __call__(
        self, symbols: Sequence[str], timeframes: Sequence[Interval] | None
    ) -> list[tuple[Instrument, tuple[Interval, ...]]]:
        """The pairs with these symbols, of any venue, or all of crypto venues; sorted.

        Without `timeframes` those that are monitored of the pair, where nothing is those of SCORED; in either case
        without those that are shorter than the pair's shortest candles.

        Raises:
            UnknownNameError: nothing is stored of a symbol.
        """
        shortest: dict[Instrument, Interval] = {}
        for one in self.bars.series():
            known = shortest.get(one.instrument, one.interval)
            shortest[one.instrument] = min(known, one.interval, key=lambda interval: interval.order)
        chosen = [one for one in shortest if venue_of(one.venue).asset_class is AssetClass.CRYPTO]
        if symbols:
            chosen = [one for symbol in dict.fromkeys(symbols) for one in _named(symbol, list(shortest))]
        monitored: defaultdict[Instrument, set[Interval]] = defaultdict(set)
        for series in (
            () if timeframes else (one for watchlist in self.watchlists.all() for one in watchlist.all_series)
        ):
            monitored[series.instrument].add(series.interval)
        return [
            (one, tuple(timeframes or _timeframes(shortest[one], monitored.get(one)))) for one in sorted(set(chosen))
        ]


def _named(symbol: str, known: Sequence[Instrument]) -> list[Instrument]:
    found = [one for one in known if one.symbol == symbol] or [one for one in known if one.symbol == symbol.upper()]
    if not found:
        raise UnknownNameError(unknown_name("pair with stored candles", symbol, sorted({one.symbol for one in known})))
    return found


def _timeframes(shortest: Interval, monitored: Collection[Interval] | None) -> tuple[Interval, ...]:
    wanted = sorted(monitored or SCORED, key=lambda interval: interval.order)
    return tuple(one for one in wanted if one.order >= shortest.order) or (shortest,)
