"""Markets and decisions at random, for accounts that several strategies share."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, ClassVar

import numpy as np

from algo_trading.domain.bars import Bars, Times
from algo_trading.domain.instrument import Instrument
from algo_trading.domain.time import Interval
from reference.shared_account import Bar
from support.candle_table import Told

FIRST = date(2024, 1, 1)
VENUE = "BINANCE"  # days begin at midnight there, as they do in the reference


@dataclass(frozen=True)
class ToldEach(Told):
    """Decides about each symbol what it is told of it."""

    name: ClassVar[str] = "told_each"

    each: tuple[tuple[str, str], ...] = ()

    def decide(self, bars: Bars) -> Any:
        return Told(dict(self.each)[bars.instrument.symbol][: len(bars)]).decide(bars)


@dataclass(frozen=True)
class RandomMarket:
    """Bars of some symbols on the same days, with weekends and holidays, and what each strategy says of each.

    A symbol's bars may end before the days do; nobody says anything of it then.
    """

    series: tuple[Bars, ...]
    days: tuple[date, ...]
    said: tuple[tuple[str, ...], ...]  # of each strategy, of each symbol, a letter for each day

    @property
    def strategies(self) -> list[ToldEach]:
        """A strategy for each, in the order of their ids."""
        return [
            ToldEach(
                f"{number}", each=tuple((b.instrument.symbol, own) for b, own in zip(self.series, said, strict=True))
            )
            for number, said in enumerate(self.said)
        ]

    @property
    def plain(self) -> list[dict[str, Bar]]:
        """The days as the reference takes them."""
        return [
            {
                b.instrument.symbol: Bar(
                    *(float(getattr(b, name)[i]) for name in ("open", "high", "low", "close", "volume"))
                )
                for b in self.series
                if i < len(b)
            }
            for i in range(len(self.days))
        ]

    @property
    def letters(self) -> list[dict[tuple[str, str], str]]:
        """Of each day, what each strategy says of each symbol."""
        return [
            {
                (strategy.decisions, symbol): letters[i]
                for strategy in self.strategies
                for symbol, letters in strategy.each
            }
            for i in range(len(self.days))
        ]


def random_market(seed: int, strategies: int, symbols: int, n: int, *, ending: bool = False) -> RandomMarket:
    """With `ending` the bars of about every other symbol end early, those of the last one never."""
    chance = np.random.default_rng(seed)
    steps = chance.choice([1, 1, 1, 3, 4], n - 1)
    days = [FIRST, *(FIRST + timedelta(days=int(total)) for total in np.cumsum(steps))]
    opened: Times = np.array(days, dtype="datetime64[us]")
    series = []
    for k in range(symbols):
        close = np.round(20 * np.exp(np.cumsum(chance.normal(0, 0.05, n))), 2)
        open_ = np.round(close * chance.uniform(0.96, 1.04, n), 2)
        high = np.maximum(open_, close) * chance.uniform(1, 1.03, n)
        low = np.minimum(open_, close) * chance.uniform(0.97, 1, n)
        volume = chance.choice([0.0, 7.0, 40.0, 300.0, 300.0, 1e6], n)
        closed: Times = opened + np.timedelta64(21, "h")
        series.append(Bars(Instrument(f"S{k}", VENUE), Interval.DAY, opened, closed, open_, high, low, close, volume))
    said = tuple(
        tuple("".join(chance.choice([".", ".", "B", "S"], n)) for _ in range(symbols)) for _ in range(strategies)
    )
    if ending:
        lengths = [int(chance.integers(1, n)) if chance.random() < 0.6 else n for _ in series[:-1]] + [n]
        series = [bars[:length] for bars, length in zip(series, lengths, strict=True)]
        said = tuple(
            tuple(letters[:length].ljust(n, ".") for letters, length in zip(own, lengths, strict=True)) for own in said
        )
    return RandomMarket(tuple(series), tuple(days), said)
