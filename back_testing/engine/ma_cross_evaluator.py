"""Crossings of two averages, all in: compiled loops that decide as the strategies' `decide` does."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import partial
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from algo_trading.domain.bars import Bars, Floats
from algo_trading.indicators import ema, sma
from algo_trading.strategies.base import Flags, Strategy
from algo_trading.strategies.crosses import TOUCH
from algo_trading.strategies.ema_cross import EmaCross
from algo_trading.strategies.sma_cross import SmaCross
from back_testing.engine.generic_evaluator import Columns
from back_testing.engine.kernels.params import FullyInvestedParams
from back_testing.engine.rules import TradingRules
from back_testing.engine.window import Window
from back_testing.engine.workers import PARALLEL_FROM, Workers

Integers = NDArray[np.int64]

KEPT = 1 << 25  # values of averages kept from block to block: 256 MB
LONGEST = 10_000  # window that the strategies accept


@dataclass(frozen=True, slots=True)
class Average:
    """A moving average; `windowed` if a value depends on those of its window alone, wherever the series begins."""

    of: Callable[[Floats, int], Floats]
    windowed: bool


# Strategies that are nothing but the crossing of two averages, with parameters fast, slow and perhaps trend.
MA_CROSSES: Mapping[type[Strategy], Average] = {
    SmaCross: Average(sma, windowed=True),
    EmaCross: Average(ema, windowed=False),
}


def moving_average_of(kind: type[Strategy], rules: TradingRules) -> Average | None:
    """The averages that a strategy crosses; None where it is no such strategy, or its limits turn some of them down."""
    return None if rules.limits.hold_for(kind) else MA_CROSSES.get(kind)


def windows_of(strategy: Strategy) -> tuple[int, int, int]:
    """Fast, slow and trend; 0 for no trend."""
    params: dict[str, int] = {"trend": 0, **vars(strategy)}
    return params["fast"], params["slow"], params["trend"]


class MaCrossEvaluator:
    """Runs settings of a strategy that crosses these averages in a window where all is in (`Window.fully_invested`)."""

    def __init__(
        self,
        strategy_class: type[Strategy],
        average: Average,
        grid: Mapping[str, Sequence[int]],
        fixed: Mapping[str, int],
        window: Window,
    ) -> None:
        defaults = {field.name: field.default for field in fields(strategy_class)}
        self._fixed: dict[str, Any] = {"trend": 0, **defaults, **fixed}
        self._window = window
        self._average = average
        self._opens, self._closes = (
            np.ascontiguousarray(prices, dtype=np.float64) for prices in (window.bars.open, window.bars.close)
        )
        self._averages = AverageTable(self._average.of, self._closes, sum(map(len, grid.values())))

    def accepts(self, params: Columns, count: int) -> Flags:
        """As the protocol says."""
        fast, slow, trend = self._columns(params, count)
        in_range = (fast >= 1) & (fast < slow) & (slow <= LONGEST) & (trend >= 0) & (trend <= LONGEST)
        accepted: Flags = in_range & (np.maximum(slow + 1, trend) <= len(self._closes))
        return accepted

    def run(self, params: Columns, rows: Floats, workers: Workers) -> None:
        """As the protocol says."""
        columns = self._columns(params, len(rows))
        if len(rows) <= workers.threads and len(self._closes) >= PARALLEL_FROM:
            for row, windows in zip(rows, zip(*(column.tolist() for column in columns), strict=True), strict=True):
                run_ma_cross(self._average, windows, self._window, workers, row)
        else:
            self._run_all(columns, rows, workers)

    def _run_all(self, columns: Sequence[Integers], out: Floats, workers: Workers) -> None:
        from back_testing.engine.kernels.ma_cross import crossings

        window = self._window
        self._averages.add(np.unique(np.concatenate(columns)), workers)
        rows = np.stack([self._averages.row[column] for column in columns], axis=1)

        def work(low: int, high: int) -> None:
            crossings(
                window.fully_invested_params,
                TOUCH,
                window.start,
                self._opens,
                self._closes,
                self._averages.table,
                rows[low:high],
                out[low:high],
            )

        workers.share(work, len(out))

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


def run_ma_cross(
    average: Average, windows: tuple[int, int, int], window: Window, workers: Workers, row: Floats
) -> None:
    """Fill `row` with the accumulators of one setting; the workers share the averages and the bars."""
    from back_testing.engine.kernels.fully_invested import fully_invested

    opens, closes = (np.ascontiguousarray(prices, dtype=np.float64) for prices in (window.bars.open, window.bars.close))
    find = _finder(average, windows, closes, workers)
    found: dict[int, Integers] = {}

    def work(low: int, high: int) -> None:
        events = np.empty(high - low + 1, dtype=np.int64)
        found[low] = events[: find(window.start + low, window.start + high, events)]

    workers.share(work, len(window))
    events = np.concatenate([found[low] for low in sorted(found)])
    parts = split(events, workers.threads)
    rows = np.empty((len(parts), len(row)))

    def trade(low: int, high: int) -> None:
        for part, out in zip(parts[low:high], rows[low:high], strict=True):
            fully_invested(window.fully_invested_params, opens, closes, part, out)

    workers.share(trade, len(parts))
    row[:] = joined(rows)


def split(events: Integers, parts: int) -> list[Integers]:
    """Events in up to so many parts that each end with an exit, so that the next one begins without a position."""
    edges = [0]
    for part in range(1, parts):
        after = max(edges[-1], part * len(events) // parts)
        exits = np.flatnonzero(events[after:] & 1)
        if len(exits):
            edges.append(after + int(exits[0]) + 1)
    return [events[low:high] for low, high in pairwise([*edges, len(events)])]


def joined(rows: Floats) -> Floats:
    """The accumulators of a backtest from those of its parts, one after the other."""
    from back_testing.engine.kernels import accumulators as at

    whole: Floats = rows[0].copy()
    for part in rows[1:]:
        grown = whole[at.GROWTH]
        # The highest equity so far is that of the parts before, or that of this part, from which it has its drawdown.
        from_before = grown * part[at.BOTTOM] / whole[at.PEAK] - 1.0
        drawdown = min(whole[at.DRAWDOWN], part[at.DRAWDOWN], from_before)
        peak, bottom = max(whole[at.PEAK], grown * part[at.PEAK]), min(whole[at.BOTTOM], grown * part[at.BOTTOM])
        whole[[at.GROSS_PROFIT, at.GROSS_LOSS]] += grown * part[[at.GROSS_PROFIT, at.GROSS_LOSS]]
        added = [at.RETURNS, at.SQUARES, at.LOSSES_SQUARED, at.BARS_HELD, at.TRADES, at.WINS]
        whole[added] += part[added]
        whole[[at.GROWTH, at.DRAWDOWN, at.PEAK, at.BOTTOM]] = grown * part[at.GROWTH], drawdown, peak, bottom
    return whole


def _finder(
    average: Average, windows: tuple[int, int, int], closes: Floats, workers: Workers
) -> Callable[[int, int, Integers], int]:
    """What writes the events of a range of bars; returns their number."""
    from back_testing.engine.kernels import ma_cross

    if average.windowed:
        return partial(ma_cross.crossing_events, TOUCH, windows, closes)
    averages = [closes[:0]] * len(windows)

    def average_some(low: int, high: int) -> None:
        for at in range(low, high):
            if windows[at]:
                averages[at] = average.of(closes, windows[at])

    workers.share(average_some, len(windows))
    return partial(ma_cross.table_events, TOUCH, closes, *averages)


class ManySeries:
    """One setting of a strategy that crosses windowed averages, to be run on many series in one go."""

    def __init__(
        self, strategy: Strategy, series: Sequence[Bars], starts: Integers, params: FullyInvestedParams
    ) -> None:
        from back_testing.engine.kernels.pointers import note_addresses

        self._setting = (params, TOUCH, windows_of(strategy))
        self._starts = starts
        self._lengths = np.array([len(bars) for bars in series], dtype=np.int64)
        self._addresses = np.empty((len(series), 3), dtype=np.int64)
        self._held = []  # what is at the addresses
        for row, bars in enumerate(series):
            columns = [
                np.ascontiguousarray(values, dtype=np.float64) for values in (bars.open, bars.close, bars.volume)
            ]
            note_addresses(*columns, row, self._addresses)
            self._held.append(columns)

    def run(self, low: int, high: int, out: Floats) -> None:
        """Fill the rows low..high of `out`.

        The first value of a row is NaN where an open or a close is no price, or a bar has no volume to trade with.
        Highs and lows play no part and are not looked at.
        """
        from back_testing.engine.kernels.ma_cross import crossings_of_each

        rows = slice(low, high)
        crossings_of_each(*self._setting, self._addresses[rows], self._lengths[rows], self._starts[rows], out[rows])
