"""What is watched, and which strategy trades what for whom."""

from dataclasses import dataclass
from functools import cached_property

from algo_trading.domain.exits import NO_EXITS, Exits
from algo_trading.domain.instrument import Instrument, Series
from algo_trading.domain.limits import NO_LIMITS, Limits
from algo_trading.domain.signal import StrategyId
from algo_trading.domain.time import Interval


@dataclass(frozen=True)
class Watchlist:
    """Symbols of one venue, whose bars of these intervals one source brings."""

    name: str
    venue: str
    source: str
    intervals: tuple[Interval, ...]
    symbols: tuple[str, ...]

    @cached_property
    def instruments(self) -> tuple[Instrument, ...]:
        """What is watched, sorted."""
        return tuple(Instrument(symbol, self.venue) for symbol in sorted(set(self.symbols)))

    def series(self, interval: Interval) -> tuple[Series, ...]:
        """The watched series of an interval, sorted; none where it is not watched."""
        return tuple(Series(instrument, interval) for instrument in self.instruments if interval in self.intervals)


@dataclass(frozen=True, slots=True)
class Assignment:
    """A strategy that decides on a series of a watchlist and trades for an account, within limits of its own.

    One strategy on one series gives one signal a period, for however many accounts it trades. A position that is
    opened for it is left by its `exits`, whatever the strategy says.
    """

    strategy: StrategyId
    series: Series
    watchlist: str
    account: str
    owner: str
    limits: Limits = NO_LIMITS
    exits: Exits = NO_EXITS
