"""The API, version 1."""

from algo_trading.web.api import approvals, backtests, docs, market, people, tickers

ROUTERS = (docs.router, market.router, tickers.router, people.router, approvals.router, backtests.router)
