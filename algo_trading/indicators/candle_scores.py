"""Bull and bear scores: the points of the ranks `max_up` and `max_down`, summed over the timeframes of a pair."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from algo_trading.domain.bars import Floats
from algo_trading.domain.scores import DEFAULT_POINTS, PointsTable
from algo_trading.indicators.candle_ranks import Integers, candle_numbers, order_statistics
from algo_trading.indicators.series import as_series

Prices = tuple[Floats, Floats, Floats, Floats]  # open, high, low, close


def score_history(
    prices: Prices,
    candles: Sequence[Integers],
    points: PointsTable = DEFAULT_POINTS,
    *,
    oldest: Sequence[Integers] | None = None,
    threads: int = 1,
) -> Integers:
    """Bull and bear score at each bar's close, (2, n), as they stood then.

    `prices` are open, high, low and close of the shortest bars. Each of `candles` numbers the candles of a timeframe
    that the bars belong to, and each of `oldest` says with which of them comparing begins (`candle_ranks`).
    """
    windows: Sequence[Integers | None] = oldest if oldest is not None else [None] * len(candles)
    n = len(prices[0])
    if threads == 1 or len(candles) < 2:
        total = np.zeros((2, n), dtype=np.int64)
        for candle, window in zip(candles, windows, strict=True):
            _add(prices, candle, window, points, total)
        return total
    # The timeframe with the most candles takes longest and begins.
    order = sorted(range(len(candles)), key=lambda k: -int(candles[k][-1]) if n else 0)

    def one(k: int) -> Integers:
        own = np.zeros((2, n), dtype=np.int64)
        _add(prices, candles[k], windows[k], points, own)
        return own

    with ThreadPoolExecutor(threads) as pool:  # the compiled loops and numpy's sort release the interpreter's lock
        summed: Integers = np.sum(list(pool.map(one, order)), axis=0)
    return summed


def _add(prices: Prices, candle: Integers, oldest: Integers | None, points: PointsTable, total: Integers) -> None:
    """Add the points of one timeframe."""
    from algo_trading.indicators import candle_kernels

    opens, highs, lows, closes = map(as_series, prices)
    numbers = candle_numbers(candle, len(closes))
    candles = int(numbers[-1]) + 1 if len(numbers) else 0
    first, up, down = np.empty(candles), np.empty(candles), np.empty(candles)
    candle_kernels.candle_reaches(opens, highs, lows, numbers, first, up, down)
    since = np.zeros_like(numbers) if oldest is None else np.ascontiguousarray(oldest, dtype=np.int64)
    table = np.array(points.bounds), np.array(points.points, dtype=np.int64)
    for reaches, sign, score in ((up, 1.0, total[0]), (down, -1.0, total[1])):
        ordered, places = order_statistics(reaches)
        candle_kernels.add_points(ordered, places, first, closes, sign, numbers, since, *table, score)
