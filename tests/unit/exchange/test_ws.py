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
from exchange_world import START, World, signed_frame

pytestmark = pytest.mark.unit

ON, OFF = True, False


def asked(session: Session, frame: str) -> dict[str, Any]:
    return session.handle(frame).frame


def test_public_requests_carry_the_limits() -> None:
    session = Session(World().api, "127.0.0.1")
    told = asked(
        session, json.dumps({"id": "a", "method": "klines", "params": {"symbol": "BTCUSDT", "interval": "1h"}})
    )
    assert (told["id"], told["status"], len(told["result"])) == ("a", 200, 500)
    assert told["rateLimits"] == [
        {"rateLimitType": "REQUEST_WEIGHT", "interval": "MINUTE", "intervalNum": 1, "limit": 6000, "count": 2}
    ]
    bare = asked(session, json.dumps({"id": 1, "method": "v3/time", "params": {"returnRateLimits": False}}))
    assert bare == {"id": 1, "status": 200, "result": {"serverTime": START}}
    assert "rateLimits" not in asked(Session(World().api, "", with_limits=False), '{"id": 1, "method": "ping"}')


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
    assert asked(Session(World().api, "127.0.0.1"), frame)["error"]["code"] == code


def test_orders_and_their_events() -> None:
    world = World()
    session = Session(world.api, "127.0.0.1")
    frames: list[dict[str, Any]] = []
    world.exchange.listeners.append(lambda account, event: frames.extend(session.events(account, event)))
    order = {"symbol": "BTCUSDT", "side": "BUY", "type": "MARKET", "quantity": "0.01"}
    assert asked(session, signed_frame("order.place", 1, START, **order))["result"]["status"] == "FILLED"
    assert frames == []
    told = asked(session, signed_frame("userDataStream.subscribe.signature", 2, START))
    assert told["result"] == {"subscriptionId": 0}
    again = asked(session, signed_frame("userDataStream.subscribe.signature", 3, START))
    assert again["error"]["code"] == -2035
    asked(session, signed_frame("order.place", 4, START, **order))
    assert [(frame["subscriptionId"], frame["event"]["e"]) for frame in frames] == [
        (0, "executionReport"),
        (0, "outboundAccountPosition"),
        (0, "executionReport"),
        (0, "outboundAccountPosition"),
    ]
    assert [frame["event"].get("x") for frame in frames[::2]] == ["NEW", "TRADE"]
    assert asked(session, '{"id": 5, "method": "session.subscriptions"}')["result"] == [{"subscriptionId": 0}]
    asked(session, '{"id": 6, "method": "userDataStream.unsubscribe", "params": {"subscriptionId": 0}}')
    asked(session, signed_frame("order.place", 7, START, **order))
    assert len(frames) == 4


def test_a_wrong_signature_and_an_old_request() -> None:
    session = Session(World().api, "127.0.0.1")
    frame = json.loads(signed_frame("account.status", 1, START))
    frame["params"]["signature"] = "0" * 64
    assert asked(session, json.dumps(frame))["error"]["code"] == -1022
    assert asked(session, signed_frame("account.status", 1, START - 5001))["error"]["code"] == -1021


def test_logging_on_needs_a_key_pair_and_then_no_signature() -> None:
    world = World()
    session = Session(world.api, "127.0.0.1")
    assert asked(session, signed_frame("session.logon", 1, START))["error"]["code"] == -4056
    private = Ed25519PrivateKey.generate()
    pem = private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    world.api.keys.add(Key("pair", "me", pem))
    signature = b64encode(private.sign(f"apiKey=pair&timestamp={START}".encode())).decode()
    params = {"apiKey": "pair", "timestamp": START, "signature": signature}
    told = asked(session, json.dumps({"id": 1, "method": "session.logon", "params": params}))["result"]
    assert (told["apiKey"], told["authorizedSince"], told["userDataStream"]) == ("pair", START, False)
    account = asked(session, json.dumps({"id": 2, "method": "account.status", "params": {"timestamp": START}}))
    assert account["result"]["accountType"] == "SPOT"
    assert asked(session, '{"id": 3, "method": "userDataStream.subscribe"}')["result"] == {"subscriptionId": 0}
    assert asked(session, '{"id": 4, "method": "session.status"}')["result"]["userDataStream"] is True
    assert asked(session, '{"id": 5, "method": "session.logout"}')["result"]["apiKey"] is None
    assert asked(session, '{"id": 6, "method": "userDataStream.subscribe"}')["status"] == 401


def test_a_ban_tells_when_it_ends() -> None:
    world = World()
    world.api.limits.ban("127.0.0.1", START)
    told = asked(Session(world.api, "127.0.0.1"), '{"id": 1, "method": "ping"}')
    assert told["status"] == 418
    assert told["error"]["data"] == {"serverTime": START, "retryAfter": START + 120_000}


def listener(world: World, *names: str, combined: bool = False) -> Listener:
    return Listener(world.exchange, names, combined=combined)


def test_every_trade_is_told_once_however_often_one_asks() -> None:
    world = World()
    whole, parts = listener(world, "btcusdt@trade"), listener(world, "btcusdt@trade")
    told = []
    for seconds in (1, 7, 0, 30, 82):
        world.wait(seconds)
        told += parts.news()
    assert told == whole.news()
    assert [frame["t"] for frame in told] == list(range(told[0]["t"], told[0]["t"] + len(told)))
    assert len(told) == pytest.approx(24, abs=2)


def test_each_candle_closes_once_as_rest_has_it() -> None:
    world = World()
    heard = listener(world, "btcusdt@kline_1m")
    frames = []
    for _ in range(60):
        world.wait(7)
        frames += heard.news()
    closed = [frame["k"] for frame in frames if frame["k"]["x"]]
    assert [told["t"] for told in closed] == [START + minute * 60_000 for minute in range(7)]
    rest = world.ask("GET", "/api/v3/klines", symbol="BTCUSDT", interval="1m", startTime=START, limit=7).body
    assert [[told[name] for name in "tohlcvTqnVQ"] for told in closed] == [row[:11] for row in rest]
    assert all(told["L"] - told["f"] + 1 == told["n"] for told in closed)
    running = [frame["k"] for frame in frames if not frame["k"]["x"]]
    assert len(running) > 20


def test_a_jump_of_the_clock_closes_every_candle_in_between() -> None:
    world = World()
    heard = listener(world, "ethusdt@kline_5m", "ethusdt@kline_1h", combined=True)
    world.wait(7200)
    frames = heard.news()
    closed = [frame["stream"] for frame in frames if frame["data"]["k"]["x"]]
    assert (closed.count("ethusdt@kline_5m"), closed.count("ethusdt@kline_1h")) == (24, 2)


def test_missing_candles_are_not_told() -> None:
    world = World()
    heard = listener(world, "btcusdt@kline_1m", "btcusdt@trade")
    world.exchange.books["BTCUSDT"].tape.skip(START + 60_000, START + 180_000)
    world.wait(240)
    frames = heard.news()
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
def test_streams_tell_what_changed(name: str, count: int) -> None:
    world = World()
    heard = listener(world, name)
    frames = []
    for _ in range(60):
        world.wait(1)
        frames += heard.news()
    assert count - 3 <= len(frames) <= count + 3
    world.exchange.set_status("BTCUSDT", "HALT")
    world.wait(5)
    if name.startswith("btc"):
        assert heard.news() == []


def test_subscribing_while_connected() -> None:
    world = World()
    heard = listener(world, combined=True)

    def ask(method: str, *params: object) -> dict[str, Any]:
        return heard.handle(json.dumps({"id": 9, "method": method, "params": list(params)}))

    assert ask("SUBSCRIBE", "btcusdt@trade", "ethusdt@kline_1h") == {"result": None, "id": 9}
    assert ask("UNSUBSCRIBE", "ethusdt@kline_1h") == {"result": None, "id": 9}
    assert ask("LIST_SUBSCRIPTIONS") == {"result": ["btcusdt@trade"], "id": 9}
    assert ask("GET_PROPERTY", "combined")["result"] is True
    assert ask("SET_PROPERTY", "combined", OFF)["result"] is None
    world.wait(30)
    assert heard.news()[0]["e"] == "trade"
    assert ask("SUBSCRIBE", "btcusdt@dance")["code"] == 2
    assert ask("SUBSCRIBE", *(f"btcusdt@trade{number}" for number in range(3)))["code"] == 2
    assert ask("SET_PROPERTY", "combined", "yes")["code"] == 1
    assert ask("SET_PROPERTY", "colour", ON)["code"] == 0
    assert ask("JUMP")["code"] == 2
    assert heard.handle("{")["code"] == 3
    assert heard.handle("{}")["code"] == 2


@pytest.mark.parametrize("name", ["btcusdt@kline_3h", "BTCUSDT@trade", "nope@trade", "btcusdt@depth7", "btcusdt"])
def test_streams_that_do_not_exist(name: str) -> None:
    with pytest.raises(BadStreamError):
        listener(World(), name)


def test_the_end_is_announced_in_each_form() -> None:
    world = World()
    told = {"e": "serverShutdown", "E": START}
    assert listener(world).shutdown() == told
    assert listener(world, combined=True).shutdown() == {"stream": "!serverShutdown", "data": told}
    assert Session(world.api, "").shutdown() == {"event": told}
