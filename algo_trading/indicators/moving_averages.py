"""Simple and exponential moving averages."""

from algo_trading.domain.bars import Floats
from algo_trading.indicators.series import as_series, require_window


def sma(values: Floats, window: int) -> Floats:
    """Simple moving average: the mean of the last `window` values; NaN for the first window - 1.

    It depends on the values of the window alone, to the last bit, wherever the series begins.
    """
    from algo_trading.indicators.kernels import sma as compiled

    require_window(window)
    averages: Floats = compiled(as_series(values), window)
    return averages


def ema(values: Floats, window: int) -> Floats:
    """Exponential moving average with smoothing 2 / (window + 1), seeded with the SMA of the first `window` values.

    TA-Lib and backtrader seed it so.
    """
    from algo_trading.indicators.kernels import ema as compiled

    require_window(window)
    averages: Floats = compiled(as_series(values), window)
    return averages
