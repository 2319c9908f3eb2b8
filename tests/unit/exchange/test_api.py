"""Requests and replies: limits, keys, signatures, parameters, errors."""

import hashlib
import hmac
from typing import Any

import pytest

from algo_trading.exchange.api import Reply, Request
from algo_trading.exchange.signing import Key
from support.exchange_world import NAME, SECRET, START, World

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
