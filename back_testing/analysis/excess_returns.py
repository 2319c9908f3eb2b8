"""What a strategy earns by its timing: its returns less those of holding as much of the market all the time.

A strategy that is invested for 60 % of the time in a market that rises earns from the rise, whatever its timing. The
exposure-matched benchmark holds the strategy's mean exposure at every bar. Where returns do not depend on the past, the
expected excess over it is 0 before costs, for any drift and any strategy: it is the covariance of exposure and return.
"""

import numpy as np

from algo_trading.domain.bars import Bars, Floats
from back_testing.engine import metrics


def market_returns(bars: Bars, start: int) -> Floats:
    """Returns from close to close of the bars from `start` on; the first is 0 where there is no bar before it."""
    closes = bars.close[max(0, start - 1) :]
    returns = closes[1:] / closes[:-1] - 1.0
    return returns if start else np.append(0.0, returns)


def excess_returns(equity: Floats, cash: float, held: Floats, closes: Floats, market: Floats) -> Floats:
    """The returns of an account less its mean exposure times those of the market, n each.

    `equity` is at each close, `cash` before the first; `held` are shares at each close, negative when short.
    """
    value = held * closes
    exposure = np.divide(value, equity, out=np.zeros(len(equity)), where=equity > 0)
    excess: Floats = metrics.period_returns(equity, cash) - float(np.mean(exposure)) * market
    return excess


def sharpe_per_period(returns: Floats) -> Floats:
    """Mean over sample deviation along the last axis; 0 where nothing varies."""
    deviation = np.std(returns, axis=-1, ddof=1)
    mean = np.mean(returns, axis=-1)
    # Rounding leaves deviations of some 1e-19 where nothing was traded.
    ratio: Floats = np.divide(mean, deviation, out=np.zeros_like(mean), where=deviation > 1e-15)
    return ratio
