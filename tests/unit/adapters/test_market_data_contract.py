"""The sources that need no server."""

from collections.abc import Callable
from datetime import date

import pytest

from algo_trading.adapters.sample import SampleMarketData
from algo_trading.domain.corporate_actions import ActionKind, CorporateAction
from algo_trading.domain.instrument import Instrument
from algo_trading.gateways.market_data import BarRequest, MarketData
from contracts.market_data import MarketDataContract
from fakes.market_data import FakeMarketData
from support.bar_requests import daily_request

pytestmark = pytest.mark.unit
AAPL = Instrument("AAPL")


class TestSample(MarketDataContract):
    @pytest.fixture
    def open_source(self) -> Callable[[], MarketData]:
        return SampleMarketData

    @pytest.fixture
    def served(self) -> BarRequest:
        return daily_request(AAPL, date(2005, 2, 24), date(2005, 3, 4))  # a split on 02-28

    @pytest.fixture
    def unknown(self) -> Instrument:
        return Instrument("NOPE")


class TestFake(MarketDataContract):
    @pytest.fixture
    def open_source(self) -> Callable[[], MarketData]:
        rows = [(f"2013-01-{day:02}", "10", "12", "9", "11", "100") for day in (2, 3, 4, 7, 8)]
        split = CorporateAction(AAPL, date(2013, 1, 4), ActionKind.SPLIT, 2.0)
        return lambda: FakeMarketData({"AAPL": rows}, [split])

    @pytest.fixture
    def served(self) -> BarRequest:
        return daily_request(AAPL, date(2013, 1, 3), date(2013, 1, 7))

    @pytest.fixture
    def unknown(self) -> Instrument:
        return Instrument("NOPE")
