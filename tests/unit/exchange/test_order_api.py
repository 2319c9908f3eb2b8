"""Orders, order lists and the account over REST."""

from decimal import Decimal

import pytest

from algo_trading.exchange.api import Reply
from support.exchange_world import START, World

pytestmark = pytest.mark.unit

LIMIT = {"side": "BUY", "type": "LIMIT", "timeInForce": "GTC", "quantity": "0.01", "price": "60000"}
MARKET = {"side": "BUY", "type": "MARKET", "quantity": "0.01"}


def error(reply: Reply) -> tuple[int, int]:
    return reply.status, reply.body["code"]


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
