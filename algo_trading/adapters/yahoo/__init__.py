"""Daily bars, splits and dividends from Yahoo, through yfinance."""

from algo_trading.adapters.yahoo.config import YahooConfig
from algo_trading.adapters.yahoo.market_data import YahooMarketData, build, plugin

__all__ = ["YahooConfig", "YahooMarketData", "build", "plugin"]
