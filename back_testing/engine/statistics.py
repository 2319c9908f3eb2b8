"""The statistics of one backtest from its equity and trades, and of many from sums."""

import math
from dataclasses import dataclass, fields
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from algo_trading.domain.bars import Floats, Times
from back_testing.engine import metrics


@dataclass(frozen=True, slots=True)
class Statistics:
    """The figures of a backtest, in the order they are shown. `back_testing.engine.metrics` defines each.

    Returns are fractions. NaN stands for what does not exist (the win rate of no trade), infinity for a ratio whose
    divisor is 0; JSON has null for both.
    """

    final_equity: float
    total_return: float
    cagr: float
    volatility: float
    sharpe: float
    sortino: float
    calmar: float
    max_drawdown: float
    max_drawdown_days: float
    exposure: float
    n_trades: int
    win_rate: float
    profit_factor: float
    expectancy: float
    best_trade: float
    worst_trade: float
    average_duration: float
    sqn: float
    buy_and_hold_return: float
    alpha: float
    beta: float
    costs_paid: float
    start: date
    end: date
    bars: int

    def as_json(self) -> dict[str, Any]:
        """JSON's own types, null for what is not finite."""
        return {field.name: _plain(getattr(self, field.name)) for field in fields(self)}


def summarise(
    *,
    times: Times,
    equity: Floats,
    benchmark: Floats,
    in_market: NDArray[np.bool_],
    cash: float,
    periods: float,
    pnl: Floats,
    trade_returns: Floats,
    durations: Floats,
    costs_paid: float,
) -> Statistics:
    """All statistics; `in_market` says when a position was held.

    `pnl`, `trade_returns` and `durations` (days) are those of the closed trades.
    """
    returns = metrics.period_returns(equity, cash)
    market = metrics.period_returns(benchmark, cash)
    final = float(equity[-1])
    return Statistics(
        final_equity=final,
        total_return=final / cash - 1.0,
        cagr=metrics.cagr(returns, periods),
        volatility=metrics.volatility(returns, periods),
        sharpe=metrics.sharpe(returns, periods),
        sortino=metrics.sortino(returns, periods),
        calmar=metrics.calmar(returns, periods),
        max_drawdown=metrics.max_drawdown(returns),
        max_drawdown_days=metrics.max_drawdown_days(equity, cash, times),
        exposure=metrics.exposure(in_market),
        n_trades=len(pnl),
        win_rate=metrics.win_rate(pnl),
        profit_factor=metrics.profit_factor(pnl),
        expectancy=metrics.expectancy(trade_returns),
        best_trade=metrics.best_trade(trade_returns),
        worst_trade=metrics.worst_trade(trade_returns),
        average_duration=metrics.average_duration(durations),
        sqn=metrics.sqn(pnl),
        buy_and_hold_return=float(benchmark[-1]) / cash - 1.0,
        alpha=metrics.alpha(returns, market, periods),
        beta=metrics.beta(returns, market),
        costs_paid=costs_paid,
        start=times[0].astype("datetime64[D]").item(),
        end=times[-1].astype("datetime64[D]").item(),
        bars=len(times),
    )


# What a sweep knows of each setting.
SWEPT = (
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


def swept_statistics(sums: Floats, bars: int | Floats, cash: float, periods: float | Floats) -> dict[str, Floats]:
    """The statistics in SWEPT, a column each, from rows of sums (`kernels.sums`).

    `bars` are the bars that a row is over and `periods` those in a year, of all rows or of each. The formulas are those
    of `metrics`.
    """
    from back_testing.engine.kernels import accumulators as at

    growth, drawdown, trades = sums[:, at.GROWTH], sums[:, at.DRAWDOWN], sums[:, at.TRADES]
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        mean = sums[:, at.RETURNS] / bars
        squares = np.maximum(sums[:, at.SQUARES] - sums[:, at.RETURNS] * mean, 0.0)
        variance = squares / (bars - 1)  # NaN for a single bar
        deviation = np.where(variance > 0, np.sqrt(variance), np.nan)
        downside = np.sqrt(sums[:, at.LOSSES_SQUARED] / bars * periods)
        cagr = np.where(growth > 0, np.maximum(growth, 0.0) ** (periods / bars) - 1.0, -1.0)
        columns = (
            cash * growth,
            growth - 1.0,
            cagr,
            np.sqrt(variance * periods),
            mean / deviation * np.sqrt(periods),
            np.where(downside > 0, mean * periods / downside, np.nan),
            np.where(drawdown < 0, cagr / -drawdown, np.nan),
            drawdown,
            sums[:, at.BARS_HELD] / bars,
            trades,
            sums[:, at.WINS] / trades,
            sums[:, at.GROSS_PROFIT] / sums[:, at.GROSS_LOSS],  # infinite without a loss, NaN without a trade
        )
    return dict(zip(SWEPT, columns, strict=True))


def _plain(value: float | date) -> float | str | None:
    if isinstance(value, date):
        return value.isoformat()
    return value if math.isfinite(value) else None
