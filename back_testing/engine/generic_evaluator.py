"""Settings and decisions run one by one: the strategy decides, the kernels trade."""

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from algo_trading.domain.bars import Bars, Floats
from algo_trading.strategies.base import Decisions, Flags, Strategy
from algo_trading.strategies.decide import decide, read_only
from back_testing.engine.checks import missing_features, require_decisions
from back_testing.engine.kernels.params import Orders, flags, floats, params_of
from back_testing.engine.trading import trade
from back_testing.engine.window import Window
from back_testing.engine.workers import Workers

Columns = Mapping[str, NDArray[Any]]

TOGETHER = 32  # settings whose decisions are traded on in one go, at most
VALUES_TOGETHER = 1 << 17  # bars of them: 1 MB of sizes, the second-level cache
NO_HELD = np.empty((0, 0))


def rejection_reason(strategy_class: type[Strategy], params: Mapping[str, Any], bars: Bars) -> str:
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


class GenericEvaluator:
    """Asks the strategy to decide, setting by setting; another thread trades on the decisions meanwhile."""

    def __init__(self, strategy_class: type[Strategy], fixed: Mapping[str, Any], window: Window) -> None:
        self._strategy_class = strategy_class
        self._fixed = fixed
        self._window = window

    def accepts(self, params: Columns, count: int) -> Flags:
        """As the protocol says."""
        bars = self._window.bars
        complaints = (
            rejection_reason(self._strategy_class, {**self._fixed, **s}, bars) for s in settings_of(params, count)
        )
        return np.array([not text for text in complaints], dtype=np.bool_)

    def run(self, params: Columns, rows: Floats, workers: Workers) -> None:
        """As the protocol says."""
        bars = read_only(self._window.bars)
        strategies = [self._strategy_class(**self._fixed, **setting) for setting in settings_of(params, len(rows))]
        size = max(1, min(TOGETHER, VALUES_TOGETHER // len(self._window)))
        batches = [DecisionBatch(self._window, size) for _ in range(min(workers.threads, 2))]
        unfinished: deque[Callable[[], None]] = deque()
        for low in range(0, len(rows), size):
            if len(unfinished) == len(batches):
                unfinished.popleft()()
            batch = batches[low // size % len(batches)]
            for row, strategy in enumerate(strategies[low : low + size]):
                batch.put(row, strategy, decide(strategy, bars))
            unfinished.append(workers.start(partial(batch.trade, rows[low : low + size])))
        for finish in unfinished:
            finish()


class DecisionBatch:
    """The decisions of some settings in one window, in buffers that are used again and again."""

    def __init__(self, window: Window, size: int) -> None:
        from back_testing.engine.kernels.account import TRADE_FIELDS

        self._window = window
        self._fully_invested = window.fully_invested
        self._params = params_of(window.rules)
        sizer = window.rules.size.sizer
        self._fractions = None if sizer is None else sizer.fractions(window.bars)
        self._entries, self._exits = (np.empty((size, len(window)), dtype=np.bool_) for _ in range(2))
        self._sizes = np.empty((size, len(window)))
        self._max_shares = np.empty((size, 0))
        self._equity = np.empty((1, len(window)))
        self._trades = np.empty((len(window) + 1, TRADE_FIELDS))  # what is not written to takes no memory

    def put(self, row: int, strategy: Strategy, decisions: Decisions) -> None:
        """Keep what a strategy decided about all bars of the window; the decisions themselves are not kept.

        Raises:
            ConfigError: there is not one decision for each bar.
        """
        start, bars, limits = self._window.start, self._window.bars, self._window.rules.limits
        limited = limits.hold_for(type(strategy))
        decisions = self._scaled(decisions)
        if limited or not len(decisions.entries) == len(decisions.exits) == len(decisions.size) == len(bars):
            require_decisions(strategy, bars, decisions)
        if limited:
            decisions = limits.ordered_alone(strategy, decisions)
        self._entries[row] = decisions.entries[start:]
        self._exits[row] = decisions.exits[start:]
        self._sizes[row] = decisions.size[start:]
        if decisions.shares is not None:
            if not self._max_shares.size:
                self._max_shares = np.empty(self._sizes.shape)
            self._max_shares[row] = decisions.shares[start:]

    def _scaled(self, decisions: Decisions) -> Decisions:
        if self._fractions is None or len(decisions.size) != len(self._fractions):
            return decisions
        return replace(decisions, size=decisions.size * self._fractions)

    def trade(self, rows: Floats) -> None:
        """Fill the rows with the accumulators of the backtests of the first decisions."""
        if not self._window.rules.fills_alone:
            self._trade_shared(rows)
            return
        from back_testing.engine.kernels.fully_invested import fully_invested_each
        from back_testing.engine.kernels.single import simulate

        window, count = self._window, len(rows)
        orders = Orders(
            flags(self._entries[:count]),
            flags(self._exits[:count]),
            floats(self._sizes[:count]),
            floats(self._max_shares[:count]),
        )
        fully_invested = self._fully_invested and not orders.max_shares.size
        if fully_invested and fully_invested_each(window.fully_invested_params, window.prices, orders, rows):
            return
        simulate(self._params, window.prices, orders, self._equity, NO_HELD, self._trades, rows)

    def _trade_shared(self, rows: Floats) -> None:
        """As `trade`, one after the other, for rules that the quick kernels do not know."""
        from back_testing.engine.kernels.shared_account import accumulate_shared
        from back_testing.engine.market import Market

        window = self._window
        market = Market([window.bars[window.start :]])
        for at, row in enumerate(rows):
            shares = self._max_shares[at] if self._max_shares.size else None
            decided = Decisions(self._entries[at], self._exits[at], np.ones(len(window)), self._sizes[at], shares)
            outcome = trade(market, window.rules, [decided])
            bars_held = int(np.count_nonzero(outcome.held))
            accumulate_shared(
                window.rules.cash, outcome.equity, bars_held, floats(outcome.trades), len(outcome.trades), row
            )
