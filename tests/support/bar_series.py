"""Series of bars for tests: made from closes, and the packaged sample."""

import csv
import gzip
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from importlib.resources import files

import numpy as np
from numpy.typing import ArrayLike

from algo_trading.domain.bars import Bars, Floats, Times
from algo_trading.domain.features import FEATURES, INFLUENCER_CONFIDENCE, MARKET_CAP, PE_RATIO
from algo_trading.domain.instrument import Instrument
from algo_trading.domain.time import Interval, Period, moment_of

FIRST_DAY = np.datetime64("2000-01-03", "us")


def bars_of(closes: ArrayLike, symbol: str = "TEST", first: np.datetime64 = FIRST_DAY) -> Bars:
    """Daily bars, one each calendar day, with these closes and every other price equal to the close."""
    close = np.array(closes, dtype=np.float64)
    opened: Times = first + np.arange(len(close)) * np.timedelta64(1, "D")
    closed = opened + np.timedelta64(21, "h")
    volume = np.full(len(close), 1000.0)
    return Bars(Instrument(symbol), Interval.DAY, opened, closed, close, close, close, close, volume)


def period_at(bars: Bars, index: int) -> Period:
    """The period of the bar at `index`, as if trading began at its label."""
    opened, closed = moment_of(bars.opened_at[index]), moment_of(bars.closed_at[index])
    return Period(bars.interval, opened, opened, closed)


RANGES = {INFLUENCER_CONFIDENCE: (0.0, 1.0), PE_RATIO: (-5.0, 50.0), MARKET_CAP: (1e9, 1e12)}


def with_features(bars: Bars, seed: int = 0, gaps: float = 0.2) -> Bars:
    """`bars` with every feature at random in its range; a part of `gaps` is not known."""
    chance = np.random.default_rng(seed)
    columns = {name: chance.uniform(*RANGES.get(name, (-1.0, 1.0)), len(bars)) for name in FEATURES}
    known = {name: np.where(chance.random(len(bars)) < gaps, np.nan, values) for name, values in columns.items()}
    return replace(bars, features=known)


@cache
def sample_closes() -> dict[str, Floats]:
    """Adjusted closes of the packaged sample by symbol, 2000 .. 2013."""
    path = files("algo_trading") / "data" / "us_stocks_daily_2000_2013.csv.gz"
    with path.open("rb") as packed, gzip.open(packed, "rt", encoding="utf-8", newline="") as lines:
        rows = sorted(csv.DictReader(lines), key=lambda row: row["Date"])
    closes: dict[str, list[float]] = defaultdict(list)
    for row in rows:
        closes[row["Ticker"]].append(float(row["Adj Close"]))
    return {symbol: np.array(values) for symbol, values in closes.items()}


def random_walk(n: int, seed: int = 0) -> Floats:
    """Closes of a random walk that starts near 100, about 2 % a day."""
    steps = np.random.default_rng(seed).normal(0, 0.02, n)
    walk: Floats = 100 * np.exp(np.cumsum(steps))
    return walk


def joined(series: Sequence[Floats]) -> tuple[Floats, list[int]]:
    """Closes one after the other, and the first row of each with the number of rows at the end."""
    starts = np.cumsum([0, *(len(values) for values in series)])
    return np.concatenate([*series, np.empty(0)]), starts.tolist()
