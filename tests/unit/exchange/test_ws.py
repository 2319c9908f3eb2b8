"""The websocket API and the streams, without a socket."""

import json
from base64 import b64encode
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from algo_trading.exchange.signing import Key
from algo_trading.exchange.streams import BadStreamError, Listener
from algo_trading.exchange.ws_api import Session
from support.exchange_world import START, World, signed_frame

pytestmark = pytest.mark.unit

ON, OFF = True, False


def send(session: Session, frame: str) -> dict[str, Any]:
    return session.handle(frame).frame


def test_public_requests_carry_the_limits() -> None:
    session = Session(World().api, "127.0.0.1")
    data = send(session, json.dumps({"id": "a", "method": "klines", "params": {"symbol": "BTCUSDT", "interval": "1h"}}))
    assert (data["id"], data["status"], len(data["result"])) == ("a", 200, 500)
    assert data["rateLimits"] == [
        {"rateLimitType": "REQUEST_WEIGHT", "interval": "MINUTE", "intervalNum": 1, "limit": 6000, "count": 2}
    ]
    bare = send(session, json.dumps({"id": 1, "method": "v3/time", "params": {"returnRateLimits": False}}))
    assert bare == {"id": 1, "status": 200, "result": {"serverTime": START}}
    assert "rateLimits" not in send(Session(World().api, "", with_limits=False), '{"id": 1, "method": "ping"}')


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        ("{", -1135),
        ("[]", -1135),
        ('{"id": 1, "method": "ping", "params": [1]}', -1135),
        ('{"id": 1, "method": "dance"}', -1130),
        ('{"id": 1, "method": "depth", "params": {"symbol": "NOPE"}}', -1121),
        ('{"id": 1, "method": "account.status"}', -2014),
        ('{"id": 1, "method": "userDataStream.subscribe"}', -1002),
    ],
)
def test_wrong_frames(frame: str, code: int) -> None:
    assert send(Session(World().api, "127.0.0.1"), frame)["error"]["code"] == code


def test_orders_and_their_events() -> None:
    world = World()
    session = Session(world.api, "127.0.0.1")
    frames: list[dict[str, Any]] = []
    world.exchange.listeners.append(lambda account, event: frames.extend(session.events(account, event)))
    order = {"symbol": "BTCUSDT", "side": "BUY", "type": "MARKET", "quantity": "0.01"}
    assert send(session, signed_frame("order.place", 1, START, **order))["result"]["status"] == "FILLED"
    assert frames == []
    data = send(session, signed_frame("userDataStream.subscribe.signature", 2, START))
    assert data["result"] == {"subscriptionId": 0}
    again = send(session, signed_frame("userDataStream.subscribe.signature", 3, START))
    assert again["error"]["code"] == -2035
    send(session, signed_frame("order.place", 4, START, **order))
    assert [(frame["subscriptionId"], frame["event"]["e"]) for frame in frames] == [
        (0, "executionReport"),
        (0, "outboundAccountPosition"),
        (0, "executionReport"),
        (0, "outboundAccountPosition"),
    ]
    assert [frame["event"].get("x") for frame in frames[::2]] == ["NEW", "TRADE"]
    assert send(session, '{"id": 5, "method": "session.subscriptions"}')["result"] == [{"subscriptionId": 0}]
    send(session, '{"id": 6, "method": "userDataStream.unsubscribe", "params": {"subscriptionId": 0}}')
    send(session, signed_frame("order.place", 7, START, **order))
    assert len(frames) == 4


def test_a_wrong_signature_and_an_old_request() -> None:
    session = Session(World().api, "127.0.0.1")
    frame = json.loads(signed_frame("account.status", 1, START))
    frame["params"]["signature"] = "0" * 64
    assert send(session, json.dumps(frame))["error"]["code"] == -1022
    assert send(session, signed_frame("account.status", 1, START - 5001))["error"]["code"] == -1021


def test_logging_on_needs_a_key_pair_and_then_no_signature() -> None:
    world = World()
    session = Session(world.api, "127.0.0.1")
    assert send(session, signed_frame("session.logon", 1, START))["error"]["code"] == -4056
    private = Ed25519PrivateKey.generate()
    pem = private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    world.api.keys.add(Key("pair", "me", pem))
    signature = b64encode(private.sign(f"apiKey=pair&timestamp={START}".encode())).decode()
    params = {"apiKey": "pair", "timestamp": START, "signature": signature}
    data = send(session, json.dumps({"id": 1, "method": "session.logon", "params": params}))["result"]
    assert (data["apiKey"], data["authorizedSince"], data["userDataStream"]) == ("pair", START, False)
    account = send(session, json.dumps({"id": 2, "method": "account.status", "params": {"timestamp": START}}))
    assert account["result"]["accountType"] == "SPOT"
    assert send(session, '{"id": 3, "method": "userDataStream.subscribe"}')["result"] == {"subscriptionId": 0}
    assert send(session, '{"id": 4, "method": "session.status"}')["result"]["userDataStream"] is True
    assert send(session, '{"id": 5, "method": "session.logout"}')["result"]["apiKey"] is None
    assert send(session, '{"id": 6, "method": "userDataStream.subscribe"}')["status"] == 401


def test_a_ban_has_its_end() -> None:
    world = World()
    world.api.limits.ban("127.0.0.1", START)
    data = send(Session(world.api, "127.0.0.1"), '{"id": 1, "method": "ping"}')
    assert data["status"] == 418
    assert data["error"]["data"] == {"serverTime": START, "retryAfter": START + 120_000}


def listener(world: World, *names: str, combined: bool = False) -> Listener:
    return Listener(world.exchange, names, combined=combined)


def test_every_trade_is_sent_once_however_often_one_polls() -> None:
    world = World()
    whole, parts = listener(world, "btcusdt@trade"), listener(world, "btcusdt@trade")
    data = []
    for seconds in (1, 7, 0, 30, 82):
        world.wait(seconds)
        data += parts.poll()
    assert data == whole.poll()
    assert [frame["t"] for frame in data] == list(range(data[0]["t"], data[0]["t"] + len(data)))
    assert len(data) == pytest.approx(24, abs=2)


def test_each_candle_closes_once_as_rest_has_it() -> None:
    world = World()
    feed = listener(world, "btcusdt@kline_1m")
    frames = []
    for _ in range(60):
        world.wait(7)
        frames += feed.poll()
    closed = [frame["k"] for frame in frames if frame["k"]["x"]]
    assert [data["t"] for data in closed] == [START + minute * 60_000 for minute in range(7)]
    rest = world.ask("GET", "/api/v3/klines", symbol="BTCUSDT", interval="1m", startTime=START, limit=7).body
    assert [[data[name] for name in "tohlcvTqnVQ"] for data in closed] == [row[:11] for row in rest]
    assert all(data["L"] - data["f"] + 1 == data["n"] for data in closed)
    running = [frame["k"] for frame in frames if not frame["k"]["x"]]
    assert len(running) > 20


def test_a_jump_of_the_clock_closes_every_candle_in_between() -> None:
    world = World()
    feed = listener(world, "ethusdt@kline_5m", "ethusdt@kline_1h", combined=True)
    world.wait(7200)
    frames = feed.poll()
    closed = [frame["stream"] for frame in frames if frame["data"]["k"]["x"]]
    assert (closed.count("ethusdt@kline_5m"), closed.count("ethusdt@kline_1h")) == (24, 2)


def test_missing_candles_are_not_sent() -> None:
    world = World()
    feed = listener(world, "btcusdt@kline_1m", "btcusdt@trade")
    world.exchange.books["BTCUSDT"].tape.skip(START + 60_000, START + 180_000)
    world.wait(240)
    frames = feed.poll()
    assert [frame["k"]["t"] - START for frame in frames if frame["e"] == "kline" and frame["k"]["x"]] == [0, 180_000]
    assert not [frame for frame in frames if frame["e"] == "trade" and START + 60_000 <= frame["T"] < START + 180_000]


@pytest.mark.parametrize(
    ("name", "count"),
    [
        ("btcusdt@bookTicker", 12),
        ("btcusdt@miniTicker", 12),
        ("btcusdt@ticker", 12),
        ("btcusdt@avgPrice", 12),
        ("btcusdt@depth5", 12),
        ("btcusdt@depth20@100ms", 12),
        ("btcusdt@aggTrade", 12),
        ("!miniTicker@arr", 54),
    ],
)
def test_streams_send_what_changed(name: str, count: int) -> None:
    world = World()
    feed = listener(world, name)
    frames = []
    for _ in range(60):
        world.wait(1)
        frames += feed.poll()
    assert count - 3 <= len(frames) <= count + 3
    world.exchange.set_status("BTCUSDT", "HALT")
    world.wait(5)
    if name.startswith("btc"):
        assert feed.poll() == []


def test_subscribing_while_connected() -> None:
    world = World()
    feed = listener(world, combined=True)

    def ask(method: str, *params: object) -> dict[str, Any]:
        return feed.handle(json.dumps({"id": 9, "method": method, "params": list(params)}))

    assert ask("SUBSCRIBE", "btcusdt@trade", "ethusdt@kline_1h") == {"result": None, "id": 9}
    assert ask("UNSUBSCRIBE", "ethusdt@kline_1h") == {"result": None, "id": 9}
    assert ask("LIST_SUBSCRIPTIONS") == {"result": ["btcusdt@trade"], "id": 9}
    assert ask("GET_PROPERTY", "combined")["result"] is True
    assert ask("SET_PROPERTY", "combined", OFF)["result"] is None
    world.wait(30)
    assert feed.poll()[0]["e"] == "trade"
    assert ask("SUBSCRIBE", "btcusdt@dance")["code"] == 2
    assert ask("SUBSCRIBE", *(f"btcusdt@trade{number}" for number in range(3)))["code"] == 2
    assert ask("SET_PROPERTY", "combined", "yes")["code"] == 1
    assert ask("SET_PROPERTY", "colour", ON)["code"] == 0
    assert ask("JUMP")["code"] == 2
    assert feed.handle("{")["code"] == 3
    assert feed.handle("{}")["code"] == 2


@pytest.mark.parametrize("name", ["btcusdt@kline_3h", "BTCUSDT@trade", "nope@trade", "btcusdt@depth7", "btcusdt"])
def test_streams_that_do_not_exist(name: str) -> None:
    with pytest.raises(BadStreamError):
        listener(World(), name)


def test_the_end_is_announced_in_each_form() -> None:
    world = World()
    data = {"e": "serverShutdown", "E": START}
    assert listener(world).shutdown() == data
    assert listener(world, combined=True).shutdown() == {"stream": "!serverShutdown", "data": data}
    assert Session(world.api, "").shutdown() == {"event": data}
