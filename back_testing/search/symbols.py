"""Run one strategy on many instruments, each by itself, for their statistics alone."""

from collections.abc import Sequence
from datetime import date
from typing import Any

import numpy as np

from algo_trading.domain.bars import Bars, Floats
from algo_trading.strategies.base import Strategy
from algo_trading.strategies.decide import decide
from back_testing.engine.backtest import first_bar, periods_of
from back_testing.engine.checks import require_bars, require_warmup
from back_testing.engine.gaps import require_no_gaps
from back_testing.engine.generic_evaluator import DecisionBatch
from back_testing.engine.kernels.params import fully_invested_params
from back_testing.engine.ma_cross_evaluator import (
    Average,
    Integers,
    ManySeries,
    moving_average_of,
    run_ma_cross,
    windows_of,
)
from back_testing.engine.rules import TradingRules
from back_testing.engine.statistics import swept_statistics
from back_testing.engine.window import Window, fully_invested
from back_testing.engine.workers import Workers


def run_symbols(
    strategy: Strategy,
    series: Sequence[Bars],
    rules: TradingRules,
    *,
    first: date | None = None,
    threads: int | None = None,
) -> dict[str, Floats]:
    """Backtest each instrument by itself, with its own capital; gives the columns of `sweep.STATISTICS`.

    Raises:
        ConfigError: `engine.run` would refuse one of them, but highs and lows that play no part may be anything.
    """
    from back_testing.engine.kernels.accumulators import ACCUMULATORS, GROWTH

    sums = np.empty((len(series), ACCUMULATORS))
    starts = np.array([first_bar(bars, first) for bars in series], dtype=np.int64)
    for bars, start in zip(series, starts.tolist(), strict=True):
        require_no_gaps(bars, start, allowed=rules.allow_gaps)
    if series:
        require_warmup(strategy, min(series, key=len))
    crossing = moving_average_of(type(strategy), rules)
    together = None
    if crossing is not None and crossing.windowed and fully_invested(rules):
        together = ManySeries(strategy, series, starts, fully_invested_params(rules))

    def work(low: int, high: int) -> None:
        left = np.arange(low, high)
        if together is not None:
            together.run(low, high, sums)
            left = left[np.isnan(sums[low:high, GROWTH])]
        for at in left.tolist():
            require_bars(series[at])
            _run_one(strategy, crossing, Window.of(series[at], int(starts[at]), rules), sums[at])

    with Workers(threads) as workers:
        workers.share(work, len(series))
    lengths: Floats = np.array([float(len(bars)) for bars in series]) - starts
    return swept_statistics(sums, lengths, rules.cash, _periods(series, starts))


def _run_one(strategy: Strategy, crossing: Average | None, window: Window, row: Floats) -> None:
    if crossing and window.fully_invested:
        run_ma_cross(crossing, windows_of(strategy), window, Workers(1), row)
    else:
        batch = DecisionBatch(window, 1)
        batch.put(0, strategy, decide(strategy, window.bars))
        batch.trade(row[None, :])


def _periods(series: Sequence[Bars], starts: Integers) -> Floats:
    """Periods in a year of each; many have the same times."""
    known: dict[tuple[Any, ...], float] = {}
    periods = np.empty(len(series))
    for at, (bars, start) in enumerate(zip(series, starts.tolist(), strict=True)):
        key = (bars.instrument.venue, len(bars) - start, bars.opened_at.item(start), bars.opened_at.item(-1))
        if key not in known:
            known[key] = periods_of([bars], bars.opened_at[start:])
        periods[at] = known[key]
    return periods
