"""Technical indicators: arrays in, arrays of the same length out, NaN until an indicator has enough bars.

Each takes contiguous float64 arrays of one instrument in ascending time and never looks ahead.
"""

from algo_trading.indicators.moving_averages import ema, sma
from algo_trading.indicators.oscillators import macd, rsi

__all__ = ["ema", "macd", "rsi", "sma"]
