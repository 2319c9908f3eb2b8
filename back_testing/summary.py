"""The statistics of a backtest, from its equity and trades."""

import numpy as np
from numpy.typing import NDArray

from algo_trading.domain.bars import Floats, Times
from back_testing import metrics
from back_testing.result import Statistics


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
    costs_paid: float,
) -> Statistics:
    """All statistics; `pnl` and `trade_returns` are those of the closed trades, `in_market` says when one was held."""
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
        buy_and_hold_return=float(benchmark[-1]) / cash - 1.0,
        alpha=metrics.alpha(returns, market, periods),
        beta=metrics.beta(returns, market),
        costs_paid=costs_paid,
        start=times[0].astype("datetime64[D]").item(),
        end=times[-1].astype("datetime64[D]").item(),
        bars=len(times),
    )
