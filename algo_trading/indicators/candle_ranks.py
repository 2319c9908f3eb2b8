"""How unusual candles are: what they did in per cent, and its rank among the closed candles before.

The metrics of a candle are its change (close against open), amplitude (high against low), and how far it rose and fell
(high and low against open). A rank is 100 * min(g + 1, N) / N of N closed candles, g of which went strictly further, so
small ranks are extreme. Change and amplitude are ranked among their own kind. The ranks of `max_up` and `max_down` say
how few candles ever rose or fell as far as this one stands now: they place its *change* among the highs, or the lows;
NaN while the change is of the other sign.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from algo_trading.domain.bars import Floats
from algo_trading.domain.scores import METRICS
from algo_trading.indicators.series import as_series

Integers = NDArray[np.int64]
SIGNS = np.array([1.0, 1.0, 1.0, -1.0])  # what makes the extreme of each metric its greatest value


def running_metrics(opens: Floats, highs: Floats, lows: Floats, closes: Floats, candle: Integers) -> Floats:
    """The METRICS, in per cent, of the candle that each bar belongs to as it stood at the bar's close: (4, n).

    `candle` numbers the candles of the bars 0, 1, 2 ... in ascending time.
    """
    from algo_trading.indicators import candle_kernels

    columns = [as_series(values) for values in (opens, highs, lows, closes)]
    numbers = candle_numbers(candle, *map(len, columns))
    out = np.empty((len(METRICS), len(numbers)))
    candle_kernels.running_metrics(*columns, numbers, out)
    return out


def candle_metrics(opens: Floats, highs: Floats, lows: Floats, closes: Floats) -> Floats:
    """The METRICS of whole candles: (4, n)."""
    return running_metrics(opens, highs, lows, closes, np.arange(len(opens)))


def closed_metrics(running: Floats, candle: Integers) -> Floats:
    """The metrics of each candle at its end, from `running_metrics`: (4, candles)."""
    ends = np.flatnonzero(np.append(candle[1:] != candle[:-1], True)) if len(candle) else np.empty(0, np.int64)
    return running[:, ends]


def rank_history(running: Floats, candle: Integers, oldest: Integers | None = None) -> Floats:
    """The ranks of each metric at each bar's close, from `running_metrics`: (4, n).

    Each candle is compared with those before it alone; with `oldest`, which ascends, not with those before oldest[i].
    """
    return np.stack([rank_row(row, running, candle, oldest) for row in range(len(METRICS))])


def rank_row(row: int, running: Floats, candle: Integers, oldest: Integers | None = None) -> Floats:
    """One row of `rank_history`."""
    from algo_trading.indicators import candle_kernels

    numbers = candle_numbers(candle, running.shape[1])
    ordered, places = order_statistics(SIGNS[row] * closed_metrics(running[row : row + 1], numbers)[0])
    first = np.zeros_like(numbers) if oldest is None else np.ascontiguousarray(oldest, dtype=np.int64)
    values = running[row] if row < 2 else np.where(SIGNS[row] * running[0] >= 0, SIGNS[row] * running[0], np.nan)
    out = np.empty(len(numbers))
    candle_kernels.rank_history(ordered, places, as_series(values), numbers, first, out)
    return out


@dataclass(frozen=True)
class ClosedCandles:
    """The metrics of a series' closed candles in order, to rank the newest candle: (4, N), the extremes last.

    `averages` are those of the METRICS over all of them: (4,), NaN where there are none.
    """

    ordered: Floats
    averages: Floats

    @classmethod
    def of(cls, metrics: Floats) -> Self:
        """From the metrics of candles in any order, (4, N)."""
        averages = metrics.mean(axis=1) if metrics.shape[1] else np.full(len(METRICS), np.nan)
        return cls(np.sort(SIGNS[:, None] * metrics, axis=1), averages)

    def __len__(self) -> int:
        return int(self.ordered.shape[1])

    def with_closed(self, metrics: Floats) -> Self:
        """With one more, whose metrics are (4,)."""
        rows = [
            np.insert(row, int(row.searchsorted(value)), value)
            for row, value in zip(self.ordered, SIGNS * metrics, strict=True)
        ]
        n = len(self)
        averages = (n * self.averages + metrics) / (n + 1) if n else metrics
        return type(self)(np.stack(rows), averages)

    def ranks(self, metrics: Floats) -> Floats:
        """The ranks of a candle with these metrics, (4,); NaN where the sign does not fit and without closed ones."""
        n = len(self)
        ranks = np.full(len(METRICS), np.nan)
        if not n:
            return ranks
        change = float(metrics[0])
        for row, value in enumerate((change, float(metrics[1]), change, -change)):
            if row < 2 or value >= 0:
                greater = n - int(self.ordered[row].searchsorted(value, side="right"))
                ranks[row] = 100.0 * min(greater + 1, n) / n
        return ranks


def order_statistics(values: Floats) -> tuple[Floats, Integers]:
    """The values in ascending order, and the place of each of them there."""
    order = np.argsort(values)
    places = np.empty_like(order)
    places[order] = np.arange(len(order))
    return values[order], places


def candle_numbers(candle: Integers, *lengths: int) -> Integers:
    """`candle` as the kernels take it.

    Raises:
        ValueError: it does not number candles 0, 1, 2 ... without a gap, or is not of these lengths.
    """
    numbers = np.ascontiguousarray(candle, dtype=np.int64)
    if any(length != len(numbers) for length in lengths):
        raise ValueError("prices and candle differ in length")
    if len(numbers) and (numbers[0] != 0 or bool(((numbers[1:] - numbers[:-1]) & ~1).any())):
        raise ValueError("candles are numbered 0, 1, 2 ... without a gap")
    return numbers
