"""What part of the equity an entry takes, one bar at a time: plain Python for the sizers."""

import statistics
from collections.abc import Sequence
from itertools import pairwise


def volatility_target(closes: Sequence[float], target: float, window: int, bars_in_a_year: float) -> float:
    """At the last close; 0 where there are too few."""
    if len(closes) < window + 1:
        return 0.0
    newest = closes[-window - 1 :]
    returns = [after / before - 1 for before, after in pairwise(newest)]
    volatility = statistics.stdev(returns) * bars_in_a_year**0.5
    return 1.0 if volatility <= target else target / volatility


def equal_risk(
    highs: Sequence[float], lows: Sequence[float], closes: Sequence[float], risk: float, window: int
) -> float:
    """At the last bar; 0 where there are too few."""
    if len(closes) < window + 1:
        return 0.0
    ranges = []
    for i in range(len(closes) - window, len(closes)):
        before = closes[i - 1]
        ranges.append(max(highs[i] - lows[i], abs(highs[i] - before), abs(lows[i] - before)))
    move = sum(ranges) / window / closes[-1]
    return 1.0 if move <= risk else risk / move
