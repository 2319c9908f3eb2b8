"""Figures of closed trades, counted one by one."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class RoundTrip:
    """Prices of a long trade, before costs."""

    bought: float
    sold: float


def growth_of(trip: RoundTrip, commission: float) -> float:
    """What a trade makes of 1 that goes in, commissions included."""
    return (trip.sold * (1 - commission)) / (trip.bought * (1 + commission))


def win_rate(trips: Sequence[RoundTrip], commission: float) -> float:
    """Part of the trades that made money; one that came out where it went in made none."""
    return sum(growth_of(trip, commission) > 1 + 1e-12 for trip in trips) / len(trips)


def profit_factor(trips: Sequence[RoundTrip], commission: float) -> float:
    """Money won over money lost by an account that always puts everything in."""
    equity, won, lost = 1.0, 0.0, 0.0
    for trip in trips:
        growth = growth_of(trip, commission)
        gain = equity * (growth - 1) if abs(growth - 1) > 1e-12 else 0.0
        won, lost, equity = won + max(gain, 0.0), lost + max(-gain, 0.0), equity * growth
    return won / lost if lost else float("inf") if won else float("nan")
