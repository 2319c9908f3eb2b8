"""The best of several symbols by momentum, one day after the other: plain Python for what is decided."""

from collections.abc import Mapping
from datetime import date
from itertools import pairwise

Closes = Mapping[str, Mapping[date, float]]  # of each symbol, on the days it traded


def decisions(
    closes: Closes, *, top: int, lookback: int, skip: int, threshold: float, weekly: bool
) -> dict[tuple[str, date], str]:
    """What is said of each symbol on the first day of a month or week: "buy" or "sell"."""
    days = sorted({day for own in closes.values() for day in own})
    said = {}
    for before, day in pairwise(days):
        if weekly:
            begins = before.isocalendar()[:2] != day.isocalendar()[:2]
        else:
            begins = (before.year, before.month) != (day.year, day.month)
        if not begins:
            continue
        gained = {}
        for symbol, own in closes.items():
            history = [close for traded, close in sorted(own.items()) if traded <= day]
            if day in own and len(history) > lookback:
                gained[symbol] = history[-1 - skip] / history[-1 - lookback] - 1
        best = sorted(gained, key=lambda symbol: (-gained[symbol], symbol))[:top]
        for symbol, gain in gained.items():
            said[symbol, day] = "buy" if symbol in best and gain > threshold else "sell"
    return said
