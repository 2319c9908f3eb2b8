"""How much of the equity an entry takes, by how much its instrument moves: for accounts and backtests alike."""

from dataclasses import dataclass
from math import isfinite, sqrt
from typing import Protocol

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from algo_trading.domain.bars import Bars, Floats
from algo_trading.domain.time import DAY, Interval
from algo_trading.domain.venue import ALWAYS_OPEN, venue_of
from algo_trading.errors import ConfigError

SESSION_HOURS = 6.5  # that count for intraday bars where trading stops
TRADING_DAYS, CALENDAR_DAYS = 252, 365  # of a year, where trading stops and where it never does
VOLATILITY, RISK = "volatility", "risk"


class Sizer(Protocol):
    """Says what part of the equity an entry takes that is decided at the close of a bar."""

    @property
    def memory(self) -> int:
        """Bars that the last part rests on."""
        ...

    def fractions(self, bars: Bars) -> Floats:
        """The part at each of `bars`, from 0 to 1, by that bar and earlier ones; 0 where there are too few of them."""
        ...


@dataclass(frozen=True, slots=True)
class VolatilityTarget:
    """`target` over the annual volatility of the instrument, at most 1.

    A position so sized has the volatility `target`, a fraction such as 0.15. The instrument's is the sample deviation
    of the last `window` returns, times the square root of the bars in a year. Source: Moskowitz, Ooi and Pedersen, Time
    Series Momentum, Journal of Financial Economics 104, 2012, who size each position so, with an exponential average.
    """

    target: float
    window: int = 20

    @property
    def memory(self) -> int:
        """The first move of the window needs the close before it."""
        return self.window + 1

    def fractions(self, bars: Bars) -> Floats:
        """As the protocol says."""
        found = np.zeros(len(bars))
        if len(bars) < self.memory:
            return found
        returns = bars.close[1:] / bars.close[:-1] - 1.0
        deviation = sliding_window_view(returns, self.window).std(axis=1, ddof=1)
        annual = deviation * sqrt(bars_per_year(bars.instrument.venue, bars.interval))
        found[self.window :] = _at_most_one(self.target, annual)
        return found

    def __str__(self) -> str:
        return f"{VOLATILITY}:{self.target!r}"


@dataclass(frozen=True, slots=True)
class EqualRisk:
    """`risk` over the average true range as a part of the close, at most 1.

    A move of one average true range costs every position the same part `risk` of the equity. The range is the plain
    mean of the last `window` true ranges. Source: the units of the Turtles (C. Faith, The Original Turtle Trading
    Rules, 2003), who took 1 % and a smoothed range of 20 days.
    """

    risk: float
    window: int = 20

    @property
    def memory(self) -> int:
        """The first move of the window needs the close before it."""
        return self.window + 1

    def fractions(self, bars: Bars) -> Floats:
        """As the protocol says."""
        found = np.zeros(len(bars))
        if len(bars) < self.memory:
            return found
        before = bars.close[:-1]
        ranges = np.maximum(bars.high[1:], before) - np.minimum(bars.low[1:], before)
        average = sliding_window_view(ranges, self.window).mean(axis=1)
        found[self.window :] = _at_most_one(self.risk, average / bars.close[self.window :])
        return found

    def __str__(self) -> str:
        return f"{RISK}:{self.risk!r}"


def sizer_of(text: str) -> Sizer:
    """The sizer that `volatility:0.15` or `risk:0.01` spells.

    Raises:
        ConfigError: it spells none.
    """
    kind, _, number = text.partition(":")
    try:
        amount = float(number)
    except ValueError:
        amount = 0.0
    if kind not in {VOLATILITY, RISK} or not isfinite(amount) or amount <= 0:
        raise ConfigError(f"a sizer is volatility:0.15 (of a year) or risk:0.01 (of the equity), not {text!r}")
    return VolatilityTarget(amount) if kind == VOLATILITY else EqualRisk(amount)


def bars_per_year(venue: str, interval: Interval) -> float:
    """Bars of an interval in a year: 252 daily ones of an exchange, 365 where trading never stops."""
    always = venue_of(venue).calendar == ALWAYS_OPEN
    days = CALENDAR_DAYS if always else TRADING_DAYS
    if interval.intraday:
        return days * (24.0 if always else SESSION_HOURS) * 3600 / interval.length.total_seconds()
    whole = {Interval.WEEK: 52.0, Interval.MONTH: 12.0}
    return whole.get(interval) or days * (DAY / interval.length)


def _at_most_one(wanted: float, moves: Floats) -> Floats:
    """`wanted` over how much there is; all where nothing moves."""
    parts: Floats = np.minimum(np.divide(wanted, moves, out=np.ones_like(moves), where=moves > wanted), 1.0)
    return parts
