"""Replies and events have the fields and types of the documentation, and those of recorded replies."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from algo_trading.exchange.streams import Listener
from support.exchange_world import World
from support.shared_data import SHARED_DATA, needs_shared_data

pytestmark = pytest.mark.unit

CRYPTO = SHARED_DATA / "crypto"
AMOUNT = re.compile(r"-?\d+\.\d{8}")
MARKET = {"side": "BUY", "type": "MARKET", "quantity": "0.01"}

# Fields that the documentation gives each, and of what kind: a = amount as text with eight decimals, s = text,
# i = whole number, b = true or false, n = null or text, l = list.
PLACED = {
    "symbol": "s", "orderId": "i", "orderListId": "i", "clientOrderId": "s", "transactTime": "i", "price": "a",
    "origQty": "a", "executedQty": "a", "origQuoteOrderQty": "a", "cummulativeQuoteQty": "a", "status": "s",
    "timeInForce": "s", "type": "s", "side": "s", "workingTime": "i", "selfTradePreventionMode": "s", "fills": "l",
}  # fmt: skip
FILL = {"price": "a", "qty": "a", "commission": "a", "commissionAsset": "s", "tradeId": "i"}
QUERIED = {
    "symbol": "s", "orderId": "i", "orderListId": "i", "clientOrderId": "s", "price": "a", "origQty": "a",
    "executedQty": "a", "cummulativeQuoteQty": "a", "status": "s", "timeInForce": "s", "type": "s", "side": "s",
    "stopPrice": "a", "icebergQty": "a", "time": "i", "updateTime": "i", "isWorking": "b", "workingTime": "i",
    "origQuoteOrderQty": "a", "selfTradePreventionMode": "s",
}  # fmt: skip
CANCELLED = {
    "symbol": "s", "origClientOrderId": "s", "orderId": "i", "orderListId": "i", "clientOrderId": "s",
    "transactTime": "i", "price": "a", "origQty": "a", "executedQty": "a", "origQuoteOrderQty": "a",
    "cummulativeQuoteQty": "a", "status": "s", "timeInForce": "s", "type": "s", "side": "s",
    "selfTradePreventionMode": "s",
}  # fmt: skip
TRADED = {
    "symbol": "s", "id": "i", "orderId": "i", "orderListId": "i", "price": "a", "qty": "a", "quoteQty": "a",
    "commission": "a", "commissionAsset": "s", "time": "i", "isBuyer": "b", "isMaker": "b", "isBestMatch": "b",
}  # fmt: skip
LISTED = {
    "orderListId": "i", "contingencyType": "s", "listStatusType": "s", "listOrderStatus": "s", "listClientOrderId": "s",
    "transactionTime": "i", "symbol": "s", "orders": "l", "orderReports": "l",
}  # fmt: skip
EXECUTION = {
    "e": "s", "E": "i", "s": "s", "c": "s", "S": "s", "o": "s", "f": "s", "q": "a", "p": "a", "P": "a", "F": "a",
    "g": "i", "C": "s", "x": "s", "X": "s", "r": "s", "i": "i", "l": "a", "z": "a", "L": "a", "n": "s", "N": "n",
    "T": "i", "t": "i", "I": "i", "w": "b", "m": "b", "M": "b", "O": "i", "Z": "a", "Y": "a", "Q": "a", "W": "i",
    "V": "s",
}  # fmt: skip
POSITION = {"e": "s", "E": "i", "u": "i", "B": "l"}
LIST_STATUS = {
    "e": "s", "E": "i", "s": "s", "g": "i", "c": "s", "l": "s", "L": "s", "r": "s", "C": "s", "T": "i", "O": "l",
}  # fmt: skip
ACCOUNT = {
    "makerCommission": "i", "takerCommission": "i", "buyerCommission": "i", "sellerCommission": "i",
    "commissionRates": "o", "canTrade": "b", "canWithdraw": "b", "canDeposit": "b", "brokered": "b",
    "requireSelfTradePrevention": "b", "preventSor": "b", "updateTime": "i", "accountType": "s", "balances": "l",
    "permissions": "l", "uid": "i",
}  # fmt: skip
STREAMS = {
    "btcusdt@trade": {
        "e": "s", "E": "i", "s": "s", "t": "i", "p": "a", "q": "a", "T": "i", "m": "b", "M": "b",
    },
    "btcusdt@aggTrade": {
        "e": "s", "E": "i", "s": "s", "a": "i", "p": "a", "q": "a", "f": "i", "l": "i", "T": "i", "m": "b", "M": "b",
    },
    "btcusdt@bookTicker": {"u": "i", "s": "s", "b": "a", "B": "a", "a": "a", "A": "a"},
    "btcusdt@miniTicker": {
        "e": "s", "E": "i", "s": "s", "c": "a", "o": "a", "h": "a", "l": "a", "v": "a", "q": "a",
    },
    "btcusdt@ticker": {
        "e": "s", "E": "i", "s": "s", "p": "a", "P": "s", "w": "a", "x": "a", "c": "a", "Q": "a", "b": "a", "B": "a",
        "a": "a", "A": "a", "o": "a", "h": "a", "l": "a", "v": "a", "q": "a", "O": "i", "C": "i", "F": "i", "L": "i",
        "n": "i",
    },
    "btcusdt@avgPrice": {"e": "s", "E": "i", "s": "s", "i": "s", "w": "a", "T": "i"},
    "btcusdt@depth5": {"lastUpdateId": "i", "bids": "l", "asks": "l"},
}  # fmt: skip


def kind(value: object) -> str:
    """The kind of a value, as above."""
    if isinstance(value, str):
        return "a" if AMOUNT.fullmatch(value) else "s"
    if value is None:
        return "n"
    return {bool: "b", int: "i", list: "l", dict: "o"}[type(value)]


def check_shape(data: Mapping[str, Any], expected: Mapping[str, str]) -> None:
    assert data.keys() == expected.keys()
    for name, value in data.items():
        allowed = {"s": "sa", "n": "nsa"}.get(expected[name], expected[name])
        assert kind(value) in allowed, (name, value)


def test_orders() -> None:
    world = World(USDT="10000", BTC="1")
    placed = world.order(**MARKET).body
    check_shape(placed, PLACED)
    check_shape(placed["fills"][0], FILL)
    check_shape(world.sign("GET", "/api/v3/order", symbol="BTCUSDT", orderId=1).body, QUERIED)
    check_shape(world.sign("GET", "/api/v3/myTrades", symbol="BTCUSDT").body[0], TRADED)
    price = str(world.near("0.9"))
    world.order(side="BUY", type="LIMIT", timeInForce="GTC", quantity="0.01", price=price)
    check_shape(world.sign("GET", "/api/v3/openOrders").body[0], QUERIED)
    check_shape(world.sign("DELETE", "/api/v3/order", symbol="BTCUSDT", orderId=2).body, CANCELLED)
    check_shape(world.sign("GET", "/api/v3/account").body, ACCOUNT)


def test_order_lists() -> None:
    world = World(BTC="1")
    made = world.sign(
        "POST",
        "/api/v3/orderList/oco",
        symbol="BTCUSDT",
        side="SELL",
        quantity="0.01",
        aboveType="LIMIT_MAKER",
        abovePrice=world.near("1.1"),
        belowType="STOP_LOSS",
        belowStopPrice=world.near("0.9"),
    ).body
    check_shape(made, LISTED)
    stop = next(report for report in made["orderReports"] if report["type"] == "STOP_LOSS")
    check_shape(stop, {**{name: kind for name, kind in PLACED.items() if name != "fills"}, "stopPrice": "a"})
    assert stop["workingTime"] == -1


def test_user_events() -> None:
    world = World(USDT="10000", BTC="1")
    world.order(**MARKET)
    price, stop = world.near("1.1"), world.near("0.9")
    world.sign("POST", "/api/v3/order/oco", symbol="BTCUSDT", side="SELL", quantity="0.01", price=price, stopPrice=stop)
    shapes = {"executionReport": EXECUTION, "outboundAccountPosition": POSITION, "listStatus": LIST_STATUS}
    for event in world.events:
        expected = shapes[event["e"]]
        is_waiting_stop = event.get("o") == "STOP_LOSS"
        check_shape(event, {name: kind for name, kind in expected.items() if not (is_waiting_stop and name == "W")})
    assert {event["e"] for event in world.events} == shapes.keys()


@pytest.mark.parametrize("name", STREAMS)
def test_streams(name: str) -> None:
    world = World()
    feed = Listener(world.exchange, [name], combined=False)
    world.wait(20)
    check_shape(feed.poll()[0], STREAMS[name])


def reference(*parts: str) -> Any:
    return json.loads(Path(CRYPTO, *parts).read_text())


@needs_shared_data
@pytest.mark.parametrize("name", ["klines_1m_500_2024-11-16.json", "http_spot_market_klines.json"])
def test_klines_have_the_shape_of_recorded_ones(name: str) -> None:
    recorded = reference("rest_klines", name)[0]
    data = World().ask("GET", "/api/v3/klines", symbol="BTCUSDT", interval="1m", limit=1).body[0]
    assert [kind(cell) for cell in data] == [kind(cell) for cell in recorded]


@needs_shared_data
def test_day_tickers_have_the_shape_of_recorded_ones() -> None:
    recorded = reference("exchange_info", "ticker24hr_2020-10-09.json")[0]
    data = World().ask("GET", "/api/v3/ticker/24hr").body[0]
    assert {name: kind(value) for name, value in data.items()} == {
        name: kind(value) for name, value in recorded.items()
    }


@needs_shared_data
def test_exchange_info_has_what_recorded_ones_have() -> None:
    recorded = reference("exchange_info", "exchangeInfo_2020-10-09.json")
    data = World().ask("GET", "/api/v3/exchangeInfo").body
    assert data.keys() == recorded.keys()
    pair, recorded_pair = data["symbols"][0], recorded["symbols"][0]
    assert pair.keys() >= recorded_pair.keys()
    for name, value in recorded_pair.items():
        assert kind(pair[name]) == kind(value)
    filters = {rule["filterType"]: rule for rule in pair["filters"]}
    for rule in recorded_pair["filters"]:
        if rule["filterType"] in filters:
            own = filters[rule["filterType"]]
            assert {name: kind(value) for name, value in own.items()} == {
                name: kind(value) for name, value in rule.items()
            }
    limits = {tuple(limit) for limit in data["rateLimits"]}
    assert limits == {tuple(limit) for limit in recorded["rateLimits"]}


@needs_shared_data
@pytest.mark.parametrize("name", ["kline_stream_open", "kline_stream_closed", "trade_stream"])
def test_frames_have_the_fields_of_recorded_ones(name: str) -> None:
    recorded = reference("ws_frames", f"{name}.json")
    world = World()
    stream = "btcusdt@trade" if name == "trade_stream" else "btcusdt@kline_1m"
    feed = Listener(world.exchange, [stream], combined=False)
    world.wait(70)
    data = feed.poll()[0 if name != "kline_stream_open" else -1]
    assert data.keys() >= recorded.keys()
    if "k" in recorded:
        assert data["k"].keys() == recorded["k"].keys()
        assert data["k"]["x"] is recorded["k"]["x"]
        assert list(map(type, data["k"].values())) == list(map(type, recorded["k"].values()))
