"""How the settings of a sweep are run: as compiled crossings where a strategy is that, else by its own `decide`.

Both give a row of sums for each setting, and both stand for what `engine.run` gives.
"""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, fields
from itertools import pairwise
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from algo_trading.domain.bars import Bars, Floats
from algo_trading.indicators import ema, sma
from algo_trading.strategies.base import Decisions, Flags, Strategy
from algo_trading.strategies.crosses import TOUCH
from algo_trading.strategies.ema_cross import EmaCross
from algo_trading.strategies.sma_cross import SmaCross
from back_testing.checks import tradable
from back_testing.rules import Direction, FillAt, SizeKind, TradingRules

Columns = Mapping[str, NDArray[Any]]

AVERAGES = 1 << 25  # values of moving averages kept from block to block: 256 MB

# Strategies that are crossings of two averages, and the average.
CROSSINGS: Mapping[type[Strategy], Callable[[Floats, int], Floats]] = {SmaCross: sma, EmaCross: ema}
PRICES = ("open", "high", "low", "close")
LONGEST = 10_000  # window that strategies accept


@dataclass(frozen=True, eq=False)
class Window:
    """Bars to trade in, after `start` bars of history, as the kernels take them, and the rules."""

    bars: Bars
    start: int
    rules: TradingRules
    opens: Floats
    highs: Floats
    lows: Floats
    closes: Floats
    tradable: Flags

    def __len__(self) -> int:
        return len(self.closes)

    @classmethod
    def of(cls, bars: Bars, start: int, rules: TradingRules) -> "Window":
        """The bars from `start` on."""
        opens, highs, lows, closes = (
            np.ascontiguousarray(getattr(bars, name)[start:], dtype=np.float64) for name in PRICES
        )
        return cls(bars, start, rules, opens, highs, lows, closes, tradable(bars[start:]))

    @property
    def all_in(self) -> bool:
        """Whether all there is goes in and out at opens, in fractions of shares: then no cash needs to be counted."""
        rules = self.rules
        return (
            rules.size.kind is SizeKind.ALL
            and rules.direction is Direction.LONG
            and rules.fill is FillAt.NEXT_OPEN
            and not rules.whole_shares
            and rules.costs.commission_fixed == 0
            and rules.stop_loss is rules.take_profit is rules.trailing_stop is None
            and bool(self.tradable.all())
        )

    @property
    def all_in_terms(self) -> tuple[float, float, bool]:
        """A buy's and a sell's price with its costs over the open, and whether the last position stays open."""
        slippage, commission = self.rules.costs.slippage, self.rules.costs.commission
        return (1 + slippage) * (1 + commission), (1 - slippage) * (1 - commission), self.rules.keep_open

    def prefixes(self) -> Floats:
        """Prefix sums of the returns of holding."""
        from back_testing.kernels import sweeping

        sums = np.empty((len(self), sweeping.PREFIXES))
        sweeping.prefix_sums(self.closes, sums)
        return sums


class Evaluation(Protocol):
    """Runs settings of one strategy in one window. `params` has a column for each swept parameter."""

    def accepts(self, params: Columns, count: int) -> Flags:
        """Which of `count` settings the strategy accepts and has bars enough for."""
        ...

    def run(self, params: Columns, sums: Floats, pool: ThreadPoolExecutor, threads: int) -> None:
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
        self._run = DecisionRunner(window)

    def accepts(self, params: Columns, count: int) -> Flags:
        bars = self._window.bars
        complaints = (complaint(self._strategy_class, {**self._fixed, **s}, bars) for s in settings_of(params, count))
        return np.array([not text for text in complaints], dtype=np.bool_)

    def run(self, params: Columns, sums: Floats, pool: ThreadPoolExecutor, threads: int) -> None:  # noqa: ARG002
        # decide() is Python, which threads do not speed up.
        for setting, row in zip(settings_of(params, len(sums)), sums, strict=True):
            self._run(self._strategy_class(**self._fixed, **setting).decide(self._window.bars), row)


class DecisionRunner:
    """Runs decisions in one window, in buffers that are used again and again."""

    def __init__(self, window: Window) -> None:
        from back_testing.kernels import sweeping, trading

        self._window = window
        self._all_in = window.all_in
        self._terms = trading.terms_of(window.rules)
        self._prefixes = window.prefixes() if self._all_in else np.empty((0, sweeping.PREFIXES))
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
            sweeping.all_in(*window.all_in_terms, window.opens, window.closes, self._prefixes, events, row)
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
        self._prefixes = window.prefixes()
        self._averages = Averages(CROSSINGS[strategy_class], window.bars.close, sum(map(len, grid.values())))

    def accepts(self, params: Columns, count: int) -> Flags:
        fast, slow, trend = self._columns(params, count)
        in_range = (fast >= 1) & (fast < slow) & (slow <= LONGEST) & (trend >= 0) & (trend <= LONGEST)
        accepted: Flags = in_range & (np.maximum(slow + 1, trend) <= len(self._window.bars))
        return accepted

    def run(self, params: Columns, sums: Floats, pool: ThreadPoolExecutor, threads: int) -> None:
        from back_testing.kernels import sweeping

        window = self._window
        columns = self._columns(params, len(sums))
        self._averages.add(np.unique(np.concatenate(columns)), pool)
        rows = [self._averages.row[column] for column in columns]

        def share(part: slice) -> None:
            sweeping.crossings(
                *window.all_in_terms,
                TOUCH,
                window.start,
                *self._whole,
                self._prefixes,
                self._averages.table,
                *(row[part] for row in rows),
                sums[part],
            )

        edges = np.linspace(0, len(sums), min(threads, len(sums)) + 1).astype(int).tolist()
        list(pool.map(share, [slice(low, high) for low, high in pairwise(edges)]))

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

    def add(self, windows: NDArray[np.int64], pool: ThreadPoolExecutor) -> None:
        """See that these windows are in the table; 0 stands for no average and stays row -1."""
        windows = windows[windows > 0]
        missing = windows[self.row[windows] < 0]
        if self._used + len(missing) > len(self.table):
            self.table = np.empty((max(self._most, len(windows)), len(self._closes)))
            self.row[:] = -1
            self._used, missing = 0, windows
        self.row[missing] = np.arange(self._used, self._used + len(missing))
        self._used += len(missing)

        def fill(window: int) -> None:
            self.table[self.row[window]] = self._average(self._closes, window)

        list(pool.map(fill, missing.tolist()))
