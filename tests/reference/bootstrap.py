"""Resampling by blocks, bar by bar, and what holding as much of the market earns."""

from collections.abc import Sequence
from statistics import fmean, stdev


def resampled(returns: Sequence[float], begins: Sequence[int], lengths: Sequence[int]) -> list[float]:
    """The series that the blocks make: each runs on from where it begins, and from the last bar to the first."""
    found: list[float] = []
    for begin, length in zip(begins, lengths, strict=True):
        found += [returns[(begin + step) % len(returns)] for step in range(length)]
    return found


def sharpe(returns: Sequence[float]) -> float:
    return fmean(returns) / stdev(returns)


def excess(equity: Sequence[float], cash: float, shares: Sequence[float], closes: Sequence[float]) -> list[float]:
    """Returns of an account less its mean exposure times the market's; the market's first return is 0."""
    exposure = fmean(held * close / worth for held, close, worth in zip(shares, closes, equity, strict=True))
    found, before = [], cash
    for day, worth in enumerate(equity):
        market = closes[day] / closes[day - 1] - 1 if day else 0.0
        found.append(worth / before - 1 - exposure * market)
        before = worth
    return found
