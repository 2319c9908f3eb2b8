"""Which thresholds of bull and bear scores a pair's history recommends, if any."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from math import isfinite

import numpy as np

from algo_trading.calendars import TradingCalendar
from algo_trading.domain.bars import Bars, Floats
from algo_trading.domain.costs import Costs
from algo_trading.domain.instrument import Instrument
from algo_trading.domain.scores import PointsTable
from algo_trading.domain.time import Interval
from algo_trading.errors import ConfigError
from algo_trading.indicators import sma
from algo_trading.strategies.score_history import SETTLING, scores_of
from back_testing.analysis.deflated_sharpe import deflated_sharpe
from back_testing.search.crossings import Crossing, crossings
from back_testing.search.thresholds import (
    IN_SAMPLE,
    OUT_OF_SAMPLE,
    ThresholdFigures,
    ThresholdGrid,
    ThresholdTrade,
    ThresholdWalk,
)

WILD = timedelta(days=3)  # after a listing; these candles are left out
CONVINCING = 0.95  # probability of being better than luck
LEAST_TRADES = 10
TREND = timedelta(days=50)  # a market is a bull market while the close is above its mean of so long


@dataclass(frozen=True, slots=True)
class MarketFigures:
    """What the best thresholds' trades gained that began in a bull or bear market."""

    market: str
    trades: int
    win_rate: float
    mean_gain: float


@dataclass(frozen=True)
class Tuning:
    """What tuning found: the best pair of thresholds on all history, and how choosing pairs did on bars not seen.

    `objection` says why no threshold survives; it is empty where the best one does.
    """

    instrument: Instrument
    interval: Interval
    timeframes: tuple[Interval, ...]
    bars: Bars
    maximum: int
    trials: int
    costs: Costs
    best: ThresholdFigures | None
    hold: float
    walk: ThresholdWalk
    deflated: float
    objection: str
    markets: tuple[MarketFigures, ...]
    crossings: tuple[Crossing, ...]


def tune(
    bars: Bars,
    timeframes: Sequence[Interval],
    points: PointsTable,
    calendar: TradingCalendar,
    costs: Costs,
    *,
    in_sample: timedelta = IN_SAMPLE,
    out_of_sample: timedelta = OUT_OF_SAMPLE,
    threads: int = 2,
) -> Tuning:
    """Tune the thresholds on the shortest candles of a pair, from their first one (its listing) on.

    The first WILD days are left out and scores count from SETTLING on.

    Raises:
        ConfigError: there is too little history.
    """
    listed = bars.opened_at[0] if len(bars) else np.datetime64(0, "us")
    tame = bars[int(np.searchsorted(bars.opened_at, listed + np.timedelta64(WILD, "us"))) :]
    history = scores_of(tame, timeframes, points, calendar, threads=threads)
    start = int(np.searchsorted(tame.opened_at, listed + np.timedelta64(SETTLING, "us")))
    if len(tame) - start < 2:
        raise ConfigError(
            f"{bars.instrument} has {len(bars)} candles; scores begin {SETTLING.days} days after the first"
        )
    scored, scores = tame[start:], history.after(start)
    grid = ThresholdGrid(scored, scores, costs, threads)
    figures = grid.figures()
    best = grid.best(figures)
    walk = grid.walk(in_sample, out_of_sample)
    trials = grid.sharpes(grid.figures(walk.first), len(walk.equity))
    returns = np.diff(np.append(1.0, walk.equity)) / np.append(1.0, walk.equity[:-1])
    # Trials differ by luck, which alone makes a deviation of 1 / sqrt(n), and because some are truly worse than others.
    deviation = min(float(np.std(trials)), len(returns) ** -0.5) if len(trials) else 0.0
    deflated = deflated_sharpe(returns, deviation, grid.trials)
    return Tuning(
        instrument=bars.instrument,
        interval=bars.interval,
        timeframes=tuple(timeframes),
        bars=scored,
        maximum=scores.maximum,
        trials=grid.trials,
        costs=costs,
        best=best,
        hold=float(scored.close[-1] / scored.open[0]) - 1,
        walk=walk,
        deflated=deflated,
        objection=_objection(best, walk, deflated, grid.trials),
        markets=_markets(grid, best) if best else (),
        crossings=crossings(scored, scores),
    )


def _objection(best: ThresholdFigures | None, walk: ThresholdWalk, deflated: float, trials: int) -> str:
    if best is None:
        return "no bear score ever reached a threshold"
    gain = float(walk.equity[-1]) - 1
    if len(walk.trades) < LEAST_TRADES:
        return f"{len(walk.trades)} trades out of sample are too few to tell; {LEAST_TRADES} are the least"
    if gain <= 0:
        return f"what was chosen on the past lost {-gain:.1%} on the bars after it"
    if gain <= walk.hold:
        return (
            f"what was chosen on the past gained {gain:.1%} on the bars after it, and holding the coin {walk.hold:.1%}"
        )
    if not (isfinite(deflated) and deflated >= CONVINCING):
        chance = f"{deflated:.0%}" if isfinite(deflated) else "unknown"
        return f"the probability of being better than the luck of {trials:,} trials is {chance}, below {CONVINCING:.0%}"
    return ""


def _markets(grid: ThresholdGrid, best: ThresholdFigures) -> tuple[MarketFigures, ...]:
    """The trades of the best pair by the market that they began in; those before the mean is known are left out."""
    bars = grid.bars
    window = max(2, int(TREND / bars.interval.length))
    if len(bars) <= window:
        return ()
    n = len(bars)
    mean = sma(bars.close, window)
    _, trades = grid.trade(np.full(n, best.thresholds.bull), np.full(n, best.thresholds.bear))
    known = [trade for trade in trades if isfinite(mean[trade.entry - 1])]
    rising = [trade for trade in known if bars.close[trade.entry - 1] > mean[trade.entry - 1]]
    falling = [trade for trade in known if bars.close[trade.entry - 1] <= mean[trade.entry - 1]]
    return tuple(_market(name, part) for name, part in (("bull market", rising), ("bear market", falling)))


def _market(name: str, trades: Sequence[ThresholdTrade]) -> MarketFigures:
    gains: Floats = np.array([trade.gain for trade in trades])
    if not len(gains):
        return MarketFigures(name, 0, float("nan"), float("nan"))
    return MarketFigures(name, len(gains), float(np.mean(gains > 0)), float(np.mean(gains)))
