"""Made-up candles: a walk with calm and wild days, jumps and a common mood, from nothing but a seed.

Any minute of any day can be asked for at any time and comes out alike. Days are drawn one after the other (they depend
on the day before), minutes of a day between its two ends (a Brownian bridge).
"""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from algo_trading.exchange.candles import NO_CANDLES, Candles, joined, merged
from algo_trading.exchange.coins import COINS, CROSSES, Coin, listed_at
from algo_trading.exchange.intervals import DAY, MINUTE
from algo_trading.exchange.noise import key
from algo_trading.exchange.pairs import Pair

MINUTES = DAY // MINUTE
KEPT_DAYS = 400  # in memory at a time, of all pairs together: 45 MB
PULL = 0.004  # share of the way back to where the price started, each day
COMMON = 0.6  # share of a move that all coins make together
PRINTS_PER_MINUTE = 12

Walk = NDArray[np.float64]


def _draws(*parts: int | str) -> np.random.Generator:
    return np.random.Generator(np.random.PCG64(key(*parts)))


@dataclass(frozen=True, slots=True)
class Day:
    """Where a day starts (logarithm of the price) and how far prices move in it (standard deviation)."""

    start: float
    spread: float


class CoinWalk:
    """Logarithms of a coin's price."""

    def __init__(self, seed: int, coin: Coin) -> None:
        self._seed, self._coin = seed, coin
        self.first_day = listed_at(coin) // DAY
        self._level = float(np.log(coin.price))
        self._mood = 0.0
        self._days: list[Day] = []
        self._next = self._level

    def day(self, number: int) -> Day:
        """The day so many days after 1970-01-01."""
        while len(self._days) <= number - self.first_day + 1:
            self._draw()
        return self._days[number - self.first_day]

    def minutes(self, number: int) -> Walk:
        """Logarithms at the day's start and at the end of each of its minutes: 1,441 values."""
        today, tomorrow = self.day(number), self.day(number + 1)
        draws = _draws(self._seed, self._coin.name, "minutes", number)
        steps = draws.standard_t(4, MINUTES) * (today.spread / np.sqrt(2 * MINUTES))
        if draws.random() < 0.15:  # a jump, of which the rest of the day takes back a part
            steps[draws.integers(MINUTES)] += draws.normal() * 1.5 * today.spread
        walk = np.r_[0.0, np.cumsum(steps)]
        missed = tomorrow.start - today.start - walk[-1]
        bridge: Walk = today.start + walk + missed * np.arange(MINUTES + 1) / MINUTES
        return bridge

    def _draw(self) -> None:
        number = self.first_day + len(self._days)
        own = _draws(self._seed, self._coin.name, "day", number)
        common = _draws(self._seed, "market", number).normal()
        self._mood = 0.93 * self._mood + 0.18 * own.normal()
        spread = self._coin.daily_move * float(np.exp(self._mood))
        self._days.append(Day(self._next, spread))
        move = spread * (COMMON * common + np.sqrt(1 - COMMON**2) * own.normal())
        self._next += PULL * (self._level - self._next) + move


class MadeUpCandles:
    """The minutes of one pair, without end."""

    interval = "1m"
    prints_per_candle = PRINTS_PER_MINUTE
    ends_at: int | None = None

    def __init__(
        self, seed: int, pair: Pair, walks: Sequence[CoinWalk], coin: Coin, days: OrderedDict[tuple[str, int], Candles]
    ) -> None:
        self._seed, self._pair, self._walks, self._coin = seed, pair, walks, coin
        self._days = days
        self._hours: dict[int, Candles] = {}
        self.starts_at = max(walk.first_day for walk in walks) * DAY
        value_of_lot = coin.price * float(pair.lot)
        self._minute_lots = max(coin.minute_value / value_of_lot / (1 if len(walks) == 1 else 20), 60.0)

    def rows(self, first: int, end: int, *, hourly: bool = False) -> Candles:
        """Minutes that open from `first` on and before `end` (ms); whole hours of whole days where that will do."""
        first = max(first, self.starts_at)
        if first >= end:
            return NO_CANDLES
        parts = [
            self._hours_of(day) if hourly and first <= day * DAY and (day + 1) * DAY <= end else self._day(day)
            for day in range(first // DAY, (end - 1) // DAY + 1)
        ]
        return joined(parts).between(first, end)

    def _hours_of(self, day: int) -> Candles:
        if day not in self._hours:
            self._hours[day] = merged(self._day(day), "1h")
        return self._hours[day]

    def _day(self, day: int) -> Candles:
        name = (self._pair.symbol, day)
        if name in self._days:
            self._days.move_to_end(name)
            return self._days[name]
        made = self._make(day)
        self._days[name] = made
        while len(self._days) > KEPT_DAYS:
            self._days.popitem(last=False)
        return made

    def _make(self, day: int) -> Candles:
        walk = self._walks[0].minutes(day)
        for other in self._walks[1:]:
            walk = walk - other.minutes(day)
        draws = _draws(self._seed, self._pair.symbol, "candles", day)
        spread = self._walks[0].day(day).spread / np.sqrt(MINUTES)
        up, down = np.abs(draws.normal(size=(2, MINUTES))) * spread * 0.5
        opened, closed = walk[:-1], walk[1:]

        def ticks(logarithm: Walk) -> NDArray[np.int64]:
            return np.maximum(np.rint(np.exp(logarithm) / float(self._pair.tick)).astype(np.int64), 1)

        high, low = ticks(np.maximum(opened, closed) + up), ticks(np.minimum(opened, closed) - down)
        opened_ticks, closed_ticks = ticks(opened), ticks(closed)
        high = np.maximum(high, np.maximum(opened_ticks, closed_ticks))
        low = np.minimum(low, np.minimum(opened_ticks, closed_ticks))
        moved = (closed - opened) / spread
        hour_of_day = 1 + 0.4 * np.sin((np.arange(MINUTES) / MINUTES - 0.35) * 2 * np.pi)
        activity = np.exp(0.6 * draws.normal(size=MINUTES) - 0.18) * hour_of_day * (0.6 + 0.5 * np.abs(moved))
        volume = np.maximum((self._minute_lots * activity).astype(np.int64), 3 * PRINTS_PER_MINUTE)
        share = np.clip(0.5 + 0.12 * moved + 0.08 * draws.normal(size=MINUTES), 0.08, 0.92)
        taker = (volume * share).astype(np.int64)
        typical = (opened_ticks + high + low + closed_ticks) // 4
        return Candles(
            day * DAY + np.arange(MINUTES, dtype=np.int64) * MINUTE,
            opened_ticks,
            high,
            low,
            closed_ticks,
            volume,
            volume * typical,
            np.full(MINUTES, PRINTS_PER_MINUTE, np.int64),
            taker,
            taker * typical,
        )


def made_up(seed: int, pairs: Sequence[Pair], since: int = 0) -> dict[str, MadeUpCandles]:
    """The candles of each pair. Pairs share the walks of their coins, so that crosses fit together.

    A pair that was listed before midnight of `since` (ms) has no candles before it; the others are as ever.
    """
    coins = {coin.name: coin for coin in COINS}
    walks = {name: CoinWalk(seed, coin) for name, coin in coins.items()}
    crosses = {base + quote: (base, quote) for base, quote, *_ in CROSSES}
    days: OrderedDict[tuple[str, int], Candles] = OrderedDict()
    made = {
        pair.symbol: MadeUpCandles(
            seed,
            pair,
            [walks[name] for name in crosses.get(pair.symbol, (pair.base,))],
            coins[pair.base],
            days,
        )
        for pair in pairs
    }
    for candles in made.values():
        candles.starts_at = max(candles.starts_at, since // DAY * DAY)
    return made


__all__ = ["MadeUpCandles", "made_up"]
