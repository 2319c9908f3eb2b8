"""Crossings of two averages, all in: compiled loops that decide as the strategies' `decide` does."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from algo_trading.domain.bars import Bars, Floats
from algo_trading.indicators import ema, sma
from algo_trading.strategies.base import Flags, Strategy
from algo_trading.strategies.crosses import TOUCH
from algo_trading.strategies.ema_cross import EmaCross
from algo_trading.strategies.sma_cross import SmaCross
from back_testing.checks import require_bars
from back_testing.deciding import Columns
from back_testing.window import AllInTerms, Window
from back_testing.workers import Workers

Integers = NDArray[np.int64]

KEPT = 1 << 25  # values of averages kept from block to block: 256 MB
LONG = 1 << 16  # bars from which on the threads share a single setting
TOGETHER = 1 << 15  # bars of several series that are worked on together: 1 MB, the second-level cache
LONGEST = 10_000  # window that the strategies accept


@dataclass(frozen=True, slots=True)
class Average:
    """A moving average; `windowed` if a value depends on those of its window alone, wherever the series begins."""

    of: Callable[[Floats, int], Floats]
    windowed: bool


# Strategies that are nothing but the crossing of two averages, with parameters fast, slow and perhaps trend.
CROSSINGS: Mapping[type[Strategy], Average] = {
    SmaCross: Average(sma, windowed=True),
    EmaCross: Average(ema, windowed=False),
}


def windows_of(strategy: Strategy) -> tuple[int, int, int]:
    """Fast, slow and trend; 0 for no trend."""
    params: dict[str, int] = {"trend": 0, **vars(strategy)}
    return params["fast"], params["slow"], params["trend"]


class CrossingEvaluation:
    """Runs settings of one of CROSSINGS in a window where all is in (`Window.all_in`)."""

    def __init__(
        self,
        strategy_class: type[Strategy],
        grid: Mapping[str, Sequence[int]],
        fixed: Mapping[str, int],
        window: Window,
    ) -> None:
        defaults = {field.name: field.default for field in fields(strategy_class)}
        self._fixed: dict[str, Any] = {"trend": 0, **defaults, **fixed}
        self._window = window
        self._average = CROSSINGS[strategy_class].of
        self._opens, self._closes = (
            np.ascontiguousarray(prices, dtype=np.float64) for prices in (window.bars.open, window.bars.close)
        )
        self._averages = AverageTable(self._average, self._closes, sum(map(len, grid.values())))

    def accepts(self, params: Columns, count: int) -> Flags:
        fast, slow, trend = self._columns(params, count)
        in_range = (fast >= 1) & (fast < slow) & (slow <= LONGEST) & (trend >= 0) & (trend <= LONGEST)
        accepted: Flags = in_range & (np.maximum(slow + 1, trend) <= len(self._closes))
        return accepted

    def run(self, params: Columns, sums: Floats, workers: Workers) -> None:
        columns = self._columns(params, len(sums))
        if len(sums) <= workers.threads and len(self._closes) >= LONG:
            for row, windows in zip(sums, zip(*(column.tolist() for column in columns), strict=True), strict=True):
                run_crossing(self._average, windows, self._window, workers, row)
        else:
            self._run_all(columns, sums, workers)

    def _run_all(self, columns: Sequence[Integers], sums: Floats, workers: Workers) -> None:
        from back_testing.kernels import sweeping

        window = self._window
        self._averages.add(np.unique(np.concatenate(columns)), workers)
        rows = [self._averages.row[column] for column in columns]

        def work(low: int, high: int) -> None:
            sweeping.crossings(
                *window.all_in_terms,
                TOUCH,
                window.start,
                self._opens,
                self._closes,
                self._averages.table,
                *(row[low:high] for row in rows),
                sums[low:high],
            )

        workers.share(work, len(sums))

    def _columns(self, params: Columns, count: int) -> list[Integers]:
        names = ("fast", "slow", "trend")
        return [np.broadcast_to(params.get(name, np.int64(self._fixed[name])), count) for name in names]


class AverageTable:
    """Moving averages by window, computed once and kept while there is room: `table[row[window]]`."""

    def __init__(self, average: Callable[[Floats, int], Floats], closes: Floats, most: int) -> None:
        self._average = average
        self._closes = closes
        self._most = min(most + 3, KEPT // len(closes))
        self._used = 0
        self.table = np.empty((0, len(closes)))
        self.row = np.full(LONGEST + 1, -1)

    def add(self, windows: Integers, workers: Workers) -> None:
        """See that these windows are in the table; 0 stands for no average and stays row -1."""
        windows = windows[windows > 0]
        missing = windows[self.row[windows] < 0]
        if self._used + len(missing) > len(self.table):
            self.table = np.empty((max(self._most, len(windows)), len(self._closes)))
            self.row[:] = -1
            self._used, missing = 0, windows
        self.row[missing] = np.arange(self._used, self._used + len(missing))
        self._used += len(missing)

        def work(low: int, high: int) -> None:
            for window in missing[low:high].tolist():
                self.table[self.row[window]] = self._average(self._closes, window)

        workers.share(work, len(missing))


def run_crossing(
    average: Callable[[Floats, int], Floats],
    windows: tuple[int, int, int],
    window: Window,
    workers: Workers,
    row: Floats,
) -> None:
    """Fill `row` with the sums over one setting; the workers share the averages and then the bars."""
    from back_testing.kernels import sweeping

    closes = np.ascontiguousarray(window.bars.close, dtype=np.float64)
    averages = [closes[:0]] * len(windows)
    found: dict[int, Integers] = {}

    def average_some(low: int, high: int) -> None:
        for at in range(low, high):
            if windows[at]:
                averages[at] = average(closes, windows[at])

    def find_some(low: int, high: int) -> None:
        events = np.empty(high - low + 1, dtype=np.int64)
        count = sweeping.crossing_events(TOUCH, closes, *averages, window.start, low, high, events)
        found[low] = events[:count]

    workers.share(average_some, len(windows))
    workers.share(find_some, len(closes))
    events = np.concatenate([found[low] for low in sorted(found)])
    sweeping.all_in(*window.all_in_terms, window.opens, window.closes, events, row)


def run_series(strategy: Strategy, series: Sequence[Bars], starts: Integers, terms: AllInTerms, sums: Floats) -> None:
    """Fill a row of `sums` for each of `series`, which have volume at each bar and are traded from `starts` on.

    The average of `strategy` is windowed, so that it can be made over several series at once.

    Raises:
        ConfigError: an open or a close is no price; highs and lows play no part and are not looked at.
    """
    from back_testing.kernels import sweeping

    average, windows = CROSSINGS[type(strategy)].of, windows_of(strategy)
    lengths = np.array([len(bars) for bars in series], dtype=np.int64)
    for low, high in _chunks(lengths.tolist()):
        edges = np.concatenate(([0], np.cumsum(lengths[low:high])))
        closes, opens = np.empty(edges[-1]), np.empty(edges[-1])
        for bars, first, end in zip(series[low:high], edges[:-1].tolist(), edges[1:].tolist(), strict=True):
            closes[first:end] = bars.close
            opens[first:end] = bars.open
        averages = [average(closes, length) if length else np.empty(0) for length in windows]
        wrong = sweeping.crossings_of_each(
            *terms, TOUCH, opens, closes, *averages, windows, edges, starts[low:high], sums[low:high]
        )
        if wrong >= 0:
            require_bars(series[low + wrong])


def _chunks(lengths: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Ranges of neighbours that have up to TOGETHER bars, or are alone."""
    low, bars = 0, 0
    for at, length in enumerate(lengths):
        if at > low and bars + length > TOGETHER:
            yield low, at
            low, bars = at, 0
        bars += length
    if low < len(lengths):
        yield low, len(lengths)
