"""Candle metrics, ranks and scores as their definition has them, one bar after the other, in plain Python."""

import math
from bisect import bisect_right, insort
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

Label = Callable[[datetime], datetime]  # when the candle opened that a moment lies in


class Row(NamedTuple):
    opened_at: datetime
    open: float
    high: float
    low: float
    close: float


class Step(NamedTuple):
    """A timeframe's candle at the close of a bar: metrics and ranks in the order of METRICS, NaN for NA."""

    metrics: tuple[float, ...]
    ranks: tuple[float, ...]
    closed: int


POINTS = ((2.5, 6), (5, 5), (10, 4), (15, 3), (20, 2), (25, 1))
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def label_of(interval: str) -> Label:
    """Candles of a market that never closes: weeks begin on Monday, months on the first, the rest on the clock."""
    count, unit = int(interval[:-1]), interval[-1]
    if unit == "M":
        return lambda moment: moment.replace(day=1, hour=0, minute=0)
    if unit == "w":
        return lambda moment: moment.replace(hour=0, minute=0) - timedelta(days=moment.weekday())
    length = count * {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}[unit]
    return lambda moment: moment - (moment - EPOCH) % length


def metrics(row: Row) -> tuple[float, float, float, float]:
    return (
        100 * (row.close / row.open - 1),
        100 * (row.high / row.low - 1),
        100 * (row.high / row.open - 1),
        100 * (row.low / row.open - 1),
    )


def rank(value: float, closed: Sequence[float]) -> float:
    """The rank of a value among sorted ones; great ones are extreme."""
    n = len(closed)
    more_extreme = n - bisect_right(closed, value)
    return 100 * min(more_extreme + 1, n) / n


def history(rows: Sequence[Row], label: Label) -> list[Step]:
    """A timeframe at the close of each row, compared with the candles that had closed before its own began."""
    lists: tuple[list[float], ...] = ([], [], [], [])
    steps: list[Step] = []
    candle: Row | None = None
    for row in rows:
        opened = label(row.opened_at)
        if candle is None or opened != candle.opened_at:
            if candle is not None:
                change, amplitude, up, down = metrics(candle)
                for values, value in zip(lists, (change, amplitude, up, -down), strict=True):
                    insort(values, value)
            candle = Row(opened, row.open, row.high, row.low, row.close)
        else:
            candle = candle._replace(high=max(candle.high, row.high), low=min(candle.low, row.low), close=row.close)
        change, amplitude, up, down = metrics(candle)
        ranks = [math.nan] * 4
        if lists[0]:
            ranks[0], ranks[1] = rank(change, lists[0]), rank(amplitude, lists[1])
            if change >= 0:
                ranks[2] = rank(change, lists[2])
            if change <= 0:
                ranks[3] = rank(-change, lists[3])
        steps.append(Step((change, amplitude, up, down), tuple(ranks), len(lists[0])))
    return steps


def points(rank: float) -> int:
    return next((points for bound, points in POINTS if rank <= bound), 0)


def scores(rows: Sequence[Row], intervals: Sequence[str]) -> list[tuple[int, int]]:
    """Bull and bear score at the close of each row."""
    columns = [history(rows, label_of(interval)) for interval in intervals]
    return [
        (sum(points(step.ranks[2]) for step in steps), sum(points(step.ranks[3]) for step in steps))
        for steps in zip(*columns, strict=True)
    ]
