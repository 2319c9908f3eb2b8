"""Which pairs can be scored, and on which timeframes."""

from collections.abc import Sequence
from dataclasses import dataclass

from algo_trading.domain.instrument import Instrument
from algo_trading.domain.scores import SCORED
from algo_trading.domain.time import Interval
from algo_trading.domain.venue import AssetClass, venue_of
from algo_trading.errors import UnknownNameError, unknown_name
from algo_trading.repositories.bars import BarReader


@dataclass(frozen=True)
class ScoredPairs:
    """Pairs that have candles, with their timeframes from short to long."""

    bars: BarReader

    def __call__(
        self, symbols: Sequence[str], timeframes: Sequence[Interval] | None
    ) -> list[tuple[Instrument, tuple[Interval, ...]]]:
        """The pairs with these symbols, of any venue, or all of crypto venues; sorted.

        Without `timeframes` those of SCORED that are not shorter than the pair's shortest candles.

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
        return [(one, tuple(timeframes or _timeframes(shortest[one]))) for one in sorted(set(chosen))]


def _named(symbol: str, known: Sequence[Instrument]) -> list[Instrument]:
    found = [one for one in known if one.symbol == symbol] or [one for one in known if one.symbol == symbol.upper()]
    if not found:
        raise UnknownNameError(unknown_name("pair with stored candles", symbol, sorted({one.symbol for one in known})))
    return found


def _timeframes(shortest: Interval) -> tuple[Interval, ...]:
    return tuple(one for one in SCORED if one.order >= shortest.order) or (shortest,)
