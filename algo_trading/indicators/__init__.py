"""Technical indicators: arrays in, arrays of the same length out, NaN until an indicator has enough bars.

Each takes the values of one instrument in ascending time and never looks ahead. Leading NaN are skipped. A later NaN
makes NaN of every SMA whose window holds it, and of an EMA, RSI or MACD from there on: they remember all that was.
"""

from algo_trading.indicators.extremes import highest, lowest
from algo_trading.indicators.memory import ema_memory, macd_memory, rsi_memory
from algo_trading.indicators.moving_averages import ema, sma
from algo_trading.indicators.oscillators import macd, rsi

__all__ = ["ema", "ema_memory", "highest", "lowest", "macd", "macd_memory", "rsi", "rsi_memory", "sma"]
