"""Walk-forward analysis: choose settings on the past alone, trade them on the bars after it, move on.

Pardo, The Evaluation and Optimization of Trading Strategies, 2nd ed. (2008), chapter 11. The decisions of each fold's
setting are put one after the other and traded as one account, out of sample throughout. On the first bar of a fold the
new setting takes over: the account goes where that setting stands, bought if its newest decision was an entry.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np

from algo_trading.domain.bars import Bars
from algo_trading.domain.time import moment_of
from algo_trading.errors import ConfigError
from algo_trading.strategies.base import Decisions, Strategy, parameters_of
from algo_trading.strategies.decide import decide
from algo_trading.strategies.registry import build_strategy, strategy_class
from back_testing.engine import backtest
from back_testing.engine.result import BacktestResult
from back_testing.engine.rules import TradingRules
from back_testing.engine.signal_limits import SignalLimits
from back_testing.engine.statistics import Statistics, summarise
from back_testing.search.sweep import Best, Grid, require_metric, row_of, sweep

Step = tuple[int, int, int]  # first bar to choose on, first bar to trade, and the bar after the last
Choice = tuple[dict[str, Any], float]  # parameters, and their metric in sample


@dataclass(frozen=True, slots=True)
class Plan:
    """How many bars settings are chosen on, and how many they are traded on.

    With `anchored` every choice looks back to the first bar instead of `in_sample` bars.
    """

    in_sample: int = 756
    out_of_sample: int = 252
    anchored: bool = False

    def __post_init__(self) -> None:
        for name in ("in_sample", "out_of_sample"):
            if getattr(self, name) < 1:
                raise ConfigError(f"{name} must be at least 1 bar, not {getattr(self, name)}")

    def folds(self, n: int) -> Iterator[Step]:
        """The steps through n bars."""
        for start in range(self.in_sample, n, self.out_of_sample):
            yield (0 if self.anchored else start - self.in_sample), start, min(start + self.out_of_sample, n)


@dataclass(frozen=True)
class Fold:
    """One step: the sessions it chose on and traded, its parameters, and the figures of the sessions traded.

    `in_sample` is the metric of the best setting, NaN where no setting traded; `out_of_sample` that of this part of the
    account. `trades` are those that ended in it.
    """

    chosen_on: tuple[date, date]
    traded: tuple[date, date]
    params: Mapping[str, Any]
    in_sample: float
    out_of_sample: float
    total_return: float
    trades: int


@dataclass(frozen=True)
class WalkForward:
    """All folds, and the account that traded them.

    `result.strategy` has the parameters that the last bars lead to: those to trade with next.
    """

    metric: str
    folds: tuple[Fold, ...]
    result: BacktestResult

    @property
    def efficiency(self) -> float:
        """Walk-forward efficiency: mean of the metric out of sample over its mean in sample (Pardo)."""
        pairs = [(fold.in_sample, fold.out_of_sample) for fold in self.folds]
        known = np.array([pair for pair in pairs if not np.isnan(pair).any()]).reshape(-1, 2)
        inside, outside = known.mean(axis=0) if len(known) else (np.nan, np.nan)
        return float(outside / inside) if inside > 0 else np.nan


def walk_forward(
    name: str,
    grid: Grid,
    bars: Bars,
    rules: TradingRules,
    plan: Plan,
    *,
    metric: str = "sharpe",
    fixed: Mapping[str, Any] | None = None,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> WalkForward:
    """Walk the strategy `name` over `bars`; `progress` receives how many folds are done.

    Raises:
        ConfigError: there are no bars left to trade, an unknown metric, or what `sweep` says.
    """
    require_metric(metric)
    steps = list(plan.folds(len(bars)))
    if not steps:
        raise ConfigError(
            f"{bars.instrument} has {len(bars)} bars, and {plan.in_sample} are needed to choose on before the first "
            "one to trade; take more bars or a shorter in-sample window"
        )
    choices = []
    for done, (begin, start, _) in enumerate(steps):
        choices.append(choose(name, grid, bars[:start], rules, metric, first=bars.session(begin), fixed=fixed))
        progress(done + 1, len(steps) + 1)
    begin = 0 if plan.anchored else max(0, len(bars) - plan.in_sample)
    newest, _ = choose(name, grid, bars, rules, metric, first=bars.session(begin), fixed=fixed)
    parts = [(step[1], build_strategy(name, choice[0])) for step, choice in zip(steps, choices, strict=True)]
    decisions = chained(bars, parts, rules.limits)
    result = backtest.run_decisions(
        build_strategy(name, newest), bars, decisions, rules, first=bars.session(steps[0][1])
    )
    progress(len(steps) + 1, len(steps) + 1)
    folds = tuple(_fold(bars, step, choice, result, metric) for step, choice in zip(steps, choices, strict=True))
    return WalkForward(metric, folds, result)


def choose(
    name: str,
    grid: Grid,
    bars: Bars,
    rules: TradingRules,
    metric: str,
    *,
    first: date,
    fixed: Mapping[str, Any] | None = None,
) -> Choice:
    """The parameters with the highest `metric` from the session `first` on, and that metric.

    Where no setting traded it is the first of the grid that is accepted, with NaN.
    """
    kind = strategy_class(name)
    if not grid:
        result = backtest.run(build_strategy(name, fixed or {}), bars, rules, first=first)
        return parameters_of(result.strategy), getattr(result.statistics, metric)
    found, setting = Best(metric, 1), None
    for block in sweep(kind, grid, bars, rules, fixed=fixed, first=first):
        found.add(block)
        if setting is None and len(block):
            setting = row_of(block, 0)
    best = found.rows()
    setting = best[0] if best else setting
    assert setting is not None  # a sweep without a single result is an error of its own
    return {**(fixed or {}), **{key: setting[key] for key in grid}}, setting[metric]


def notes(walk: WalkForward) -> list[tuple[str, str]]:
    """What a reader of the report on `walk.result` has to know: topic and sentence."""
    kept = "" if np.isnan(walk.efficiency) else f" Walk-forward efficiency: {walk.efficiency:.0%}."
    chosen = "; ".join(f"from {fold.traded[0]} {_spelt(fold.params)}" for fold in walk.folds)
    how = (
        f"Every bar is out of sample. The setting was chosen {len(walk.folds)} times, on the bars before, by "
        f"{walk.metric}.{kept} Lines in the chart are those of the setting to trade next."
    )
    return [("Walk-forward", how), ("Settings", f"{chosen}.")]


def _spelt(params: Mapping[str, Any]) -> str:
    return ", ".join(f"{key}={value}" for key, value in sorted(params.items())) or "no parameters"


def chained(bars: Bars, parts: Sequence[tuple[int, Strategy]], limits: SignalLimits) -> Decisions:
    """Decisions of each strategy from its bar on, up to the bar of the next one; none before the first.

    At its first bar a strategy also says where it stands: buy if the newest of its decisions so far that led to an
    order is an entry, sell if it is an exit.
    """
    entries, exits = np.zeros(len(bars), dtype=np.bool_), np.zeros(len(bars), dtype=np.bool_)
    confidence, size = np.zeros(len(bars)), np.zeros(len(bars))
    shares = np.full(len(bars), np.nan)
    for number, (start, strategy) in enumerate(parts):
        end = parts[number + 1][0] if number + 1 < len(parts) else len(bars)
        # The bars of the fold are all that it may see, whatever comes later.
        own = decide(strategy, bars[:end])
        window = slice(start, end)
        entries[window], exits[window] = own.entries[window], own.exits[window]
        confidence[window], size[window] = own.confidence[window], own.size[window]
        if own.shares is not None:
            shares[window] = own.shares[window]
        ordered = limits.ordered(strategy, own)
        spoken = np.flatnonzero(ordered.entries[: start + 1] | ordered.exits[: start + 1])
        if len(spoken):
            newest = spoken[-1]
            exits[start] = own.exits[newest]
            entries[start] = not exits[start]
            confidence[start], size[start] = own.confidence[newest], own.size[newest]
            if own.shares is not None:
                shares[start] = own.shares[newest]
    return Decisions(entries, exits, confidence, size, None if np.isnan(shares).all() else shares)


def _fold(bars: Bars, step: Step, choice: Choice, result: BacktestResult, metric: str) -> Fold:
    begin, start, end = step
    statistics = statistics_between(result, start - result.history, end - result.history)
    return Fold(
        chosen_on=(bars.session(begin), bars.session(start - 1)),
        traded=(bars.session(start), bars.session(end - 1)),
        params=choice[0],
        in_sample=choice[1],
        out_of_sample=getattr(statistics, metric),
        total_return=statistics.total_return,
        trades=statistics.n_trades,
    )


def statistics_between(result: BacktestResult, start: int, end: int) -> Statistics:
    """The statistics of the bars start..end of a result, with the trades that ended in them."""
    window = slice(start, end)
    first, last = (moment_of(result.times[i]) for i in (start, end - 1))
    ended = [trade for trade in result.trades if trade.exit_time is not None and first <= trade.exit_time <= last]
    return summarise(
        times=result.times[window],
        equity=result.equity[window],
        benchmark=result.benchmark[window],
        in_market=(result.positions[:, window] != 0).any(axis=0),
        cash=result.rules.cash if start == 0 else float(result.equity[start - 1]),
        periods=result.periods_per_year,
        pnl=np.array([trade.pnl for trade in ended]),
        trade_returns=np.array([trade.return_ for trade in ended]),
        durations=np.array([trade.days for trade in ended]),
        costs_paid=sum(trade.costs for trade in ended),
    )
