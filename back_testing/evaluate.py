"""How the settings of a sweep are run: as compiled crossings where a strategy is that, else by its own `decide`.

Both give a row of sums for each setting, and both stand for what `engine.run` gives.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from algo_trading.domain.bars import Bars, Floats
from algo_trading.indicators import ema, sma
from algo_trading.strategies.base import Decisions, Flags, Strategy
from algo_trading.strategies.crosses import TOUCH
from algo_trading.strategies.ema_cross import EmaCross
from algo_trading.strategies.sma_cross import SmaCross
from back_testing.window import Window
from back_testing.workers import Workers

Columns = Mapping[str, NDArray[Any]]

AVERAGES = 1 << 25  # values of moving averages kept from block to block: 256 MB

# Strategies that are crossings of two averages, and the average.
CROSSINGS: Mapping[type[Strategy], Callable[[Floats, int], Floats]] = {SmaCross: sma, EmaCross: ema}
LONGEST = 10_000  # window that strategies accept


class Evaluation(Protocol):
    """Runs settings of one strategy in one window. `params` has a column for each swept parameter."""

    def accepts(self, params: Columns, count: int) -> Flags:
        """Which of `count` settings the strategy accepts and has bars enough for."""
        ...

    def run(self, params: Columns, sums: Floats, workers: Workers) -> None:
        """Fill a row of `sums` (`kernels.sweeping`) for each accepted setting."""
        ...


def evaluation_of(
    strategy_class: type[Strategy], grid: Mapping[str, Sequence[Any]], fixed: Mapping[str, Any], window: Window
) -> Evaluation:
    """The quickest way to run such settings."""
    values = [value for values in (*grid.values(), fixed.values()) for value in values]
    if strategy_class in CROSSINGS and window.all_in and all(type(value) is int for value in values):
        return CrossingEvaluation(strategy_class, grid, fixed, window)
    return DecidingEvaluation(strategy_class, fixed, window)


def complaint(strategy_class: type[Strategy], params: Mapping[str, Any], bars: Bars) -> str:
    """Why a strategy with these parameters cannot run on the bars; empty where it can."""
    try:
        strategy = strategy_class(**params)
    except (TypeError, ValueError) as error:
        return str(error)
    if strategy.warmup > len(bars):
        return f"{strategy.id} needs {strategy.warmup} bars, and there are {len(bars)}"
    return ""


def settings_of(params: Columns, count: int) -> list[dict[str, Any]]:
    """The columns as one mapping for each setting."""
    columns = [values.tolist() for values in params.values()]
    return [{name: column[row] for name, column in zip(params, columns, strict=True)} for row in range(count)]


class DecidingEvaluation:
    """Asks the strategy to decide, setting by setting."""

    def __init__(self, strategy_class: type[Strategy], fixed: Mapping[str, Any], window: Window) -> None:
        self._strategy_class = strategy_class
        self._fixed = fixed
        self._window = window

    def accepts(self, params: Columns, count: int) -> Flags:
        bars = self._window.bars
        complaints = (complaint(self._strategy_class, {**self._fixed, **s}, bars) for s in settings_of(params, count))
        return np.array([not text for text in complaints], dtype=np.bool_)

    def run(self, params: Columns, sums: Floats, workers: Workers) -> None:
        settings = settings_of(params, len(sums))

        def work(low: int, high: int) -> None:
            run = DecisionRunner(self._window)
            for setting, row in zip(settings[low:high], sums[low:high], strict=True):
                run(self._strategy_class(**self._fixed, **setting).decide(self._window.bars), row)

        workers.share(work, len(sums))


class DecisionRunner:
    """Runs decisions in one window, in buffers that are used again and again."""

    def __init__(self, window: Window) -> None:
        from back_testing.kernels import trading

        self._window = window
        self._all_in = window.all_in
        self._terms = trading.terms_of(window.rules)
        self._equity, self._held = np.empty(len(window)), np.empty(len(window))
        self._trades = np.empty((64, trading.TRADE_FIELDS))

    def __call__(self, decisions: Decisions, row: Floats) -> None:
        """Fill `row` with the sums over the backtest of these decisions, which are about all bars of the window."""
        from back_testing.kernels import sweeping, trading

        window = self._window
        entries: Flags = np.ascontiguousarray(decisions.entries[window.start :], dtype=np.bool_)
        exits: Flags = np.ascontiguousarray(decisions.exits[window.start :], dtype=np.bool_)
        sizes: Floats = np.ascontiguousarray(decisions.size[window.start :], dtype=np.float64)
        at = np.flatnonzero(entries | exits)
        if self._all_in and bool((sizes[at] == 1).all()):
            events = 2 * at + exits[at]
            sweeping.all_in(*window.all_in_terms, window.opens, window.closes, events, row)
            return
        if len(self._trades) <= len(at):
            self._trades = np.empty((2 * len(at), self._trades.shape[1]))
        prices = (window.opens, window.highs, window.lows, window.closes)
        count, _ = trading.simulate(
            self._terms,
            *prices,
            window.tradable,
            entries,
            exits,
            sizes,
            self._equity,
            self._held,
            self._trades,
        )
        sweeping.sums_of(window.rules.cash, self._equity, self._held, self._trades, count, row)


def run_one(strategy: Strategy, window: Window, row: Floats) -> None:
    """Fill `row` with the sums over a single strategy in a single window."""
    if type(strategy) in CROSSINGS and window.all_in:
        _run_crossing(strategy, window, row)
    else:
        DecisionRunner(window)(strategy.decide(window.bars), row)


def _run_crossing(strategy: Strategy, window: Window, row: Floats) -> None:
    from back_testing.kernels import sweeping

    average, closes = CROSSINGS[type(strategy)], np.ascontiguousarray(window.bars.close, dtype=np.float64)
    windows: dict[str, int] = {"trend": 0, **vars(strategy)}
    fast, slow, trend = (
        average(closes, windows[name]) if windows[name] else closes[:0] for name in ("fast", "slow", "trend")
    )
    opens = np.ascontiguousarray(window.bars.open, dtype=np.float64)
    sweeping.crossing(*window.all_in_terms, TOUCH, window.start, opens, closes, fast, slow, trend, row)


class CrossingEvaluation:
    """Finds the crossings of all pairs of averages in compiled loops; they are those that `decide` would find."""

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
        self._whole = [np.ascontiguousarray(p, dtype=np.float64) for p in (window.bars.open, window.bars.close)]
        self._averages = Averages(CROSSINGS[strategy_class], window.bars.close, sum(map(len, grid.values())))

    def accepts(self, params: Columns, count: int) -> Flags:
        fast, slow, trend = self._columns(params, count)
        in_range = (fast >= 1) & (fast < slow) & (slow <= LONGEST) & (trend >= 0) & (trend <= LONGEST)
        accepted: Flags = in_range & (np.maximum(slow + 1, trend) <= len(self._window.bars))
        return accepted

    def run(self, params: Columns, sums: Floats, workers: Workers) -> None:
        from back_testing.kernels import sweeping

        window = self._window
        columns = self._columns(params, len(sums))
        self._averages.add(np.unique(np.concatenate(columns)), workers)
        rows = [self._averages.row[column] for column in columns]

        def work(low: int, high: int) -> None:
            sweeping.crossings(
                *window.all_in_terms,
                TOUCH,
                window.start,
                *self._whole,
                self._averages.table,
                *(row[low:high] for row in rows),
                sums[low:high],
            )

        workers.share(work, len(sums))

    def _columns(self, params: Columns, count: int) -> list[NDArray[np.int64]]:
        names = ("fast", "slow", "trend")
        return [np.broadcast_to(params.get(name, np.int64(self._fixed[name])), count) for name in names]


class Averages:
    """Moving averages by window, computed once and kept while there is room: `table[row[window]]`."""

    def __init__(self, average: Callable[[Floats, int], Floats], closes: Floats, most: int) -> None:
        self._average = average
        self._closes = closes
        self._most = min(most + 3, AVERAGES // len(closes))
        self._used = 0
        self.table = np.empty((0, len(closes)))
        self.row = np.full(LONGEST + 1, -1)

    def add(self, windows: NDArray[np.int64], workers: Workers) -> None:
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
