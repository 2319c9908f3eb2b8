"""Faults on request, and what a user may do that a client may not."""

import json
from typing import Any

import pytest

from algo_trading.errors import ConfigError
from algo_trading.exchange.admin import Admin
from algo_trading.exchange.faults import KINDS, Fault, fault_of
from algo_trading.exchange.ws_api import Session
from support.exchange_world import START, World, signed_frame

pytestmark = pytest.mark.unit

MARKET = {"side": "BUY", "type": "MARKET", "quantity": "0.01"}
HERE = {"Host": "127.0.0.1:8099"}


def faulty(world: World, **data: Any) -> None:
    world.api.faults.add(fault_of(data, world.exchange.books))


@pytest.mark.parametrize("status", [429, 418, 500, 503])
def test_an_answer_instead_of_processing_and_then_all_is_well(status: int) -> None:
    world = World()
    faulty(
        world, kind="answer", status=status, code=-1003, message="slow", retry_after=7, path="/api/v3/order", times=2
    )
    assert world.ask("GET", "/api/v3/ping").status == 200
    for _ in range(2):
        reply = world.order(**MARKET)
        assert (reply.status, reply.body, reply.headers["Retry-After"]) == (status, {"code": -1003, "msg": "slow"}, "7")
    assert not world.exchange.orders["BTCUSDT"]
    assert world.order(**MARKET).status == 200


def test_a_fault_of_one_method_only() -> None:
    world = World()
    faulty(world, kind="answer", method="POST", times=None)
    assert world.sign("GET", "/api/v3/account").status == 200
    assert world.order(**MARKET).status == 503
    world.api.faults.clear()
    assert world.order(**MARKET).status == 200


def test_an_order_that_is_accepted_while_the_reply_says_nothing_of_it() -> None:
    world = World()
    faulty(world, kind="accept_and_time_out", path="/api/v3/order")
    reply = world.order(**MARKET, newClientOrderId="mine")
    assert (reply.status, reply.body["code"]) == (504, -1007)
    assert world.sign("GET", "/api/v3/order", symbol="BTCUSDT", origClientOrderId="mine").body["status"] == "FILLED"


def test_connections_that_end_before_and_after_processing() -> None:
    world = World()
    faulty(world, kind="disconnect")
    assert world.order(**MARKET).cut
    assert not world.exchange.orders["BTCUSDT"]
    faulty(world, kind="accept_and_disconnect")
    assert world.order(**MARKET).cut
    assert len(world.exchange.orders["BTCUSDT"]) == 1


def test_a_late_reply() -> None:
    world = World()
    faulty(world, kind="delay", seconds=2.5)
    reply = world.order(**MARKET)
    assert (reply.wait, reply.status) == (2.5, 200)


def test_the_same_faults_over_the_websocket_api() -> None:
    world = World()
    session = Session(world.api, "127.0.0.1")
    order = {"symbol": "BTCUSDT", **MARKET}
    faulty(world, kind="accept_and_time_out")
    data = session.handle(signed_frame("order.place", 1, START, **order)).frame
    assert (data["status"], data["error"]["code"]) == (504, -1007)
    assert len(world.exchange.orders["BTCUSDT"]) == 1
    faulty(world, kind="answer", status=503)
    assert session.handle(signed_frame("order.place", 2, START, **order)).frame["status"] == 503
    faulty(world, kind="accept_and_disconnect", seconds=1)
    answer = session.handle(signed_frame("order.place", 3, START, **order))
    assert (answer.cut, answer.wait) == (True, 1)
    assert len(world.exchange.orders["BTCUSDT"]) == 2


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("lose_events", ["outboundAccountPosition", "executionReport", "outboundAccountPosition"]),
        (
            "duplicate_events",
            [
                "executionReport",
                "executionReport",
                "outboundAccountPosition",
                "executionReport",
                "outboundAccountPosition",
            ],
        ),
        (
            "reorder_events",
            ["outboundAccountPosition", "executionReport", "executionReport", "outboundAccountPosition"],
        ),
    ],
)
def test_events_that_are_lost_doubled_or_out_of_order(kind: str, expected: list[str]) -> None:
    world = World()
    session = Session(world.api, "127.0.0.1")
    session.handle(signed_frame("userDataStream.subscribe.signature", 1, START))
    frames: list[dict[str, Any]] = []
    world.exchange.listeners.append(lambda account, event: frames.extend(session.events(account, event)))
    faulty(world, kind=kind)
    world.order(**MARKET)
    assert [frame["event"]["e"] for frame in frames] == expected
    assert session.late() == []


def test_an_event_is_held_back_only_until_one_asks_for_what_is_late() -> None:
    world = World()
    session = Session(world.api, "127.0.0.1")
    session.handle(signed_frame("userDataStream.subscribe.signature", 1, START))
    faulty(world, kind="reorder_events")
    assert session.events("me", {"e": "one"}) == []
    assert session.late() == [{"subscriptionId": 0, "event": {"e": "one"}}]


def test_a_wrong_clock() -> None:
    world = World()
    faulty(world, kind="clock_skew", milliseconds=-8000)
    assert world.ask("GET", "/api/v3/time").body["serverTime"] == START - 8000
    assert world.order(**MARKET).body["code"] == -1021
    world.api.faults.clear()
    assert world.order(**MARKET).status == 200


def test_faults_that_wait_for_their_time() -> None:
    world = World()
    faulty(world, kind="halt", symbol="BTCUSDT", after=3600)
    faulty(world, kind="resume", symbol="BTCUSDT", after=7200)
    faulty(world, kind="answer", after=5000, times=1)
    assert world.order(**MARKET).status == 200
    world.wait(3601)
    assert world.order(**MARKET).body == {"code": -2010, "msg": "Market is closed."}
    world.wait(3600)
    assert [world.order(**MARKET).status for _ in range(2)] == [503, 200]


def test_an_outage_of_a_part_begins_and_ends() -> None:
    world = World()
    faulty(world, kind="answer", path="/api/v3/order", after=60, lasts=120)
    data = []
    for _ in range(4):
        data += [world.order(**MARKET).status, world.order(**MARKET).status, world.ask("GET", "/api/v3/ping").status]
        world.wait(60)
    assert data == [200, 200, 200, 503, 503, 200, 503, 503, 200, 200, 200, 200]
    assert world.api.faults.waiting == []


def test_missing_candles_and_delisting() -> None:
    world = World()
    faulty(world, kind="missing_candles", symbol="BTCUSDT", first=START - 7200_000, end=START - 3600_000)
    rows = world.ask("GET", "/api/v3/klines", symbol="BTCUSDT", interval="1h", limit=3).body
    assert [row[0] - START for row in rows] == [-10_800_000, -3_600_000, 0]
    faulty(world, kind="delist", symbol="ETHUSDT")
    info = world.ask("GET", "/api/v3/exchangeInfo", symbol="ETHUSDT").body["symbols"][0]
    assert info["status"] == "BREAK"


def test_a_ban_of_everyone() -> None:
    world = World()
    faulty(world, kind="ban", seconds=30)
    reply = world.ask("GET", "/api/v3/ping", address="10.0.0.9")
    assert (reply.status, reply.headers["Retry-After"]) == (418, "30")
    world.wait(31)
    assert world.ask("GET", "/api/v3/ping", address="10.0.0.9").status == 200


def test_connections_are_left_to_the_server() -> None:
    world = World()
    faulty(world, kind="server_shutdown", seconds=3)
    assert world.api.faults.to_drop == [Fault("server_shutdown", seconds=3, due=START)]
    assert not world.api.faults.waiting


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ({"kind": "sulk"}, "a fault's kind is one of"),
        ({"kind": "delay"}, "the fault delay needs seconds"),
        ({"kind": "halt", "symbol": "NOPE"}, "NOPE is not traded here"),
        ({"kind": "answer", "colour": 1}, "a fault has no 'colour'"),
        ({"kind": "answer", "status": "503"}, "'status' of a fault is a number, not '503'"),
        ({"kind": "answer", "path": 3}, "'path' of a fault is a text, not 3"),
    ],
)
def test_a_wrong_fault_is_explained(data: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ConfigError, match=sentence):
        fault_of(data, World().exchange.books)


def admin(world: World, method: str, path: str, data: Any = None, headers: dict[str, str] | None = None) -> Any:
    body = "" if data is None else data if isinstance(data, str) else json.dumps(data)
    return Admin(world.api).handle(method, path, body, HERE if headers is None else headers)


def test_the_state_says_that_it_is_play() -> None:
    status, data = admin(World(), "GET", "")
    assert status == 200
    assert "made up" in data["notice"]
    assert data["pairs"]["BTCUSDT"] == "TRADING"


def test_moving_the_clock() -> None:
    world = World()
    assert admin(world, "POST", "clock", {"advance": "4h"}) == (200, {"time": START + 14_400_000, "speed": 1.0})
    assert admin(world, "POST", "clock", {"advance": 500, "speed": 60})[1]["speed"] == 60
    world.wait(1)
    assert world.clock.now() == START + 14_400_500 + 60_000


def test_giving_and_taking_money() -> None:
    world = World()
    assert admin(world, "POST", "deposit", {"asset": "BTC", "amount": "1.5"})[1]["free"] == "1.50000000"
    assert [event["e"] for event in world.events] == ["balanceUpdate", "outboundAccountPosition"]
    assert world.exchange.accounts.total("BTC") == 0
    status, data = admin(world, "POST", "deposit", {"asset": "BTC", "amount": "-2"})
    assert (status, data["error"]) == (400, "me has only 1.50000000 BTC")


def test_changing_an_account() -> None:
    world = World()
    data = admin(world, "POST", "account", {"may_withdraw": True, "taker": 0.002})[1]
    assert (data["may_withdraw"], data["taker"]) == (True, "0.002")
    assert world.sign("GET", "/sapi/v1/account/apiRestrictions").body["enableWithdrawals"] is True


def test_faults_by_request() -> None:
    world = World()
    status, data = admin(world, "POST", "faults", {"kind": "delay", "seconds": 1, "times": 3})
    assert status == 200
    assert data["kinds"] == KINDS
    assert [fault["times"] for fault in data["waiting"]] == [3]
    assert admin(world, "DELETE", "faults")[1]["waiting"] == []


@pytest.mark.parametrize(
    ("method", "path", "data", "status"),
    [
        ("GET", "nothing", None, 404),
        ("POST", "faults", "{", 400),
        ("POST", "faults", "[]", 400),
        ("POST", "faults", {"kind": "sulk"}, 400),
        ("POST", "clock", {"advance": -5}, 400),
        ("POST", "clock", {"advance": "soon"}, 400),
        ("POST", "deposit", {"amount": "much"}, 400),
        ("POST", "account", {"account": "nobody"}, 400),
        ("POST", "account", {"may_trade": "yes"}, 400),
    ],
)
def test_wrong_requests_are_explained(method: str, path: str, data: Any, status: int) -> None:
    got, answer = admin(World(), method, path, data)
    assert got == status
    assert answer["error"]


@pytest.mark.parametrize("headers", [{"Host": "evil.example:8099"}, {}, {**HERE, "Origin": "http://127.0.0.1:8099"}])
def test_no_web_page_may_do_any_of_it(headers: dict[str, str]) -> None:
    assert admin(World(), "POST", "clock", {"speed": 9}, headers)[0] == 403
