"""exchangeInfo as trading rules: the exchange's reply of 2020, and today's form."""

import json
from decimal import Decimal
from typing import Any

import pytest

from algo_trading.adapters.binance.rules import rules_of
from algo_trading.domain.instrument import Instrument
from algo_trading.errors import SourceError
from algo_trading.exchange import coins
from support.shared_data import SHARED_DATA, needs_shared_data

pytestmark = pytest.mark.unit


@needs_shared_data
def test_the_pairs_of_october_2020() -> None:
    recorded = SHARED_DATA / "crypto" / "exchange_info" / "exchangeInfo_2020-10-09.json"
    info = json.loads(recorded.read_text())
    rules = {one.instrument.symbol: one for one in rules_of(info, "BINANCE", "Binance")}
    assert len(rules) == len(info["symbols"]) > 1000
    eth, doge = rules["ETHUSDT"], rules["DOGEUSDT"]
    assert (eth.lot, eth.min_quantity, eth.min_notional) == (Decimal("0.00001"), Decimal("0.00001"), Decimal(10))
    assert (doge.lot, doge.min_notional, doge.base, doge.quote) == (Decimal(1), Decimal(10), "DOGE", "USDT")
    assert eth.trading
    assert "MARKET" in eth.order_types
    assert not rules["VENUSDT"].trading  # BREAK: renamed long before
    assert {one.instrument.venue for one in rules.values()} == {"BINANCE"}


def test_todays_form() -> None:
    pair = next(pair for pair in coins.pairs() if pair.symbol == "DOGEUSDT")
    (one,) = rules_of({"symbols": [pair.described("HALT")]}, "DEMO", "Binance")
    assert one.instrument == Instrument("DOGEUSDT", "DEMO")
    assert (one.base, one.quote, one.status, one.trading) == ("DOGE", "USDT", "HALT", False)
    assert (one.tick, one.lot) == (pair.tick, pair.lot)
    assert one.market_max_quantity == pair.lot * 18_000_000
    assert one.market_lot == 0
    assert one.notional_for_market
    assert one.max_notional == 9_000_000
    assert str(one.max_notional) == "9000000"


def test_a_pair_without_filters_has_no_bounds() -> None:
    bare: dict[str, Any] = {
        "symbol": "ABUSDT", "status": "TRADING", "baseAsset": "AB", "quoteAsset": "USDT", "orderTypes": [],
        "filters": [],
    }  # fmt: skip
    (one,) = rules_of({"symbols": [bare]}, "BINANCE", "Binance")
    assert one.tick == one.lot == one.min_notional == one.market_max_quantity == 0
    assert not one.notional_for_market


@pytest.mark.parametrize("info", [None, [], {}, {"symbols": [1]}, {"symbols": [{"symbol": "A"}]}])
def test_anything_else_is_an_error_of_the_source(info: object) -> None:
    with pytest.raises(SourceError, match="something else than its pairs"):
        rules_of(info, "BINANCE", "Binance")
