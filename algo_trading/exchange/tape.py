"""What the market has traded in one pair up to any moment: single trades, candles of every length, statistics.

A source knows the candles of its shortest interval. Within one of them the tape invents the way from open to close
through both extremes as a fixed number of trades, the same ones each time it is asked. A customer's own fills are not
on the tape: the market is taken to be much larger than its customers, so candles do not depend on what they do.
"""

from collections import OrderedDict
from collections.abc import Iterator
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from algo_trading.exchange.candles import NO_CANDLES, Candles, Prints, joined, merged, of_prints
from algo_trading.exchange.intervals import DAY, HOUR, LENGTHS, MINUTE, Times, opened
from algo_trading.exchange.noise import key, uniforms
from algo_trading.exchange.pairs import Pair

Chance = NDArray[np.float64]

KEPT = 64  # candles whose trades are kept at hand
STEP = 4096  # candles that are looked at together in search of a price


class Source(Protocol):
    """Candles of one interval, the shortest that is known."""

    interval: str
    prints_per_candle: int
    starts_at: int
    ends_at: int | None

    def rows(self, first: int, end: int, *, hourly: bool = False) -> Candles:
        """Candles that open from `first` on and before `end` (ms); with `hourly`, longer ones where whole days fit."""
        ...


class Print(NamedTuple):
    """One trade: time (ms), price (ticks), quantity (lots), whether the taker bought, id."""

    time: int
    price: int
    quantity: int
    bought: bool
    id: int


class Tape:
    """The trades and candles of a pair. Times are ms; the newest trade that is visible is the one at `now`."""

    def __init__(self, seed: int, pair: Pair, source: Source) -> None:
        self.pair = pair
        self.source = source
        self.length = LENGTHS[source.interval]
        self.gaps: list[tuple[int, int]] = []  # from, to (ms): maintenance, for which no candle exists
        self._key = key(seed, pair.symbol, "prints")
        self._kept: OrderedDict[int, Prints] = OrderedDict()
        self._newest: tuple[int, Print | None] = (-1, None)  # the answer to `last` for a moment
        self._averages: dict[int, tuple[int, float]] = {}  # by minutes: the id of the newest trade, the price

    def open_at(self, now: int) -> bool:
        """Whether the market trades at the moment."""
        ended = self.source.ends_at is not None and now >= self.source.ends_at
        return self.source.starts_at <= now and not ended and not any(low <= now < high for low, high in self.gaps)

    def skip(self, first: int, end: int) -> None:
        """Take what was traded in a time off the tape, as maintenance does."""
        self.gaps.append((first, end))
        self._forget()

    def end_gaps(self, now: int) -> None:
        """Let the market trade again from now on."""
        self.gaps = [(low, min(high, now)) for low, high in self.gaps]
        self._forget()

    def _forget(self) -> None:
        self._kept.clear()
        self._averages.clear()
        self._newest = (-1, None)

    def rows(self, first: int, end: int, *, hourly: bool = False) -> Candles:
        """The source's candles without what falls into a gap."""
        gaps = [(low, high) for low, high in self.gaps if low < end and high > first]
        found = self.source.rows(first, end, hourly=hourly and not gaps)
        if not gaps or not len(found):
            return found
        touched = np.zeros(len(found), bool)
        for low, high in gaps:
            touched |= (found.time + self.length > low) & (found.time < high)
        inside = np.zeros(len(found), bool)
        for low, high in gaps:
            inside |= (found.time >= low) & (found.time + self.length <= high)
        cut = [of_prints(self._of(int(time)), self.source.interval) for time in found.time[touched & ~inside]]
        kept = joined([found[~touched], *cut])
        return kept[np.argsort(kept.time)]

    def candles(self, interval: str, first: int, end: int, now: int) -> Candles:
        """Candles that open from `first` on and before `end`; the last may be unfinished at `now`."""
        if LENGTHS[interval] < self.length:
            return of_prints(self.prints(max(first, self.source.starts_at) - 1, min(end - 1, now)), interval)
        end = min(end, now + 1)
        running = opened(self.source.interval, now)
        whole = LENGTHS[interval] % HOUR == 0 and self.length <= HOUR
        parts = [self.rows(first, min(end, running), hourly=whole)]
        if first <= now and running < end:
            parts.append(of_prints(self.prints(running - 1, now), self.source.interval))
        return merged(joined(parts), interval)

    def prints(self, after: int, until: int) -> Prints:
        """The trades after one moment and up to another, that one included."""
        first = opened(self.source.interval, after + 1)
        found = self._of(first) if until < first + self.length else self._made(self.source.rows(first, until + 1))
        low, high = np.searchsorted(found.time, [after, until], side="right")
        return found[slice(int(low), int(high))]

    def last(self, now: int) -> Print | None:
        """The newest trade at the moment; None before the first one."""
        if self._newest[0] != now:
            self._newest = (now, self._last(now))
        return self._newest[1]

    def _last(self, now: int) -> Print | None:
        found = self.prints(opened(self.source.interval, now) - 1, now)
        end, step = opened(self.source.interval, now), self.length
        while not len(found):  # after a gap, or where no candle is
            if end <= self.source.starts_at:
                return None
            rows = self.rows(end - step, end)
            found = self._of(int(rows.time[-1])) if len(rows) else found
            end, step = end - step, step * 4
        return next(iter_prints(found[slice(-1, None)]))

    def window(self, now: int, length: int) -> Candles:
        """The candles of the time before `now`, which begins on a whole minute, merged into one; empty if none."""
        first = (now - length) // MINUTE * MINUTE
        found = self.candles(self.source.interval, first, now + 1, now)
        if not len(found):
            return NO_CANDLES
        one = merged(Candles(found.time * 0, *(getattr(found, name) for name in list(Candles.__slots__)[1:])), "1d")
        one.time[0] = first
        return one

    def average(self, now: int, minutes: int) -> float | None:
        """Average price in ticks, weighted by volume; the last price where nothing was traded or `minutes` is 0."""
        last = self.last(now)
        if last is None:
            return None
        known = self._averages.get(minutes)
        if known is None or known[0] != last.id:
            found = self.window(now, minutes * MINUTE) if minutes else NO_CANDLES
            traded = len(found) and found.volume[0]
            known = (last.id, float(found.quote[0]) / float(found.volume[0]) if traded else float(last.price))
            self._averages[minutes] = known
        return known[1]

    def first_touch(self, after: int, until: int, low: int | None, high: int | None) -> int | None:
        """Opening time of the first candle after `after` that reaches down to `low` or up to `high` (ticks).

        The candle that `after` falls into counts. None if there is none up to `until`.
        """
        start = opened(self.source.interval, after)
        while start <= until:
            end = min(start + STEP * self.length, until + 1)
            rows = self.rows(start, end)
            touched = np.zeros(len(rows), bool)
            if low is not None:
                touched |= rows.low <= low
            if high is not None:
                touched |= rows.high >= high
            if touched.any():
                return int(rows.time[int(np.argmax(touched))])
            start = end
        return None

    def _of(self, open_time: int) -> Prints:
        if open_time in self._kept:
            return self._kept[open_time]
        made = self._made(self.source.rows(open_time, open_time + self.length))
        self._kept[open_time] = made
        while len(self._kept) > KEPT:
            self._kept.popitem(last=False)
        return made

    def _made(self, rows: Candles) -> Prints:
        """The trades of some candles: they begin at the open, reach both extremes and end at the close."""
        count, each = len(rows), self.source.prints_per_candle
        number = rows.time[:, None] // self.length * each + np.arange(each)
        noise = uniforms(self._key, number)
        price = _way(rows, noise, each)
        bought = uniforms(self._key + 1, number) < 0.5
        bought[:, 0], bought[:, -1] = True, False  # so that both kinds occur
        weight = 0.2 + uniforms(self._key + 2, number)
        quantity = _shares(rows.taker, weight * bought) + _shares(rows.volume - rows.taker, weight * ~bought)
        offset = (np.arange(each) + np.where(np.arange(each) == 0, 0.0, noise * 0.9)) * (self.length / each)
        time = rows.time[:, None] + offset.astype(np.int64)
        shape = count * each
        made = Prints(
            time.reshape(shape),
            price.reshape(shape),
            quantity.reshape(shape),
            bought.reshape(shape),
            number.reshape(shape),
        )
        for low, high in self.gaps:
            made = made[(made.time < low) | (made.time >= high)]
        return made


def iter_prints(prints: Prints) -> Iterator[Print]:
    """The trades one by one."""
    columns = (prints.time, prints.price, prints.quantity, prints.bought, prints.id)
    return map(Print._make, zip(*(column.tolist() for column in columns), strict=True))


def _way(rows: Candles, noise: Chance, each: int) -> Times:
    """Prices of the trades of each candle: from open over low and high (a rising candle) to close, with noise."""
    rising = rows.close >= rows.open
    turns = np.stack(
        [
            rows.open,
            np.where(rising, rows.low, rows.high),
            np.where(rising, rows.high, rows.low),
            rows.close,
        ],
        axis=1,
    )
    # The two turns lie in the second and third quarter of the candle; where exactly is random.
    quarter = each // 4
    first = 1 + (noise[:, 1] * quarter).astype(np.int64)
    second = 2 * quarter + (noise[:, 2] * (quarter - 1)).astype(np.int64)
    places = np.stack([np.zeros_like(first), first, second, np.full_like(first, each - 1)], axis=1)
    step = np.arange(each)
    leg = (step >= places[:, 1:2]).astype(np.int64) + (step >= places[:, 2:3])
    begin, end = np.take_along_axis(places, leg, 1), np.take_along_axis(places, leg + 1, 1)
    start, stop = np.take_along_axis(turns, leg, 1), np.take_along_axis(turns, leg + 1, 1)
    part = (step - begin) / np.maximum(end - begin, 1)
    noisy = (noise - 0.5) * 0.25 * (rows.high - rows.low)[:, None] * np.minimum(part, 1 - part) * 2
    price: Times = np.rint(start + (stop - start) * part + noisy).astype(np.int64)
    np.clip(price, rows.low[:, None], rows.high[:, None], out=price)
    for place in range(4):  # exact whatever was rounded
        np.put_along_axis(price, places[:, place : place + 1], turns[:, place : place + 1], 1)
    return price


def _shares(total: Times, weight: Chance) -> Times:
    """Whole parts of each total in proportion to the weights of its row, which add up to it."""
    sums = np.cumsum(weight, axis=1)
    ends = np.floor(sums / sums[:, -1:] * total[:, None].astype(np.float64)).astype(np.int64)
    count = weight.shape[1]
    last = count - 1 - np.argmax(weight[:, ::-1] > 0, axis=1)  # the rest goes to the last that has a weight
    ends = np.where(np.arange(count) >= last[:, None], total[:, None], ends)
    shares: Times = np.diff(ends, axis=1, prepend=0)
    return shares


def usual_prints(interval: str) -> int:
    """How many trades a candle of that length is taken to have: one each five seconds, at most 288."""
    return min(max(LENGTHS[interval] // MINUTE, 1) * 12, DAY // (5 * MINUTE))


__all__ = ["Print", "Source", "Tape", "iter_prints", "usual_prints"]
