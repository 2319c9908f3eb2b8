"""Momentum indicators."""

from algo_trading.domain.bars import Floats
from algo_trading.indicators.moving_averages import ema
from algo_trading.indicators.series import as_series, require_window


def rsi(values: Floats, window: int) -> Floats:
    """Relative strength index in 0..100 (Wilder, New Concepts in Technical Trading Systems, 1978).

    Gains and losses are averaged over the first `window` changes, then smoothed with 1 / window. NaN for the first
    `window` values; 50 where there was neither gain nor loss.
    """
    from algo_trading.indicators import kernels

    require_window(window)
    strength: Floats = kernels.rsi(as_series(values), window)
    return strength


def macd(values: Floats, fast: int = 12, slow: int = 26, signal: int = 9) -> tuple[Floats, Floats]:
    """MACD line (EMA fast - EMA slow) and its signal line (EMA of the line), as Appel defined them.

    Each EMA is seeded on its own, as backtrader does; TA-Lib's start values differ during the warm-up.
    """
    line = ema(values, fast) - ema(values, slow)
    return line, ema(line, signal)
