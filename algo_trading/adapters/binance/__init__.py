"""Binance Spot over REST, through python-binance: candles of any interval, and the rules of its pairs."""

from algo_trading.adapters.binance.config import BinanceConfig
from algo_trading.adapters.binance.market_data import BinanceMarketData, build, plugin

__all__ = ["BinanceConfig", "BinanceMarketData", "build", "plugin"]
