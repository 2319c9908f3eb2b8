"""Strategies that know the future, each in another way; importable, so that they can be asked in another process."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from algo_trading.domain.bars import Bars, Floats
from algo_trading.strategies.base import Decisions, Flags, Strategy
from algo_trading.strategies.top_momentum import TopMomentum


@dataclass(frozen=True)
class Leaky(Strategy):
    """Long where `wanted` says so."""

    summary: ClassVar[str] = "knows more than it should"

    @property
    def warmup(self) -> int:
        return 3

    def wanted(self, bars: Bars) -> Flags:
        raise NotImplementedError

    def decide(self, bars: Bars) -> Decisions:
        up = self.wanted(bars)
        entries, exits = up.copy(), ~up
        entries[: self.warmup - 1] = exits[: self.warmup - 1] = False
        return Decisions(entries, exits, np.ones(len(bars)), np.ones(len(bars)))

    def explain(self, bars: Bars, index: int) -> str:
        return f"it is {bars.close[index]:.2f}"

    def lines(self, bars: Bars) -> dict[str, Floats]:
        return {"close": bars.close}


@dataclass(frozen=True)
class RemembersItsSeries(Leaky):
    """Keeps the longest series of closes that it ever saw, and looks up tomorrow's in it."""

    name: ClassVar[str] = "remembers_its_series"
    closes: ClassVar[dict[str, Floats]] = {}

    def wanted(self, bars: Bars) -> Flags:
        symbol = bars.instrument.symbol
        known = self.closes.get(symbol, bars.close[:0])
        if len(bars) > len(known):
            known = self.closes[symbol] = bars.close.copy()
        tomorrow = np.append(known[1:], known[-1:])[: len(bars)]
        rises: Flags = tomorrow > bars.close
        return rises


@dataclass(frozen=True)
class RemembersOtherSymbols(Leaky):
    """Keeps the closes of every other symbol, and buys the day before the first of them rises."""

    name: ClassVar[str] = "remembers_other_symbols"
    closes: ClassVar[dict[str, Floats]] = {}

    def wanted(self, bars: Bars) -> Flags:
        others = [closes for symbol, closes in sorted(self.closes.items()) if symbol != bars.instrument.symbol]
        if len(bars) > len(self.closes.get(bars.instrument.symbol, ())):
            self.closes[bars.instrument.symbol] = bars.close.copy()
        if not others:
            return np.zeros(len(bars), dtype=np.bool_)
        tomorrow = np.append(others[0][1:], others[0][-1:])
        rises = np.zeros(len(bars), dtype=np.bool_)
        shared = min(len(bars), len(tomorrow))
        rises[:shared] = tomorrow[:shared] > others[0][:shared]
        return rises


@dataclass(frozen=True)
class PriceLevel(Leaky):
    """Holds what costs more than a number of dollars: on adjusted prices, what will split less often."""

    name: ClassVar[str] = "price_level"
    dollars: float = 100.0

    def wanted(self, bars: Bars) -> Flags:
        above: Flags = bars.close > self.dollars
        return above


@dataclass(frozen=True)
class VolumeLevel(Leaky):
    """Holds what is traded in more than a number of shares: on adjusted volumes, what will split more often."""

    name: ClassVar[str] = "volume_level"
    shares: float = 1_000.0

    def wanted(self, bars: Bars) -> Flags:
        above: Flags = bars.volume > self.shares
        return above


@dataclass(frozen=True)
class VetoedByTomorrow(Leaky):
    """Buys a rise above the mean of some days, unless tomorrow's volume is low; an exit needs no tomorrow."""

    name: ClassVar[str] = "vetoed_by_tomorrow"
    window: int = 10
    quiet: float = 0.8

    def decide(self, bars: Bars) -> Decisions:
        n = len(bars)
        mean = np.full(n, np.nan)
        if n >= self.window:
            mean[self.window - 1 :] = np.convolve(bars.close, np.ones(self.window) / self.window, mode="valid")
        above = bars.close > mean
        rises, falls = np.zeros(n, dtype=np.bool_), np.zeros(n, dtype=np.bool_)
        rises[1:], falls[1:] = above[1:] & ~above[:-1], ~above[1:] & above[:-1]
        tomorrow = np.append(bars.volume[1:], np.inf)
        rises &= tomorrow > self.quiet * bars.volume
        rises[: self.window] = falls[: self.window] = False
        return Decisions(rises, falls, np.ones(n), np.ones(n))


@dataclass(frozen=True)
class TooEarly(Leaky):
    """Says that it needs three bars, and decides at the first."""

    name: ClassVar[str] = "too_early"

    def decide(self, bars: Bars) -> Decisions:
        up = np.append(bars.close[:1] > 0, bars.close[1:] > bars.close[:-1])[: len(bars)]
        return Decisions(up, ~up, np.ones(len(bars)), np.ones(len(bars)))


@dataclass(frozen=True)
class KnowsTomorrowsBest(TopMomentum):
    """Ranks symbols by what they will have gained tomorrow."""

    name: ClassVar[str] = "knows_tomorrows_best"

    def decide_together(self, series: Sequence[Bars]) -> list[Decisions]:
        return super().decide_together([replace(b, close=np.append(b.close[1:], b.close[-1:])) for b in series])
