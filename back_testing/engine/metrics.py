"""Performance figures, one function for each named formula.

`returns` are simple returns of consecutive periods (0.01 is 1 %), NaN where there is none; `periods` is the number of
periods in a year. The conventions are those of empyrical (Quantopian, https://github.com/quantopian/empyrical):
arithmetic means, sample deviations, no risk-free rate. A figure that does not exist is NaN.
"""

import numpy as np
from numpy.typing import NDArray

from algo_trading.domain.bars import Floats, Times
from algo_trading.domain.venue import ALWAYS_OPEN, venues

DAYS_OF_ALWAYS_OPEN = 365.0
DAYS_OF_EXCHANGE = 252.0
DAY = 86_400e6  # microseconds
SAMPLE, LONG_SAMPLE = 31, 100_000  # bars


def never_closes(venue: str) -> bool:
    """Whether trading at a venue never stops."""
    known = venues().get(venue)
    return known is not None and known.calendar == ALWAYS_OPEN


def periods_per_year(venue: str, opened_at: Times) -> float:
    """Bars in a year: 252 for daily bars of an exchange, 365 where trading never stops (the calendar `24/7`).

    Bars that are a week, month, quarter or year apart (the median distance of a sample) count 52, 12, 4 or 1, as in
    empyrical's `annualization_factor`; of several bars a day each counts. Where trading
    never stops, shorter bars count by their distance, whatever is missing: 105,120 of five minutes.
    """
    days = DAYS_OF_ALWAYS_OPEN if never_closes(venue) else DAYS_OF_EXCHANGE
    if len(opened_at) < 2:
        return days
    sampled = np.arange(SAMPLE) * (len(opened_at) - 1) // SAMPLE
    gaps = sorted((opened_at[sampled + 1] - opened_at[sampled]).astype(np.int64).tolist())
    gap = gaps[SAMPLE // 2] / DAY
    for shortest, count in ((300.0, 1.0), (80.0, 4.0), (25.0, 12.0), (5.5, 52.0)):
        if gap >= shortest:
            return count
    if never_closes(venue) and gap > 0:
        return days / float(gap)
    if gap >= 1:
        return days
    dates = opened_at[:LONG_SAMPLE].astype("datetime64[D]")
    return days * max(1.0, round(len(dates) / (1 + np.count_nonzero(dates[1:] != dates[:-1]))))


def period_returns(equity: Floats, cash: float) -> Floats:
    """Simple returns of an account that starts with `cash`; 0 from the moment that nothing is left."""
    before = np.concatenate(([cash], equity[:-1]))
    returns = np.zeros(len(equity))
    np.divide(equity, before, out=returns, where=before > 0)
    returns[before > 0] -= 1.0
    return returns


def total_return(returns: Floats) -> float:
    """Cumulated return over all periods: the product of 1 + r, less 1 (empyrical `cum_returns_final`)."""
    return float(np.nanprod(1.0 + returns) - 1.0)


def cagr(returns: Floats, periods: float) -> float:
    """Compound annual growth rate: (1 + total return) ^ (periods / n) - 1 (empyrical `annual_return`, `cagr`).

    NaN counts as a period without a return. An account that lost everything has -1.
    """
    if not len(returns):
        return np.nan
    return _compounded(1.0 + total_return(returns), periods / len(returns))


def _compounded(growth: float, times: float) -> float:
    """The return of growing so many times: -1 where nothing is left, infinite where no number is large enough."""
    with np.errstate(over="ignore"):
        return float(np.float64(growth) ** times - 1.0) if growth > 0 else -1.0


def volatility(returns: Floats, periods: float) -> float:
    """Sample standard deviation of the returns times sqrt(periods) (empyrical `annual_volatility`)."""
    known = returns[~np.isnan(returns)]
    return float(np.std(known, ddof=1) * np.sqrt(periods)) if len(known) > 1 else np.nan


def sharpe(returns: Floats, periods: float) -> float:
    """Sharpe ratio: mean over sample standard deviation of the returns, times sqrt(periods) (empyrical `sharpe_ratio`).

    Sharpe, The Sharpe Ratio, Journal of Portfolio Management 21 (1994), without a risk-free rate.
    """
    known = returns[~np.isnan(returns)]
    deviation = float(np.std(known, ddof=1)) if len(known) > 1 else 0.0
    return float(np.mean(known)) / deviation * float(np.sqrt(periods)) if deviation > 0 else np.nan


def downside_risk(returns: Floats, periods: float) -> float:
    """Downside deviation below 0: root of the mean of min(r, 0) squared, times sqrt(periods).

    empyrical `downside_risk`: the mean is over all periods, those with a gain included.
    """
    known = returns[~np.isnan(returns)]
    return float(np.sqrt(np.mean(np.minimum(known, 0.0) ** 2) * periods)) if len(known) else np.nan


def sortino(returns: Floats, periods: float) -> float:
    """Sortino ratio: annual mean return over the downside risk (empyrical `sortino_ratio`).

    Sortino and Price, Performance Measurement in a Downside Risk Framework, Journal of Investing 3 (1994).
    """
    risk = downside_risk(returns, periods)
    return float(np.nanmean(returns)) * periods / risk if risk > 0 else np.nan


def drawdown(equity: Floats, start: float) -> Floats:
    """Loss since the highest equity so far, as a fraction of it, 0 or below; `start` is the first high."""
    peak = np.maximum.accumulate(np.maximum(equity, start))
    series: Floats = equity / peak - 1.0
    return series


def max_drawdown(returns: Floats) -> float:
    """Largest loss from a high to a later low, as a fraction of the high, 0 or below (empyrical `max_drawdown`)."""
    grown = np.cumprod(1.0 + np.nan_to_num(returns), dtype=np.float64)
    return float(min(np.min(drawdown(grown, 1.0)), 0.0)) if len(grown) else np.nan


def max_drawdown_days(equity: Floats, start: float, opened_at: Times) -> float:
    """Longest time between a high and the first bar that is as high again, in days; else up to the last bar."""
    if not len(equity):
        return np.nan
    at_high = np.flatnonzero(drawdown(equity, start) >= 0)
    edges = np.concatenate(([0], at_high, [len(equity) - 1]))
    times = opened_at[edges].astype("datetime64[us]").astype(np.int64)
    below = np.diff(edges) > 1
    below[-1] |= bool(edges[-1] > edges[-2])
    return float(np.max(np.diff(times)[below], initial=0)) / DAY


def calmar(returns: Floats, periods: float) -> float:
    """Calmar ratio: annual return over the size of the maximum drawdown (empyrical `calmar_ratio`).

    Young, Calmar Ratio: A Smoother Tool, Futures 20 (1991).
    """
    deepest = max_drawdown(returns)
    return cagr(returns, periods) / -deepest if deepest < 0 else np.nan


def beta(returns: Floats, benchmark: Floats) -> float:
    """Covariance with the benchmark's returns over their variance (CAPM; empyrical `beta`)."""
    both = ~(np.isnan(returns) | np.isnan(benchmark))
    if np.count_nonzero(both) < 2:
        return np.nan
    centred = benchmark[both] - np.mean(benchmark[both])
    variance = float(np.mean(centred**2))
    return float(np.mean(returns[both] * centred)) / variance if variance > 0 else np.nan


def alpha(returns: Floats, benchmark: Floats, periods: float) -> float:
    """Annual return that the benchmark does not explain (Jensen's alpha; empyrical `alpha`).

    (1 + mean(r - beta * benchmark)) ^ periods - 1. Jensen, The Performance of Mutual Funds in the Period 1945-1964,
    Journal of Finance 23 (1968).
    """
    slope = beta(returns, benchmark)
    if np.isnan(slope):
        return np.nan
    return _compounded(1.0 + float(np.nanmean(returns - slope * benchmark)), periods)


def win_rate(pnl: Floats) -> float:
    """Part of the closed trades that made money, costs included."""
    return float(np.mean(pnl > 0)) if len(pnl) else np.nan


def profit_factor(pnl: Floats) -> float:
    """Gross profit over gross loss of the closed trades, costs included; infinite when no trade lost."""
    loss = float(-np.sum(pnl[pnl < 0]))
    won = float(np.sum(pnl[pnl > 0]))
    if loss > 0:
        return won / loss
    return np.inf if won > 0 else np.nan


def expectancy(trade_returns: Floats) -> float:
    """Average trade: mean return of the closed trades, costs included, as a fraction of the money that went in."""
    return float(np.mean(trade_returns)) if len(trade_returns) else np.nan


def best_trade(trade_returns: Floats) -> float:
    """Highest return of a closed trade, costs included."""
    return float(np.max(trade_returns)) if len(trade_returns) else np.nan


def worst_trade(trade_returns: Floats) -> float:
    """Lowest return of a closed trade, costs included."""
    return float(np.min(trade_returns)) if len(trade_returns) else np.nan


def average_duration(days: Floats) -> float:
    """Mean time from entry to exit of the closed trades, in days."""
    return float(np.mean(days)) if len(days) else np.nan


def sqn(pnl: Floats) -> float:
    """System quality number: mean over sample deviation of the closed trades' profits, times the root of their number.

    Tharp, The Definitive Guide to Position Sizing (2008), with a profit for an R multiple, as backtesting.py has it.
    """
    deviation = float(np.std(pnl, ddof=1)) if len(pnl) > 1 else 0.0
    return float(np.mean(pnl)) / deviation * float(np.sqrt(len(pnl))) if deviation > 0 else np.nan


def exposure(in_market: NDArray[np.bool_]) -> float:
    """Part of the bars at whose close a position was held."""
    return float(np.mean(in_market)) if len(in_market) else np.nan
