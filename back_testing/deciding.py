"""Settings and decisions run one by one: the strategy decides, the kernels trade."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from algo_trading.domain.bars import Bars, Floats
from algo_trading.strategies.base import Decisions, Flags, Strategy
from back_testing.window import Window
from back_testing.workers import Workers

Columns = Mapping[str, NDArray[Any]]


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
