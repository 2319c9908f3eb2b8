"""Settings and decisions run one by one: the strategy decides, the kernels trade."""

from collections import deque
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from algo_trading.domain.bars import Bars, Floats
from algo_trading.strategies.base import Decisions, Flags, Strategy
from back_testing.engine.checks import missing_features, require_decisions
from back_testing.engine.window import Window
from back_testing.engine.workers import Workers

Columns = Mapping[str, NDArray[Any]]

TOGETHER = 32  # settings whose decisions are traded on in one go, at most
VALUES_TOGETHER = 1 << 17  # bars of them: 1 MB of sizes, the second-level cache
NOT_ASKED_FOR = np.empty((0, 0))


def complaint(strategy_class: type[Strategy], params: Mapping[str, Any], bars: Bars) -> str:
    """Why a strategy with these parameters cannot run on the bars; empty where it can."""
    try:
        strategy = strategy_class(**params)
    except (TypeError, ValueError) as error:
        return str(error)
    if missing := missing_features(strategy, bars):
        return missing
    if strategy.warmup > len(bars):
        return f"{strategy.id} needs {strategy.warmup} bars, and there are {len(bars)}"
    return ""


def settings_of(params: Columns, count: int) -> list[dict[str, Any]]:
    """The columns as one mapping for each setting."""
    columns = [values.tolist() for values in params.values()]
    return [{name: column[row] for name, column in zip(params, columns, strict=True)} for row in range(count)]


class DecidingEvaluation:
    """Asks the strategy to decide, setting by setting; another thread trades on the decisions meanwhile."""

    def __init__(self, strategy_class: type[Strategy], fixed: Mapping[str, Any], window: Window) -> None:
        self._strategy_class = strategy_class
        self._fixed = fixed
        self._window = window

    def accepts(self, params: Columns, count: int) -> Flags:
        bars = self._window.bars
        complaints = (complaint(self._strategy_class, {**self._fixed, **s}, bars) for s in settings_of(params, count))
        return np.array([not text for text in complaints], dtype=np.bool_)

    def run(self, params: Columns, sums: Floats, workers: Workers) -> None:
        strategies = [self._strategy_class(**self._fixed, **setting) for setting in settings_of(params, len(sums))]
        size = max(1, min(TOGETHER, VALUES_TOGETHER // len(self._window)))
        batches = [DecisionBatch(self._window, size) for _ in range(min(workers.threads, 2))]
        unfinished: deque[Callable[[], None]] = deque()
        for low in range(0, len(sums), size):
            if len(unfinished) == len(batches):
                unfinished.popleft()()
            batch = batches[low // size % len(batches)]
            for row, strategy in enumerate(strategies[low : low + size]):
                batch.put(row, strategy, strategy.decide(self._window.bars))
            unfinished.append(workers.start(partial(batch.trade, sums[low : low + size])))
        for finish in unfinished:
            finish()


class DecisionBatch:
    """The decisions of some settings in one window, in buffers that are used again and again."""

    def __init__(self, window: Window, size: int) -> None:
        from back_testing.engine.kernels.account import TRADE_FIELDS
        from back_testing.engine.kernels.params import terms_of

        self._window = window
        self._all_in = window.all_in
        self._terms = terms_of(window.rules)
        self._entries, self._exits = (np.empty((size, len(window)), dtype=np.bool_) for _ in range(2))
        self._sizes = np.empty((size, len(window)))
        self._most = np.empty((size, 0))
        self._equity = np.empty((1, len(window)))
        self._trades = np.empty((len(window) + 1, TRADE_FIELDS))  # what is not written to takes no memory

    def put(self, row: int, strategy: Strategy, decisions: Decisions) -> None:
        """Keep what a strategy decided about all bars of the window; the decisions themselves are not kept.

        Raises:
            ConfigError: there is not one decision for each bar.
        """
        start, bars, limits = self._window.start, self._window.bars, self._window.rules.limits
        limited = limits.hold_for(type(strategy))
        if limited or not len(decisions.entries) == len(decisions.exits) == len(decisions.size) == len(bars):
            require_decisions(strategy, bars, decisions)
        if limited:
            decisions = limits.ordered_alone(strategy, decisions)
        self._entries[row] = decisions.entries[start:]
        self._exits[row] = decisions.exits[start:]
        self._sizes[row] = decisions.size[start:]
        if decisions.shares is not None:
            if not self._most.size:
                self._most = np.empty(self._sizes.shape)
            self._most[row] = decisions.shares[start:]

    def trade(self, sums: Floats) -> None:
        """Fill the rows of `sums` with those over the backtests of the first decisions."""
        from back_testing.engine.kernels.fully_invested import all_in_each
        from back_testing.engine.kernels.single import simulate

        window, count = self._window, len(sums)
        orders, most = (self._entries[:count], self._exits[:count], self._sizes[:count]), self._most[:count]
        all_in = self._all_in and not most.size
        if all_in and all_in_each(*window.all_in_terms, window.opens, window.closes, *orders, sums):
            return
        prices = (window.opens, window.highs, window.lows, window.closes)
        simulate(self._terms, *prices, window.tradable, *orders, most, self._equity, NOT_ASKED_FOR, self._trades, sums)
