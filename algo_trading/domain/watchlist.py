"""What is watched, and which strategy trades what for whom."""

from dataclasses import dataclass, replace
from functools import cached_property

from algo_trading.domain.exits import NO_EXITS, Exits
from algo_trading.domain.instrument import Instrument, Series
from algo_trading.domain.limits import NO_LIMITS, Limits
from algo_trading.domain.signal import StrategyId
from algo_trading.domain.time import Interval


@dataclass(frozen=True)
class Watchlist:
    """Symbols of one venue, whose bars of these intervals one source brings.

    Intervals and symbols are the configured ones. Beside them series are `monitored`, and some of the configured ones
    `dropped`, as people have asked while the program runs.
    """

    name: str
    venue: str
    source: str
    intervals: tuple[Interval, ...]
    symbols: tuple[str, ...]
    monitored: tuple[Series, ...] = ()
    dropped: tuple[Series, ...] = ()

    @cached_property
    def all_series(self) -> frozenset[Series]:
        """Everything that is watched."""
        configured = (
            Series(Instrument(symbol, self.venue), interval) for symbol in self.symbols for interval in self.intervals
        )
        return frozenset((*configured, *self.monitored)) - frozenset(self.dropped)

    @cached_property
    def instruments(self) -> tuple[Instrument, ...]:
        """What is watched, sorted."""
        return tuple(sorted({one.instrument for one in self.all_series}))

    @cached_property
    def all_intervals(self) -> tuple[Interval, ...]:
        """The configured intervals, and then those that are monitored beside them, from short to long."""
        more = {one.interval for one in self.all_series} - set(self.intervals)
        return (*self.intervals, *sorted(more, key=lambda one: one.order))

    def series(self, interval: Interval) -> tuple[Series, ...]:
        """The watched series of an interval, sorted; none where it is not watched."""
        return tuple(sorted(one for one in self.all_series if one.interval is interval))

    def as_configured(self) -> "Watchlist":
        """Without what was changed while the program runs."""
        return replace(self, monitored=(), dropped=())


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
