"""Run a strategy with many settings, as a stream of blocks, so that memory does not grow with their number."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from algo_trading.domain.bars import Bars, Floats
from algo_trading.strategies.base import Strategy
from back_testing.rules import TradingRules

Grid = Mapping[str, Sequence[Any]]

STATISTICS = (
    "final_equity",
    "total_return",
    "cagr",
    "volatility",
    "sharpe",
    "sortino",
    "calmar",
    "max_drawdown",
    "exposure",
    "n_trades",
    "win_rate",
    "profit_factor",
)


@dataclass(frozen=True, eq=False)
class SweepBlock:
    """The outcomes of some settings, in the order of the grid.

    `params` has a column for each parameter of the grid, `statistics` one for each of STATISTICS; all have the same
    length. `tried` counts the settings of the grid that are behind with this block, `refused` those among them in this
    block that the strategy did not accept (fast above slow), which are not in the columns.
    """

    params: Mapping[str, NDArray[Any]]
    statistics: Mapping[str, Floats]
    tried: int
    refused: int

    def __len__(self) -> int:
        return len(self.statistics["sharpe"])


def grid_size(grid: Grid) -> int:
    """How many settings a grid has, those included that the strategy refuses."""
    return int(np.prod([len(values) for values in grid.values()], dtype=np.int64))


def sweep(
    strategy_class: type[Strategy],
    grid: Grid,
    bars: Bars,
    rules: TradingRules,
    *,
    fixed: Mapping[str, Any] | None = None,
    threads: int | None = None,
) -> Iterator[SweepBlock]:
    """Backtest every setting of `grid` over the parameters `fixed` and the defaults.

    Raises:
        ConfigError: an unknown parameter, no setting that the strategy accepts, or bars that `run` would refuse.
    """
    raise NotImplementedError


def best(blocks: Iterable[SweepBlock], metric: str, count: int) -> list[dict[str, Any]]:
    """The `count` settings with the highest `metric`, best first: parameters and statistics in one row each.

    Raises:
        ConfigError: there is no such metric.
    """
    raise NotImplementedError
