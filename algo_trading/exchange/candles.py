"""Candles in whole ticks and lots, so that sums are exact."""

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from algo_trading.exchange.intervals import Times, opens


@dataclass(frozen=True, slots=True)
class Candles:
    """Columns of equal length, oldest first.

    `time` is the opening time (ms); prices are in ticks of the pair; `volume` and `taker` (what takers bought) in
    lots; `quote` and `taker_quote` in ticks times lots.
    """

    time: Times
    open: Times
    high: Times
    low: Times
    close: Times
    volume: Times
    quote: Times
    trades: Times
    taker: Times
    taker_quote: Times

    def __len__(self) -> int:
        return len(self.time)

    def __getitem__(self, rows: slice | NDArray[np.bool_ | np.integer]) -> "Candles":
        return Candles(*(getattr(self, field.name)[rows] for field in fields(self)))

    def between(self, first: int, end: int) -> "Candles":
        """Those that open from `first` on and before `end` (ms)."""
        low, high = np.searchsorted(self.time, [first, end])
        return self[slice(int(low), int(high))]


@dataclass(frozen=True, slots=True)
class Prints:
    """Single trades of the market: time (ms), price (ticks), quantity (lots), whether the taker bought, trade id."""

    time: Times
    price: Times
    quantity: Times
    bought: NDArray[np.bool_]
    id: Times

    def __len__(self) -> int:
        return len(self.time)

    def __getitem__(self, rows: slice | NDArray[np.bool_]) -> "Prints":
        return Prints(*(getattr(self, field.name)[rows] for field in fields(self)))


NO_CANDLES = Candles(*(np.zeros(0, np.int64) for _ in fields(Candles)))


def joined(parts: Sequence[Candles]) -> Candles:
    """One after the other."""
    return Candles(*(np.concatenate([getattr(part, field.name) for part in parts]) for field in fields(Candles)))


def merged(candles: Candles, interval: str) -> Candles:
    """Longer candles of shorter ones; where all shorter ones are missing there is none."""
    if not len(candles):
        return candles
    times = opens(interval, candles.time)
    starts = np.flatnonzero(np.r_[True, times[1:] != times[:-1]])
    ends = np.r_[starts[1:], len(times)] - 1

    def total(column: Times) -> Times:
        return np.add.reduceat(column, starts)

    return Candles(
        times[starts],
        candles.open[starts],
        np.maximum.reduceat(candles.high, starts),
        np.minimum.reduceat(candles.low, starts),
        candles.close[ends],
        *(total(getattr(candles, name)) for name in ("volume", "quote", "trades", "taker", "taker_quote")),
    )


def of_prints(prints: Prints, interval: str) -> Candles:
    """The candles that the trades make."""
    value = prints.price * prints.quantity
    bought = prints.bought.astype(np.int64)
    single = Candles(
        prints.time,
        prints.price,
        prints.price,
        prints.price,
        prints.price,
        prints.quantity,
        value,
        (prints.quantity > 0).astype(np.int64),
        prints.quantity * bought,
        value * bought,
    )
    return merged(single, interval)


__all__ = ["NO_CANDLES", "Candles", "Prints", "joined", "merged", "of_prints"]
