"""Daily bars, splits and dividends from Yahoo, through yfinance."""

from algo_trading.adapters.yahoo.market_data import YahooMarketData, build

__all__ = ["YahooMarketData", "build"]
