"""What the price did after a score rose to a level."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import numpy as np

from algo_trading.domain.bars import Bars, Floats
from algo_trading.indicators.candle_ranks import Integers
from algo_trading.strategies.score_history import ScoreHistory

HORIZONS = {
    "30m": timedelta(minutes=30),
    "1h": timedelta(hours=1),
    "4h": timedelta(hours=4),
    "12h": timedelta(hours=12),
    "1d": timedelta(days=1),
    "3d": timedelta(days=3),
    "1w": timedelta(weeks=1),
    "2w": timedelta(weeks=2),
}
LEAST_SCORE = 2


@dataclass(frozen=True, slots=True)
class Crossing:
    """How often the `score` of a `kind` (bull, bear) was reached from below, and the best price within each horizon.

    The price is the lowest after a bull score and the highest after a bear score, against the close at the crossing, in
    per cent and in the mean. NaN for horizons that are shorter than a candle or that no crossing has behind it.
    """

    kind: str
    score: int
    count: int
    best: dict[str, float]


def crossings(bars: Bars, scores: ScoreHistory) -> tuple[Crossing, ...]:
    """A row for each level that a score reached, of bull scores first."""
    found: list[Crossing] = []
    for kind, values, prices, pick in (
        ("bull", scores.bull, bars.low, np.minimum),
        ("bear", scores.bear, bars.high, np.maximum),
    ):
        before = np.append(0, values[:-1])
        rises = np.flatnonzero(values > before)
        changes = {name: _changes(bars, rises, prices, pick, horizon) for name, horizon in HORIZONS.items()}
        for score in range(LEAST_SCORE, int(values.max(initial=0)) + 1):
            reached = (before[rises] < score) & (values[rises] >= score)
            best = {name: _mean(change[reached]) for name, change in changes.items()}
            found.append(Crossing(kind, score, int(reached.sum()), best))
    return tuple(found)


def _changes(
    bars: Bars, at: Integers, prices: Floats, pick: Callable[[Floats, Floats], Floats], horizon: timedelta
) -> Floats:
    """The extreme price within a horizon of each bar's close against it, in per cent; NaN where it is not all known."""
    if not len(at):
        return np.empty(0)
    until = bars.closed_at[at] + np.timedelta64(horizon, "us")
    end = np.searchsorted(bars.closed_at, until, side="right")
    known = (until <= bars.closed_at[-1]) & (end > at + 1)
    changes = np.full(len(at), np.nan)
    changes[known] = 100 * (extremes(prices, at[known] + 1, end[known], pick) / bars.close[at[known]] - 1)
    return changes


def extremes(values: Floats, first: Integers, end: Integers, pick: Callable[[Floats, Floats], Floats]) -> Floats:
    """The least or greatest (`pick`) of values[first:end], for each pair of bounds that are not empty.

    Two overlapping spans of a power of two cover each of them (a sparse table).
    """
    out = np.empty(len(first))
    digits = np.frexp((end - first).astype(np.float64))[1] - 1
    for digit in range(int(digits.max(initial=-1)) + 1):
        chosen = digits == digit
        out[chosen] = pick(values[first[chosen]], values[end[chosen] - 2**digit])
        values = pick(values[: -(2**digit)], values[2**digit :])
    return out


def _mean(changes: Floats) -> float:
    known = changes[np.isfinite(changes)]
    return float(np.mean(known)) if len(known) else float("nan")
