"""Bars of random walks. It imports little, so that memory can be measured."""

import numpy as np

from algo_trading.domain.bars import Bars
from algo_trading.domain.instrument import Instrument
from algo_trading.domain.time import Interval

DAY, MINUTE = np.timedelta64(86_400_000_000, "us"), np.timedelta64(60_000_000, "us")


def random_bars(n: int, seed: int = 1, step: np.timedelta64 = DAY) -> Bars:
    """A random walk with opens, highs and lows of its own, about 1 % a day."""
    draws = np.random.default_rng(seed).normal(0, 1, (4, n)) * np.sqrt(step / DAY)
    closes = 50 * np.exp(np.cumsum(draws[0]) * 0.01)
    opens = np.concatenate((closes[:1], closes[:-1])) * (1 + 0.002 * draws[1])
    top, bottom = np.maximum(opens, closes), np.minimum(opens, closes)
    opened = np.datetime64("2000-01-03", "us") + np.arange(n) * step
    return Bars(
        Instrument(f"S{seed:05}"),
        Interval.DAY,
        opened,
        opened + step,
        open=opens,
        high=top * (1 + 0.002 * np.abs(draws[2])),
        low=bottom * (1 - 0.002 * np.abs(draws[3])),
        close=closes,
        volume=np.full(n, 1000.0),
    )
