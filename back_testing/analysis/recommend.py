"""Which strategy to trade an instrument with, judged out of sample against holding as much of the market, and luck.

Every candidate walks forward over a grid of settings. The best one is recommended if, out of sample,
- its mean return is above that of its exposure-matched benchmark (`excess_returns`) by more than the luck of the best
  of all settings that were tried: the deflated Sharpe ratio of the excess (Bailey and Lopez de Prado 2014),
- its Sharpe ratio is above that of holding by more than chance: the bootstrap interval of the difference is above 0,
- and choosing among the settings is not overfitting more often than not, by cross-validation (`overfitting`).
Otherwise nothing is: that is the usual outcome, and the honest one.
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
from algo_trading.strategies.candle_rank import CandleRank
from algo_trading.strategies.cross_section import CrossSection
from algo_trading.strategies.registry import strategy_class, strategy_names
from algo_trading.strategies.scalping import Scalping
from back_testing.analysis.deflated_sharpe import deflated_sharpe
from back_testing.analysis.excess_returns import excess_returns, market_returns, sharpe_per_period
from back_testing.analysis.overfitting import overfitting_probability
from back_testing.analysis.sharpe_difference import Interval, sharpe_difference
from back_testing.engine import backtest, metrics
from back_testing.engine.rules import TradingRules
from back_testing.search.sweep import Grid
from back_testing.search.trials import trials
from back_testing.search.walk_forward import Plan, WalkForward, walk_forward

CONVINCING = 0.95  # the probability that Bailey and Lopez de Prado ask for
OVERFITTED = 0.5  # from here on the setting that was best is more likely than not below the median afterwards


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


def candidates(*, intraday: bool) -> list[str]:
    """Every registered strategy but the benchmark and those that need to know more than prices.

    Those would add hundreds of trials to the count wherever nothing was written about an instrument. So would
    strategies on candles where bars are not shorter than a day.
    """
    left_out = {BuyAndHold.name, *(() if intraday else (CandleRank.name, Scalping.name))}
    kinds = {name: strategy_class(name) for name in strategy_names() if name not in left_out}
    return [name for name, kind in kinds.items() if not kind.features and not issubclass(kind, CrossSection)]


def recommend(
    bars: Bars,
    rules: TradingRules,
    plan: Plan,
    names: Sequence[str] | None = None,
    progress: Callable[[int, int, str], None] = lambda _done, _total, _name: None,
) -> Review:
    """Review the strategies `names` (None: `candidates()`); `progress` receives how many are done, and which is next.

    A strategy that cannot be walked over these bars is left out.

    Raises:
        ConfigError: none can, or a name is unknown.
    """
    wanted = list(dict.fromkeys(names)) if names else candidates(intraday=bars.interval.intraday)
    walks: list[WalkForward] = []
    tried: list[Floats] = []
    trouble = ""
    for done, name in enumerate(wanted):
        progress(done, len(wanted), name)
        grid = default_grid(strategy_class(name))
        try:
            walk = walk_forward(name, grid, bars, rules, plan)
        except ConfigError as error:
            trouble = trouble or str(error)
            continue
        tried.append(_excess_of_trials(name, grid, bars, rules, walk))
        walks.append(walk)
    if not walks:
        raise ConfigError(f"no strategy can be reviewed: {trouble}")
    return _judged(bars, walks, np.concatenate(tried))


def _excess_of_trials(name: str, grid: Grid, bars: Bars, rules: TradingRules, walk: WalkForward) -> Floats:
    """The excess returns of every setting over the sessions out of sample, (settings, n)."""
    first = walk.result.statistics.start
    market = market_returns(bars, walk.result.history)
    closes = walk.result.bars.close
    found = trials(strategy_class(name), grid, bars, rules, first)
    return np.stack([excess_returns(t.equity, rules.cash, t.held, closes, market) for t in found])


def spread(sharpes: Floats, bars: int) -> float:
    """Standard deviation of the trials' Sharpe ratios per period, as far as it can be luck.

    Luck alone spreads the Sharpe ratios of worthless strategies by 1 / sqrt(bars - 1). A wider spread says that some
    settings are truly better than others, and would make the case against the best one the stronger, the better it is.
    """
    if len(sharpes) < 2 or bars < 2:
        return 0.0
    return min(float(np.std(sharpes, ddof=1)), 1 / sqrt(bars - 1))


@dataclass(frozen=True, slots=True)
class _Evidence:
    """What stands behind the candidates together: how many settings, their spread, the probability of overfitting."""

    trials: int
    deviation: float
    overfitting: float


def _judged(bars: Bars, walks: Sequence[WalkForward], tried: Floats) -> Review:
    deviation = spread(sharpe_per_period(tried), tried.shape[1])
    evidence = _Evidence(len(tried), deviation, overfitting_probability(tried))
    judged = sorted(
        ((_candidate(walk, bars, evidence), walk) for walk in walks),
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
        reason = f"best of {len(found)} strategies {span}: {_merits(best.statistics, best.deflated_sharpe, evidence)}"
    recommendation = Recommendation(
        series=bars.series,
        session=bars.session(-1),
        strategy=chosen,
        reason=reason,
        trials=evidence.trials,
        data_hash=backtest.data_hash([bars]),
        candidates=found,
    )
    return Review(recommendation, tuple(walk for _, walk in judged), deviation)


def _candidate(walk: WalkForward, bars: Bars, evidence: _Evidence) -> Candidate:
    result = walk.result
    year = sqrt(result.periods_per_year)
    market = market_returns(bars, result.history)
    excess = excess_returns(result.equity, result.rules.cash, result.positions[0], result.bars.close, market)
    returns = metrics.period_returns(result.equity, result.rules.cash)
    held = metrics.period_returns(result.benchmark, result.rules.cash)
    traded = bool(result.positions.any())
    deflated = deflated_sharpe(excess, evidence.deviation, evidence.trials) if traded else np.nan
    difference = sharpe_difference(returns, held) if traded else Interval(np.nan, np.nan, np.nan)
    statistics: Mapping[str, Any] = {
        **result.statistics.as_json(),
        "buy_and_hold_sharpe": _finite(metrics.sharpe(held, result.periods_per_year)),
        "efficiency": _finite(walk.efficiency),
        "excess_return": _finite(float(np.mean(excess)) * result.periods_per_year),
        "excess_sharpe": _finite(float(sharpe_per_period(excess)) * year),
        "sharpe_difference": _finite(difference.estimate * year),
        "sharpe_difference_low": _finite(difference.low * year),
        "sharpe_difference_high": _finite(difference.high * year),
        "overfitting_probability": _finite(evidence.overfitting),
    }
    return Candidate(
        strategy=result.strategy.id,
        first=result.statistics.start,
        last=result.statistics.end,
        statistics=statistics,
        deflated_sharpe=_finite(deflated),
        objection=_objection(statistics, deflated, evidence),
    )


def _merits(statistics: Mapping[str, Any], deflated: float | None, evidence: _Evidence) -> str:
    return (
        f"{statistics['excess_return']:+.1%} a year above holding {statistics['exposure']:.0%} of the market (deflated "
        f"Sharpe ratio of the excess {deflated:.3f} after {evidence.trials} settings tried); Sharpe ratio "
        f"{statistics['sharpe']:.2f} against {statistics['buy_and_hold_sharpe']:.2f} of buying and holding, the "
        f"difference between {statistics['sharpe_difference_low']:.2f} and {statistics['sharpe_difference_high']:.2f} "
        f"(90 % interval); probability of overfitting {evidence.overfitting:.0%}"
    )


def _objection(statistics: Mapping[str, Any], deflated: float, evidence: _Evidence) -> str:
    if statistics["sharpe"] is None or np.isnan(deflated):
        return "it did not trade"
    if statistics["excess_sharpe"] <= 0:
        return f"it earned no more than holding {statistics['exposure']:.0%} of the market all the time"
    if statistics["buy_and_hold_sharpe"] is not None and not statistics["sharpe_difference_low"] > 0:
        return (
            f"its Sharpe ratio of {statistics['sharpe']:.2f} against {statistics['buy_and_hold_sharpe']:.2f} of buying "
            f"and holding may be chance (90 % interval of the difference from "
            f"{statistics['sharpe_difference_low']:.2f} to {statistics['sharpe_difference_high']:.2f})"
        )
    if deflated < CONVINCING:
        return (
            f"what it earned above holding {statistics['exposure']:.0%} of the market may be the luck of the best of "
            f"{evidence.trials} settings (deflated Sharpe ratio {deflated:.3f}, below {CONVINCING})"
        )
    if not evidence.overfitting < OVERFITTED:
        return (
            f"choosing among {evidence.trials} settings overfits with a probability of {evidence.overfitting:.0%} "
            f"(below {OVERFITTED:.0%} is needed)"
        )
    return ""


def _finite(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
