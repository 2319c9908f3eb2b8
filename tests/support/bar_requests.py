"""Requests of daily bars."""

from datetime import date

from algo_trading.domain.instrument import Instrument, Series
from algo_trading.domain.time import midnight
from algo_trading.gateways.market_data import BarRequest


def daily_request(instrument: Instrument, first: date | None, last: date) -> BarRequest:
    """The daily bars of the dates first..last."""
    return BarRequest(Series(instrument), midnight(first) if first else None, midnight(last))
