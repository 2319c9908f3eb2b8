"""Which strategy to trade an instrument with, judged out of sample and deflated by the number of trials.

Every candidate walks forward over a grid of settings. The best one is recommended if its Sharpe ratio out of sample is
above that of buying and holding, and too high to be the luck of the best of all settings that were tried (Bailey and
López de Prado 2014). Otherwise nothing is: that is the usual outcome, and the honest one.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from math import sqrt
from typing import Any

import numpy as np

from algo_trading.domain.bars import Bars, Floats
from algo_trading.domain.recommendation import Candidate, Recommendation
from algo_trading.errors import ConfigError
from algo_trading.strategies.base import Strategy
from algo_trading.strategies.buy_and_hold import BuyAndHold
from algo_trading.strategies.registry import strategy_class, strategy_names
from back_testing.analysis.deflated_sharpe import deflated_sharpe
from back_testing.engine import backtest, metrics
from back_testing.engine.rules import TradingRules
from back_testing.search.sweep import Grid, sweep
from back_testing.search.walk_forward import Plan, WalkForward, walk_forward

CONVINCING = 0.95  # the probability that Bailey and López de Prado ask for


@dataclass(frozen=True)
class Review:
    """A recommendation, and each candidate's walk in the same order. `deviation` is that of the trials (`spread`)."""

    recommendation: Recommendation
    walks: tuple[WalkForward, ...]
    deviation: float


def default_grid(kind: type[Strategy]) -> Grid:
    """Half, once and twice each numeric default, for any strategy; what it refuses is left out when it is swept."""
    grid: dict[str, list[Any]] = {}
    for field in fields(kind):
        value = field.default
        if isinstance(value, bool) or not isinstance(value, int | float) or value == 0:
            continue
        around = (
            [max(1, round(value / 2)), value, value * 2] if isinstance(value, int) else [value / 2, value, value * 2]
        )
        grid[field.name] = sorted(set(around))
    return grid


def candidates() -> list[str]:
    """Every registered strategy but the benchmark and those that need to know more than prices.

    Those would add hundreds of trials to the count wherever nothing was written about an instrument.
    """
    return [name for name in strategy_names() if name != BuyAndHold.name and not strategy_class(name).features]


def recommend(
    bars: Bars,
    rules: TradingRules,
    plan: Plan,
    names: Sequence[str] | None = None,
    progress: Callable[[int, int, str], None] = lambda _done, _total, _name: None,
) -> Review:
    """Review the strategies `names` (None: `candidates()`); `progress` hears how many are done, and which is next.

    A strategy that cannot be walked over these bars is left out.

    Raises:
        ConfigError: none can, or a name is unknown.
    """
    wanted = list(dict.fromkeys(names)) if names else candidates()
    walks: list[WalkForward] = []
    sharpes: list[Floats] = []
    trouble = ""
    for done, name in enumerate(wanted):
        progress(done, len(wanted), name)
        grid = default_grid(strategy_class(name))
        try:
            walk = walk_forward(name, grid, bars, rules, plan)
            sharpes.append(_trials(name, grid, bars, rules, walk))
        except ConfigError as error:
            trouble = trouble or str(error)
            continue
        walks.append(walk)
    if not walks:
        raise ConfigError(f"no strategy can be reviewed: {trouble}")
    tried = np.concatenate(sharpes)
    return _judged(bars, walks, tried)


def _trials(name: str, grid: Grid, bars: Bars, rules: TradingRules, walk: WalkForward) -> Floats:
    """The Sharpe ratio per period of every setting over the sessions out of sample; NaN where one did not trade."""
    first, root = walk.result.statistics.start, sqrt(walk.result.periods_per_year)
    if not grid:
        return np.array([walk.result.statistics.sharpe]) / root
    blocks = sweep(strategy_class(name), grid, bars, rules, first=first)
    found: Floats = np.concatenate([block.statistics["sharpe"] for block in blocks])
    return found / root


def spread(trials: Floats, bars: int) -> float:
    """Standard deviation of the trials' Sharpe ratios per period, as far as it can be luck.

    Luck alone spreads the Sharpe ratios of worthless strategies by 1 / sqrt(bars - 1). A wider spread says that some
    settings are truly better than others, and would make the case against the best one the stronger, the better it is.
    """
    known = trials[~np.isnan(trials)]
    if len(known) < 2 or bars < 2:
        return 0.0
    return min(float(np.std(known, ddof=1)), 1 / sqrt(bars - 1))


def _judged(bars: Bars, walks: Sequence[WalkForward], tried: Floats) -> Review:
    deviation = spread(tried, walks[0].result.statistics.bars)
    judged = sorted(
        ((_candidate(walk, deviation, len(tried)), walk) for walk in walks),
        key=lambda pair: (pair[0].objection != "", -(pair[0].deflated_sharpe or -1.0), pair[0].strategy),
    )
    found = tuple(candidate for candidate, _ in judged)
    best = found[0]
    span = f"out of sample, {best.first} to {best.last}"
    if best.objection:
        chosen = None
        reason = f"none of {len(found)} strategies survives {span}; the best, {best.strategy}: {best.objection}"
    else:
        chosen = best.strategy
        reason = (
            f"best of {len(found)} strategies {span}: Sharpe ratio {best.statistics['sharpe']:.2f} and return "
            f"{best.statistics['total_return']:+.1%}, against {best.statistics['buy_and_hold_sharpe']:.2f} and "
            f"{best.statistics['buy_and_hold_return']:+.1%} of buying and holding; deflated Sharpe ratio "
            f"{best.deflated_sharpe:.3f} after {len(tried)} settings tried"
        )
    recommendation = Recommendation(
        instrument=bars.instrument,
        session=bars.session(-1),
        strategy=chosen,
        reason=reason,
        trials=len(tried),
        data_hash=backtest.data_hash([bars]),
        candidates=found,
    )
    return Review(recommendation, tuple(walk for _, walk in judged), deviation)


def _candidate(walk: WalkForward, deviation: float, trials: int) -> Candidate:
    result = walk.result
    returns = metrics.period_returns(result.equity, result.rules.cash)
    held = metrics.period_returns(result.benchmark, result.rules.cash)
    deflated = deflated_sharpe(returns, deviation, trials)
    statistics: Mapping[str, Any] = {
        **result.statistics.as_json(),
        "buy_and_hold_sharpe": _finite(metrics.sharpe(held, result.periods_per_year)),
        "efficiency": _finite(walk.efficiency),
    }
    return Candidate(
        strategy=result.strategy.id,
        first=result.statistics.start,
        last=result.statistics.end,
        statistics=statistics,
        deflated_sharpe=_finite(deflated),
        objection=_objection(statistics, deflated, trials),
    )


def _objection(statistics: Mapping[str, Any], deflated: float, trials: int) -> str:
    sharpe, held = statistics["sharpe"], statistics["buy_and_hold_sharpe"]
    if sharpe is None or np.isnan(deflated):
        return "it did not trade"
    if held is not None and sharpe <= held:
        return f"its Sharpe ratio of {sharpe:.2f} is not above the {held:.2f} of buying and holding"
    if deflated < CONVINCING:
        return (
            f"its Sharpe ratio of {sharpe:.2f} may be the luck of the best of {trials} settings "
            f"(deflated Sharpe ratio {deflated:.3f}, below {CONVINCING})"
        )
    return ""


def _finite(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
