"""Requests and replies: limits, keys, signatures, parameters, errors."""

import hashlib
import hmac
from decimal import Decimal
from typing import Any

import pytest

from algo_trading.exchange.api import Reply, Request
from algo_trading.exchange.signing import Key
from exchange_world import NAME, SECRET, START, World

pytestmark = pytest.mark.unit

LIMIT = {"side": "BUY", "type": "LIMIT", "timeInForce": "GTC", "quantity": "0.01", "price": "60000"}
MARKET = {"side": "BUY", "type": "MARKET", "quantity": "0.01"}


def error(reply: Reply) -> tuple[int, int]:
    return reply.status, reply.body["code"]


@pytest.mark.parametrize(
    ("path", "parameters", "expected"),
    [
        ("/api/v3/klines", {"symbol": "BTCUSDT", "interval": "3h"}, (400, -1120)),
        ("/api/v3/klines", {"symbol": "BTCUSDT", "interval": "1m", "startTime": "x"}, (400, -1100)),
        ("/api/v3/klines", {"symbol": "BTCUSDT"}, (400, -1102)),
        ("/api/v3/klines", {"symbol": "NOPE", "interval": "1m"}, (400, -1121)),
        ("/api/v3/klines", {"symbol": "btcusdt", "interval": "1m"}, (400, -1100)),
        ("/api/v3/klines", {"symbol": "", "interval": "1m"}, (400, -1102)),
        ("/api/v3/klines", {"symbol": "BTCUSDT", "interval": "1m", "startTime": "9" * 20}, (400, -1108)),
        ("/api/v3/klines", {"symbol": "BTCUSDT", "interval": "1m", "timeZone": "+3"}, (400, -1130)),
        ("/api/v3/depth", {"symbol": "BTCUSDT", "limit": "0"}, (400, -1130)),
        ("/api/v3/depth", {"symbol": "BTCUSDT", "levels": "5"}, (400, -1104)),
        ("/api/v3/ticker/price", {"symbol": "BTCUSDT", "symbols": '["BTCUSDT"]'}, (400, -1128)),
        ("/api/v3/ticker/price", {"symbols": "BTCUSDT"}, (400, -1100)),
        ("/api/v3/ticker/price", {"symbols": '["BTCUSDT","BTCUSDT"]'}, (400, -1151)),
        ("/api/v3/ticker/24hr", {"symbol": "BTCUSDT", "type": "TINY"}, (400, -1139)),
        ("/api/v3/ticker", {"symbol": "BTCUSDT", "windowSize": "90m"}, (400, -1130)),
        ("/api/v3/ticker", {}, (400, -1102)),
        ("/api/v3/nothing", {}, (404, -1020)),
        ("/api/v3/order", {}, (401, -2014)),
    ],
)
def test_wrong_requests_have_the_exchanges_codes(
    path: str, parameters: dict[str, str], expected: tuple[int, int]
) -> None:
    assert error(World().ask("GET", path, **parameters)) == expected


def test_a_parameter_may_not_come_twice() -> None:
    reply = World().api.handle(Request("GET", "/api/v3/depth", "symbol=BTCUSDT&symbol=ETHUSDT"))
    assert error(reply) == (400, -1101)


def test_listen_keys_are_gone() -> None:
    assert World().ask("POST", "/api/v3/userDataStream").status == 410


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"side": "HOLD"}, -1117),
        ({"type": "MAYBE"}, -1116),
        ({"timeInForce": "SOON"}, -1115),
        ({"quantity": "abc"}, -1100),
        ({"quantity": "0.000000001"}, -1111),
        ({"quantity": None}, -1102),
        ({"price": None}, -1102),
        ({"price": "0"}, -1013),
        ({"stopPrice": "50000"}, -1106),
        ({"newClientOrderId": "with space"}, -1100),
        ({"newClientOrderId": "x" * 37}, -1100),
        ({"newClientOrderId": ""}, -1105),
        ({"strategyType": "7"}, -1134),
        ({"selfTradePreventionMode": "PLEASE"}, -1013),
        ({"icebergQty": "0.001", "timeInForce": "IOC"}, -1013),
        ({"newOrderRespType": "ALL"}, -1130),
        ({"surprise": "1"}, -1104),
        ({"price": "60000.001"}, -1013),
        ({"quantity": "0.000001"}, -1013),
        ({"price": "1"}, -1013),
        ({"quantity": "0.00005"}, -1013),
    ],
)
def test_wrong_orders_have_the_exchanges_codes(changes: dict[str, Any], expected: int) -> None:
    params = {name: value for name, value in {**LIMIT, **changes}.items() if value is not None}
    assert error(World().order(**params)) == (400, expected)


@pytest.mark.parametrize(
    ("changes", "filter_name"),
    [
        ({"price": "60000.001"}, "PRICE_FILTER"),
        ({"quantity": "0.000001"}, "LOT_SIZE"),
        ({"price": "1"}, "PERCENT_PRICE_BY_SIDE"),
        ({"quantity": "0.00005"}, "NOTIONAL"),
        ({"icebergQty": "0.0001", "quantity": "0.01"}, "ICEBERG_PARTS"),
    ],
)
def test_a_broken_filter_is_named(changes: dict[str, str], filter_name: str) -> None:
    assert World().order(**{**LIMIT, **changes}).body["msg"] == f"Filter failure: {filter_name}"


def test_of_some_coins_an_account_may_have_only_so_many() -> None:
    world = World(USDT="10000", INJ="19990")
    params = {"symbol": "INJUSDT", "side": "BUY", "type": "MARKET"}
    assert world.sign("POST", "/api/v3/order", **params, quantity="10").body["status"] == "FILLED"
    refused = world.sign("POST", "/api/v3/order", **params, quantity="10")
    assert refused.body == {"code": -1013, "msg": "Filter failure: MAX_POSITION"}


def test_a_market_order_has_a_quantity_or_a_value() -> None:
    both = World().order(side="BUY", type="MARKET", quantity="0.01", quoteOrderQty="100")
    neither = World().order(side="BUY", type="MARKET")
    assert error(both) == error(neither) == (400, -1102)
    assert error(World().order(**MARKET, timeInForce="GTC")) == (400, -1106)


def test_the_documented_example_of_a_signature() -> None:
    secret = "NhqPtmdSJYdKjVHjA7PZj4Mge3R5YNiP1e3UZjInClVN65XAbvqqM6A7H5fATj0j"  # noqa: S105 - of the documentation
    payload = (
        "symbol=LTCBTC&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=0.1&recvWindow=5000&timestamp=1499827319559"
    )
    signature = "c8db56825ae71d6d79447849e617115f4a920fa2acdcab2b053c4b2838bd6b71"
    key = Key("key", "me", secret)
    assert key.signed(payload, signature)
    assert key.signed(payload, signature.upper())
    assert not key.signed(payload + "0", signature)


def test_query_and_body_are_signed_together() -> None:
    world = World()
    query, body = "symbol=BTCUSDT&side=BUY&type=MARKET", f"quantity=0.01&timestamp={START}"
    signature = hmac.new(SECRET.encode(), (query + body).encode(), hashlib.sha256).hexdigest()
    params = Request("POST", "/api/v3/order", query, f"{body}&signature={signature}", NAME)
    assert world.api.handle(params).body["status"] == "FILLED"


def test_ed25519_signatures() -> None:
    from base64 import b64encode
    from urllib.parse import quote

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    world, private = World(), Ed25519PrivateKey.generate()
    pem = private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    world.api.keys.add(Key("pair", "me", pem))
    query = f"omitZeroBalances=true&timestamp={START}"
    signature = quote(b64encode(private.sign(query.encode())), safe="")
    good = world.api.handle(Request("GET", "/api/v3/account", f"{query}&signature={signature}", key="pair"))
    assert [held["asset"] for held in good.body["balances"]] == ["USDT"]
    bad = world.api.handle(
        Request("GET", "/api/v3/account", f"omitZeroBalances=false&timestamp={START}&signature={signature}", key="pair")
    )
    assert error(bad) == (400, -1022)
    garbage = world.api.handle(Request("GET", "/api/v3/account", f"{query}&signature=%21", key="pair"))
    assert error(garbage) == (400, -1022)


@pytest.mark.parametrize(
    ("key", "query", "expected"),
    [
        (None, "timestamp={now}", (401, -2014)),
        ("no such format!", "timestamp={now}", (401, -2014)),
        ("unknown", "timestamp={now}", (401, -2015)),
        (NAME, "", (400, -1102)),
        (NAME, "timestamp={now}", (400, -1102)),
        (NAME, "timestamp={now}&signature=00", (400, -1022)),
        (NAME, "timestamp={old}&signature=00", (400, -1021)),
        (NAME, "timestamp={early}&signature=00", (400, -1021)),
        (NAME, "timestamp={now}&recvWindow=60001&signature=00", (400, -1131)),
    ],
)
def test_who_signs_wrongly_is_refused(key: str | None, query: str, expected: tuple[int, int]) -> None:
    text = query.format(now=START, old=START - 5001, early=START + 1000)
    assert error(World().api.handle(Request("GET", "/api/v3/account", text, key=key))) == expected


def test_a_time_in_microseconds() -> None:
    world = World()
    assert world.sign("GET", "/api/v3/account", timestamp=START * 1000 + 999).status == 200
    assert error(world.sign("GET", "/api/v3/account", timestamp=(START - 5001) * 1000)) == (400, -1021)


def test_a_key_without_the_right_to_trade() -> None:
    world = World()
    world.api.keys.add(Key(NAME, "me", SECRET, may_trade=False))
    assert world.sign("GET", "/api/v3/account").status == 200
    assert error(world.order(**MARKET)) == (401, -2015)


def test_weight_is_counted_by_address_and_minute() -> None:
    world = World()
    world.ask("GET", "/api/v3/exchangeInfo")
    reply = world.ask("GET", "/api/v3/depth", symbol="BTCUSDT", limit=500)
    assert reply.headers["X-MBX-USED-WEIGHT-1M"] == "45"
    assert world.ask("GET", "/api/v3/ping", address="127.0.0.2").headers["X-MBX-USED-WEIGHT-1M"] == "1"
    world.wait(60)
    assert world.ask("GET", "/api/v3/ping").headers["X-MBX-USED-WEIGHT-1M"] == "1"


def test_an_order_that_succeeds_weighs_nothing_and_one_that_fails_does() -> None:
    world = World()
    assert world.order(**LIMIT).headers["X-MBX-USED-WEIGHT-1M"] == "0"
    assert world.order(**{**LIMIT, "price": "1"}).headers["X-MBX-USED-WEIGHT-1M"] == "1"


def test_over_the_limit_comes_429_and_then_a_ban_that_grows() -> None:
    world = World()
    world.wait(10)
    world.api.limits.weight_limit = 100
    replies = [world.ask("GET", "/api/v3/ticker/24hr") for _ in range(2)]
    assert [error(reply) if reply.status > 200 else 200 for reply in replies] == [200, (429, -1003)]
    assert replies[1].headers["Retry-After"] == "50"
    for _ in range(10):
        banned = world.ask("GET", "/api/v3/ping")
    assert error(banned) == (418, -1003)
    assert banned.headers["Retry-After"] == "120"
    world.wait(119)
    assert world.ask("GET", "/api/v3/ping").status == 418
    world.wait(2)
    assert world.ask("GET", "/api/v3/ping").status == 200
    for _ in range(12):
        again = world.ask("GET", "/api/v3/ticker/24hr")
    assert again.headers["Retry-After"] == "480"


def test_unfilled_orders_are_counted_and_limited() -> None:
    world = World(USDT="1000000")
    assert world.order(**MARKET).headers["X-MBX-ORDER-COUNT-10S"] == "0"
    assert world.order(**LIMIT).headers["X-MBX-ORDER-COUNT-10S"] == "1"
    world.api.limits.order_limits["10S"] = (10_000, 2)
    assert world.order(**LIMIT).headers["X-MBX-ORDER-COUNT-1D"] == "2"
    refused = world.order(**LIMIT)
    assert error(refused) == (429, -1015)
    assert "Retry-After" not in refused.headers
    assert [data["count"] for data in world.sign("GET", "/api/v3/rateLimit/order").body] == [2, 2]
    world.wait(10)
    assert world.order(**LIMIT).status == 200


def test_a_fill_by_the_market_lowers_the_count() -> None:
    world = World()
    world.order(**{**LIMIT, "price": str(world.near("0.999"))})
    while world.exchange.open_orders("me"):
        world.wait(60)
    world.wait(0)
    assert world.sign("GET", "/api/v3/rateLimit/order").body[1]["count"] == 0


@pytest.mark.parametrize("kind", ["ACK", "RESULT", "FULL"])
def test_replies_to_orders_come_in_three_sizes(kind: str) -> None:
    data = World().order(**MARKET, newOrderRespType=kind).body
    assert ("status" in data) == (kind != "ACK")
    assert ("fills" in data) == (kind == "FULL")


def test_an_order_by_its_number_or_by_its_name() -> None:
    world = World()
    placed = world.order(**LIMIT, newClientOrderId="mine").body
    by_name = world.sign("GET", "/api/v3/order", symbol="BTCUSDT", origClientOrderId="mine").body
    by_number = world.sign("GET", "/api/v3/order", symbol="BTCUSDT", orderId=placed["orderId"]).body
    assert by_name == by_number
    assert error(world.sign("GET", "/api/v3/order", symbol="BTCUSDT", orderId=99)) == (400, -2013)
    assert error(world.sign("GET", "/api/v3/order", symbol="BTCUSDT")) == (400, -1102)


def test_cancelling() -> None:
    world = World()
    world.order(**LIMIT, newClientOrderId="mine")
    data = world.sign(
        "DELETE", "/api/v3/order", symbol="BTCUSDT", origClientOrderId="mine", newClientOrderId="away"
    ).body
    assert (data["status"], data["origClientOrderId"], data["clientOrderId"]) == ("CANCELED", "mine", "away")
    again = world.sign("DELETE", "/api/v3/order", symbol="BTCUSDT", origClientOrderId="mine")
    assert error(again) == (400, -2011)
    assert world.account.free("USDT") == 10_000
    event = [event for event in world.events if event["e"] == "executionReport"][-1]
    assert (event["x"], event["c"], event["C"]) == ("CANCELED", "away", "mine")


def test_cancel_restrictions() -> None:
    world = World()
    world.order(**LIMIT, newClientOrderId="mine")
    params = {"symbol": "BTCUSDT", "origClientOrderId": "mine"}
    partly = world.sign("DELETE", "/api/v3/order", **params, cancelRestrictions="ONLY_PARTIALLY_FILLED")
    assert error(partly) == (400, -2011)
    assert error(world.sign("DELETE", "/api/v3/order", **params, cancelRestrictions="NO")) == (400, -1145)
    assert world.sign("DELETE", "/api/v3/order", **params, cancelRestrictions="ONLY_NEW").status == 200


def test_cancelling_everything_of_a_pair() -> None:
    world = World()
    for price in ("60000", "61000"):
        world.order(**{**LIMIT, "price": price})
    data = world.sign("DELETE", "/api/v3/openOrders", symbol="BTCUSDT").body
    assert [order["status"] for order in data] == ["CANCELED", "CANCELED"]
    assert error(world.sign("DELETE", "/api/v3/openOrders", symbol="BTCUSDT")) == (400, -2011)


REPLACE = {**LIMIT, "symbol": "BTCUSDT", "price": "61000"}


@pytest.mark.parametrize(
    ("changes", "expected", "results"),
    [
        ({}, (200, None), ("SUCCESS", "SUCCESS")),
        ({"cancelOrigClientOrderId": "other"}, (400, -2022), ("FAILURE", "NOT_ATTEMPTED")),
        (
            {"cancelOrigClientOrderId": "other", "cancelReplaceMode": "ALLOW_FAILURE"},
            (409, -2021),
            ("FAILURE", "SUCCESS"),
        ),
        ({"quantity": "5"}, (409, -2021), ("SUCCESS", "FAILURE")),
        (
            {"cancelOrigClientOrderId": "other", "cancelReplaceMode": "ALLOW_FAILURE", "quantity": "5"},
            (400, -2022),
            ("FAILURE", "FAILURE"),
        ),
    ],
)
def test_cancel_replace(changes: dict[str, str], expected: tuple[int, int | None], results: tuple[str, str]) -> None:
    world = World()
    world.order(**LIMIT, newClientOrderId="mine")
    params = {**REPLACE, "cancelReplaceMode": "STOP_ON_FAILURE", "cancelOrigClientOrderId": "mine", **changes}
    reply = world.sign("POST", "/api/v3/order/cancelReplace", **params)
    data = reply.body if reply.status == 200 else reply.body["data"]
    assert (reply.status, reply.body.get("code")) == expected
    assert (data["cancelResult"], data["newOrderResult"]) == results


def test_testing_an_order_places_nothing() -> None:
    world = World()
    assert world.sign("POST", "/api/v3/order/test", symbol="BTCUSDT", **MARKET).body == {}
    rates = world.sign("POST", "/api/v3/order/test", symbol="BTCUSDT", **MARKET, computeCommissionRates="true").body
    assert rates["standardCommissionForOrder"] == {"maker": "0.00100000", "taker": "0.00100000"}
    assert error(world.sign("POST", "/api/v3/order/test", symbol="BTCUSDT", **{**LIMIT, "price": "1"})) == (400, -1013)
    assert not world.exchange.orders["BTCUSDT"]


def test_trades_of_the_account() -> None:
    world = World()
    for _ in range(3):
        world.order(**MARKET)
        world.wait(10)
    ids = [trade["id"] for trade in world.sign("GET", "/api/v3/myTrades", symbol="BTCUSDT").body]
    assert ids == [1, 2, 3]

    def some(**params: object) -> list[int]:
        return [trade["id"] for trade in world.sign("GET", "/api/v3/myTrades", symbol="BTCUSDT", **params).body]

    assert some(fromId=2) == [2, 3]
    assert some(limit=1) == [3]
    assert some(fromId=1, limit=1) == [1]
    assert some(orderId=2) == [2]
    assert some(startTime=START + 5000, endTime=START + 15_000) == [2]
    wrong = world.sign("GET", "/api/v3/myTrades", symbol="BTCUSDT", fromId=1, startTime=START)
    assert error(wrong) == (400, -1128)
    long = world.sign("GET", "/api/v3/myTrades", symbol="BTCUSDT", startTime=START, endTime=START + 86_400_001)
    assert error(long) == (400, -1127)


OCO = {
    "symbol": "BTCUSDT",
    "side": "SELL",
    "quantity": "0.01",
    "aboveType": "LIMIT_MAKER",
    "abovePrice": "90000",
    "belowType": "STOP_LOSS_LIMIT",
    "belowPrice": "59000",
    "belowStopPrice": "60000",
    "belowTimeInForce": "GTC",
}


def test_a_list_of_two_orders_from_placing_to_cancelling() -> None:
    world = World(BTC="1")
    made = world.sign("POST", "/api/v3/orderList/oco", **OCO, listClientOrderId="both").body
    assert [report["type"] for report in made["orderReports"]] == ["LIMIT_MAKER", "STOP_LOSS_LIMIT"]
    number = made["orderListId"]
    assert world.sign("GET", "/api/v3/orderList", orderListId=number).body["listOrderStatus"] == "EXECUTING"
    assert len(world.sign("GET", "/api/v3/openOrderList").body) == 1
    assert len(world.sign("GET", "/api/v3/openOrders").body) == 2
    done = world.sign("DELETE", "/api/v3/orderList", symbol="BTCUSDT", listClientOrderId="both").body
    assert done["listOrderStatus"] == "ALL_DONE"
    assert {report["status"] for report in done["orderReports"]} == {"CANCELED"}
    assert world.sign("GET", "/api/v3/openOrderList").body == []
    assert len(world.sign("GET", "/api/v3/allOrderList").body) == 1
    missing = world.sign("GET", "/api/v3/orderList", orderListId=77)
    assert error(missing) == (400, -2018)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"belowStopPrice": "95000"}, -2010),
        ({"abovePrice": "60000"}, -2010),
        ({"aboveType": "STOP_LOSS", "aboveStopPrice": "90000", "abovePrice": None}, -1197),
        ({"belowType": "LIMIT_MAKER", "belowStopPrice": None, "belowTimeInForce": None}, -1168),
        ({"belowTimeInForce": None}, -1102),
        ({"aboveType": "MARKET"}, -1158),
        ({"quantity": "5"}, -2010),
        ({"quantity": "0.000001"}, -1013),
    ],
)
def test_lists_that_are_refused(changes: dict[str, str | None], code: int) -> None:
    world = World(BTC="1")
    params = {name: value for name, value in {**OCO, **changes}.items() if value is not None}
    assert error(world.sign("POST", "/api/v3/orderList/oco", **params)) == (400, code)
    assert world.account.free("BTC") == 1


def test_the_older_form_of_an_oco() -> None:
    world = World(BTC="1")
    params = {"symbol": "BTCUSDT", "side": "SELL", "quantity": "0.01", "price": "90000", "stopPrice": "60000"}
    made = world.sign("POST", "/api/v3/order/oco", **params, stopLimitPrice="59000", stopLimitTimeInForce="GTC")
    assert [report["type"] for report in made.body["orderReports"]] == ["LIMIT_MAKER", "STOP_LOSS_LIMIT"]


def test_the_account_and_what_its_key_may_do() -> None:
    world = World()
    account = world.sign("GET", "/api/v3/account").body
    assert account["commissionRates"]["taker"] == "0.00100000"
    assert {"asset": "USDT", "free": "10000.00000000", "locked": "0.00000000"} in account["balances"]
    assert world.sign("GET", "/sapi/v1/account/apiRestrictions").body["enableWithdrawals"] is False
    assert world.sign("POST", "/sapi/v1/bnbBurn", spotBNBBurn="true").body["spotBNBBurn"] is True
    assert world.account.pays_in_bnb
    world.account.may_trade = False
    assert error(world.order(**MARKET)) == (400, -2010)


def test_prevented_matches_can_be_queried() -> None:
    world = World(USDT="10000", BTC="1")
    bid = world.exchange.book("BTCUSDT").levels("BUY", 1)[0].price
    price = str(Decimal(bid + 1) / 100)
    world.order(**{**LIMIT, "price": price})
    taker = world.order(**{**LIMIT, "side": "SELL", "price": price}).body
    assert taker["preventedMatches"][0]["makerPreventedQuantity"] == "0.01000000"
    data = world.sign("GET", "/api/v3/myPreventedMatches", symbol="BTCUSDT", orderId=taker["orderId"]).body
    assert [match["selfTradePreventionMode"] for match in data] == ["EXPIRE_MAKER"]
    assert world.sign("GET", "/api/v3/order", symbol="BTCUSDT", orderId=1).body["status"] == "EXPIRED_IN_MATCH"
