"""Every filter, on both sides of its bound."""

from decimal import Decimal
from typing import Any

import pytest

from algo_trading.exchange.errors import RefusalError
from algo_trading.exchange.filters import CHECKS, FilterContext, check
from algo_trading.exchange.orders import NewOrder
from algo_trading.exchange.pairs import Filter, Pair, usual_filters

pytestmark = pytest.mark.unit

AVERAGE = Decimal(100)


def order_of(rule: Filter, kind: str = "LIMIT", side: str = "BUY", **amounts: Any) -> NewOrder:
    read: dict[str, Any] = {
        name: Decimal(value) if isinstance(value, str) else value for name, value in amounts.items()
    }
    return NewOrder("me", Pair("AB", "A", "B", (rule,)), side, kind, **read)


def passes(order: NewOrder, **context: Any) -> bool:
    refusal = refusal_of(order, FilterContext(average=lambda _: AVERAGE, **context))
    kind = order.pair.filters[0]["filterType"]
    assert refusal in {None, f"-1013: Filter failure: {kind}"}
    return refusal is None


def refusal_of(order: NewOrder, context: FilterContext) -> str | None:
    try:
        check(order, context)
    except RefusalError as refusal:
        return str(refusal)
    return None


PRICE = {"filterType": "PRICE_FILTER", "minPrice": "1", "maxPrice": "10", "tickSize": "0.5"}
LOT = {"filterType": "LOT_SIZE", "minQty": "1", "maxQty": "10", "stepSize": "0.5"}
MARKET_LOT = {"filterType": "MARKET_LOT_SIZE", "minQty": "0", "maxQty": "10", "stepSize": "0"}
NOTIONAL = {
    "filterType": "NOTIONAL",
    "minNotional": "10",
    "applyMinToMarket": True,
    "maxNotional": "1000",
    "applyMaxToMarket": False,
    "avgPriceMins": 5,
}
OLD_NOTIONAL = {"filterType": "MIN_NOTIONAL", "minNotional": "10", "applyToMarket": False, "avgPriceMins": 5}
PERCENT = {"filterType": "PERCENT_PRICE", "multiplierUp": "1.5", "multiplierDown": "0.5", "avgPriceMins": 5}
BY_SIDE = {
    "filterType": "PERCENT_PRICE_BY_SIDE",
    "bidMultiplierUp": "1.1",
    "bidMultiplierDown": "0.5",
    "askMultiplierUp": "2",
    "askMultiplierDown": "0.9",
    "avgPriceMins": 5,
}
PARTS = {"filterType": "ICEBERG_PARTS", "limit": 10}
POSITION = {"filterType": "MAX_POSITION", "maxPosition": "10"}
TRAILING = {
    "filterType": "TRAILING_DELTA",
    "minTrailingAboveDelta": 10,
    "maxTrailingAboveDelta": 200,
    "minTrailingBelowDelta": 50,
    "maxTrailingBelowDelta": 100,
}


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        (order_of(PRICE, price="1"), True),
        (order_of(PRICE, price="10"), True),
        (order_of(PRICE, price="0.5"), False),
        (order_of(PRICE, price="10.5"), False),
        (order_of(PRICE, price="1.25"), False),
        (order_of(PRICE, stop_price="11"), False),
        (order_of(PRICE, kind="MARKET", quantity="1"), True),
        (order_of({**PRICE, "minPrice": "0", "maxPrice": "0", "tickSize": "0"}, price="10.51"), True),
        (order_of(LOT, quantity="1"), True),
        (order_of(LOT, quantity="0.5"), False),
        (order_of(LOT, quantity="10.5"), False),
        (order_of(LOT, quantity="1.25"), False),
        (order_of(LOT, quantity="2", iceberg="0.5"), False),
        (order_of(MARKET_LOT, kind="MARKET", quantity="11"), False),
        (order_of(MARKET_LOT, quantity="11"), True),
        (order_of(MARKET_LOT, kind="MARKET", quantity="0.001"), True),
        (order_of(NOTIONAL, price="5", quantity="2"), True),
        (order_of(NOTIONAL, price="5", quantity="1.9"), False),
        (order_of(NOTIONAL, price="500", quantity="2.1"), False),
        (order_of(NOTIONAL, kind="MARKET", quantity="0.1"), True),
        (order_of(NOTIONAL, kind="MARKET", quantity="0.09"), False),
        (order_of(NOTIONAL, kind="MARKET", quantity="11"), True),
        (order_of({**NOTIONAL, "applyMaxToMarket": True}, kind="MARKET", quantity="11"), False),
        (order_of({**NOTIONAL, "applyMinToMarket": False}, kind="MARKET", quantity="0.09"), True),
        (order_of(NOTIONAL, kind="MARKET", quote_quantity="9"), False),
        (order_of(OLD_NOTIONAL, price="5", quantity="1.9"), False),
        (order_of(OLD_NOTIONAL, kind="MARKET", quantity="0.01"), True),
        (order_of({**OLD_NOTIONAL, "applyToMarket": True}, kind="MARKET", quantity="0.01"), False),
        (order_of(PERCENT, price="150"), True),
        (order_of(PERCENT, price="151"), False),
        (order_of(PERCENT, price="49"), False),
        (order_of(BY_SIDE, price="110"), True),
        (order_of(BY_SIDE, price="111"), False),
        (order_of(BY_SIDE, side="SELL", price="111"), True),
        (order_of(BY_SIDE, side="SELL", price="89"), False),
        (order_of(PARTS, quantity="10", iceberg="1"), True),
        (order_of(PARTS, quantity="10.1", iceberg="1"), False),
        (order_of(TRAILING, kind="STOP_LOSS", trailing_delta=10), True),
        (order_of(TRAILING, kind="STOP_LOSS", trailing_delta=9), False),
        (order_of(TRAILING, kind="STOP_LOSS", side="SELL", trailing_delta=10), False),
        (order_of(TRAILING, kind="TAKE_PROFIT", side="SELL", trailing_delta=200), True),
        (order_of(TRAILING, kind="TAKE_PROFIT", trailing_delta=101), False),
    ],
)
def test_bounds(order: NewOrder, expected: bool) -> None:
    assert passes(order) is expected


@pytest.mark.parametrize(
    ("order", "context", "expected"),
    [
        (order_of(POSITION, quantity="2"), {"position": Decimal(8)}, True),
        (order_of(POSITION, quantity="2"), {"position": Decimal("8.1")}, False),
        (order_of(POSITION, quantity="2", side="SELL"), {"position": Decimal(100)}, True),
        (order_of({"filterType": "MAX_NUM_ORDERS", "maxNumOrders": 3}), {"open_orders": 2}, True),
        (order_of({"filterType": "MAX_NUM_ORDERS", "maxNumOrders": 3}), {"open_orders": 3}, False),
        (order_of({"filterType": "MAX_NUM_ORDERS", "maxNumOrders": 3}), {"open_orders": 2, "placing": 2}, False),
        (order_of({"filterType": "MAX_NUM_ORDERS", "maxNumOrders": 3}, kind="MARKET"), {"open_orders": 3}, True),
        (order_of({"filterType": "MAX_NUM_ALGO_ORDERS", "maxNumAlgoOrders": 1}), {"open_stops": 1}, True),
        (
            order_of({"filterType": "MAX_NUM_ALGO_ORDERS", "maxNumAlgoOrders": 1}, kind="STOP_LOSS"),
            {"open_stops": 1},
            False,
        ),
        (
            order_of({"filterType": "MAX_NUM_ICEBERG_ORDERS", "maxNumIcebergOrders": 1}, iceberg="1"),
            {"open_icebergs": 1},
            False,
        ),
        (
            order_of({"filterType": "MAX_NUM_ORDER_LISTS", "maxNumOrderLists": 1}),
            {"open_lists": 1, "placing": 2},
            False,
        ),
        (order_of({"filterType": "MAX_NUM_ORDER_LISTS", "maxNumOrderLists": 1}), {"open_lists": 1}, True),
        (order_of({"filterType": "EXCHANGE_MAX_NUM_ORDERS", "maxNumOrders": 3}), {"orders_everywhere": 3}, False),
        (
            order_of({"filterType": "EXCHANGE_MAX_NUM_ALGO_ORDERS", "maxNumAlgoOrders": 3}, kind="TAKE_PROFIT"),
            {"stops_everywhere": 3},
            False,
        ),
    ],
)
def test_what_the_account_has_already(order: NewOrder, context: dict[str, Any], expected: bool) -> None:
    assert passes(order, **context) is expected


def test_without_a_price_yet_the_value_cannot_be_judged() -> None:
    check(order_of(NOTIONAL, kind="MARKET", quantity="0.01"), FilterContext(average=lambda _: None))


def test_a_filter_of_the_whole_exchange_is_checked_too() -> None:
    limit = {"filterType": "EXCHANGE_MAX_NUM_ORDERS", "maxNumOrders": 1}
    with pytest.raises(RefusalError, match="EXCHANGE_MAX_NUM_ORDERS"):
        check(order_of(PRICE, price="1"), FilterContext(average=lambda _: AVERAGE, orders_everywhere=1), (limit,))


def test_the_usual_filters_are_all_known_but_those_that_need_amending() -> None:
    kinds = {rule["filterType"] for rule in usual_filters(Decimal("0.01"), Decimal("0.1"), Decimal(5))}
    assert kinds - CHECKS.keys() == {"MAX_NUM_ORDER_AMENDS"}
