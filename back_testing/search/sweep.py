"""Run a strategy with many settings, as a stream of blocks, so that memory does not grow with their number."""

import heapq
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from algo_trading.domain.bars import Bars, Floats
from algo_trading.errors import ConfigError
from algo_trading.strategies.base import Flags, Strategy
from back_testing.engine.backtest import first_bar, periods_of
from back_testing.engine.checks import require_bars
from back_testing.engine.gaps import require_no_gaps
from back_testing.engine.generic_evaluator import Columns, GenericEvaluator, rejection_reason
from back_testing.engine.ma_cross_evaluator import MaCrossEvaluator, moving_average_of
from back_testing.engine.rules import TradingRules
from back_testing.engine.statistics import SWEPT, swept_statistics
from back_testing.engine.window import Window
from back_testing.engine.workers import Workers

Grid = Mapping[str, Sequence[Any]]

STATISTICS = SWEPT
COUNTS = ("n_trades",)  # of these: what is a float in a column only, because all columns are

BLOCK = 4096  # settings in a block at most
BARS_OF_BLOCK = 1 << 25  # bars times settings in a block at most: a moment's work


@dataclass(frozen=True, eq=False)
class SweepBlock:
    """The outcomes of some settings, in the order of the grid (its last parameter changes fastest).

    `index` is the place of each setting in the grid; `params` has a column for each parameter of the grid, `statistics`
    one for each of STATISTICS; all have the same length. `tried` counts the settings of the grid that are done with
    this block, `refused` those in this block that the strategy does not accept (fast above slow) or has too few bars
    for; they are not in the columns.
    """

    index: NDArray[np.int64]
    params: Mapping[str, NDArray[Any]]
    statistics: Mapping[str, Floats]
    tried: int
    refused: int

    def __len__(self) -> int:
        return len(self.statistics["sharpe"])


def grid_size(grid: Grid) -> int:
    """How many settings a grid has, those included that the strategy refuses."""
    size = 1
    for values in grid.values():
        size *= len(values)
    return size


def sweep(
    strategy_class: type[Strategy],
    grid: Grid,
    bars: Bars,
    rules: TradingRules,
    *,
    fixed: Mapping[str, Any] | None = None,
    first: date | None = None,
    threads: int | None = None,
) -> Iterator[SweepBlock]:
    """Backtest every setting of `grid` over the parameters `fixed` and the defaults, as `engine.run` would.

    Bars before the session `first` only warm the strategy up. `threads` is the number of processors unless given.

    Raises:
        ConfigError: an unknown parameter, a parameter without values, bars that `run` would refuse, or, at the end, not
            a single setting that the strategy accepts.
    """
    require_bars(bars, threads)
    _require_known(strategy_class, [*grid, *(fixed or {})])
    for name, values in grid.items():
        if not len(values):
            raise ConfigError(f"the grid has no value for {name}")
    start = first_bar(bars, first)
    require_no_gaps(bars, start, allowed=rules.allow_gaps)
    window = Window.of(bars, start, rules)
    evaluation = _evaluation(strategy_class, grid, fixed or {}, window)
    blocks = _blocks(evaluation, grid, window, threads)
    return _with_a_result(blocks, lambda: rejection_reason(strategy_class, {**(fixed or {}), **_first_of(grid)}, bars))


class Best:
    """The settings with the highest `metric` so far. Those whose metric does not exist are left out.

    Raises:
        ConfigError: there is no such metric.
    """

    def __init__(self, metric: str, count: int) -> None:
        require_metric(metric)
        self._metric = metric
        self._count = count
        self._kept: list[tuple[float, int, dict[str, Any]]] = []  # a heap; of equals the earlier setting is better

    def add(self, block: SweepBlock) -> None:
        """Take the best of a block in."""
        values = block.statistics[self._metric]
        candidates = np.flatnonzero(~np.isnan(values))
        candidates = candidates[np.argsort(-values[candidates], kind="stable")[: self._count]]
        for row in candidates.tolist():
            key = (float(values[row]), -int(block.index[row]))
            if len(self._kept) < self._count:
                heapq.heappush(self._kept, (*key, row_of(block, row)))
            elif key > self._kept[0][:2]:
                heapq.heapreplace(self._kept, (*key, row_of(block, row)))

    def rows(self) -> list[dict[str, Any]]:
        """Parameters and statistics in one row each, best first."""
        return [row for _, _, row in sorted(self._kept, key=lambda kept: kept[:2], reverse=True)]


def best(blocks: Iterable[SweepBlock], metric: str, count: int) -> list[dict[str, Any]]:
    """The `count` settings with the highest `metric`, best first: parameters and statistics in one row each.

    Raises:
        ConfigError: there is no such metric.
    """
    found = Best(metric, count)
    for block in blocks:
        found.add(block)
    return found.rows()


def row_of(block: SweepBlock, row: int) -> dict[str, Any]:
    """Parameters and statistics of one setting; counts are integers."""
    statistics = {name: values[row].item() for name, values in block.statistics.items()}
    return {
        **{name: values[row].item() for name, values in block.params.items()},
        **statistics,
        **{name: int(statistics[name]) for name in COUNTS},
    }


def require_metric(metric: str) -> None:
    """Raise ConfigError unless a sweep has this metric."""
    if metric not in STATISTICS:
        raise ConfigError(f"there is no metric {metric!r}; a sweep has {', '.join(STATISTICS)}")


def _require_known(strategy_class: type[Strategy], names: Sequence[str]) -> None:
    known = {field.name: field.default for field in fields(strategy_class)}
    for name in names:
        if name not in known:
            listing = ", ".join(f"{key}={default}" for key, default in known.items()) or "none"
            raise ConfigError(
                f"{strategy_class.name} has no parameter {name!r}; its parameters and defaults are: {listing}"
            )
        if names.count(name) > 1:
            raise ConfigError(f"{name} is both fixed and swept; give it once")


class Evaluator(Protocol):
    """Runs settings of one strategy in one window. `params` has a column for each swept parameter."""

    def accepts(self, params: Columns, count: int) -> Flags:
        """Which of `count` settings the strategy accepts and has bars enough for."""
        ...

    def run(self, params: Columns, sums: Floats, workers: Workers) -> None:
        """Fill a row of `sums` (`kernels.sums`) for each accepted setting."""
        ...


def _evaluation(strategy_class: type[Strategy], grid: Grid, fixed: Mapping[str, Any], window: Window) -> Evaluator:
    """The quickest way to run such settings."""
    values = [value for values in (*grid.values(), fixed.values()) for value in values]
    average = moving_average_of(strategy_class, window.rules)
    if average and window.fully_invested and all(type(value) is int for value in values):
        return MaCrossEvaluator(strategy_class, average, grid, fixed, window)
    return GenericEvaluator(strategy_class, fixed, window)


def _blocks(evaluation: Evaluator, grid: Grid, window: Window, threads: int | None) -> Iterator[SweepBlock]:
    from back_testing.engine.kernels.accumulators import ACCUMULATORS

    size = grid_size(grid)
    step = max(1, min(BLOCK, BARS_OF_BLOCK // len(window)))
    periods = periods_of([window.bars], window.bars.opened_at[window.start :])
    with Workers(threads) as workers:
        for low in range(0, size, step):
            high = min(low + step, size)
            params = _columns(grid, low, high)
            good = evaluation.accepts(params, high - low)
            params = {name: values[good] for name, values in params.items()}
            sums = np.empty((int(np.count_nonzero(good)), ACCUMULATORS))
            evaluation.run(params, sums, workers)
            statistics = swept_statistics(sums, len(window), window.rules.cash, periods)
            yield SweepBlock(low + np.flatnonzero(good), params, statistics, high, high - low - len(sums))


def _with_a_result(blocks: Iterator[SweepBlock], complaint_of_first: Callable[[], str]) -> Iterator[SweepBlock]:
    accepted = 0
    for block in blocks:
        accepted += len(block)
        yield block
    if not accepted:
        raise ConfigError(f"not one setting of the grid can be run; of the first: {complaint_of_first()}")


def _columns(grid: Grid, low: int, high: int) -> dict[str, NDArray[Any]]:
    """The settings low..high of the grid."""
    if not grid:
        return {}
    positions = np.unravel_index(np.arange(low, high), [len(values) for values in grid.values()])
    return {name: np.asarray(grid[name])[at] for name, at in zip(grid, positions, strict=True)}


def _first_of(grid: Grid) -> dict[str, Any]:
    return {name: values[0] for name, values in grid.items()}
