"""The orders at the exchange that stand for one of ours: two for an OCO order, itself for any other."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from algo_trading.adapters.binance.order_terms import STATUSES, parameters_of, terms_of
from algo_trading.domain.instrument import TradingRules
from algo_trading.domain.order import Order, OrderStatus, OrderType
from algo_trading.gateways.brokers import OrderReport
from algo_trading.risk.order_rules import OrderTerms, shown

STOP, TARGET = "S", "T"  # what the ids of the two orders end in


def legs_of(order: Order) -> tuple[Order, ...]:
    """The order itself, or the stop and the target of an OCO order."""
    if order.type is not OrderType.OCO:
        return (order,)
    stop = replace(order, type=OrderType.STOP, limit_price=None, client_order_id=order.client_order_id + STOP)
    target = replace(order, type=OrderType.LIMIT, stop_price=None, client_order_id=order.client_order_id + TARGET)
    return stop, target


def leg_terms(order: Order, rules: TradingRules, reference: Decimal | None) -> tuple[OrderTerms, ...]:
    """The terms of each; the target of an OCO order must not take liquidity."""
    terms = tuple(terms_of(leg, rules, reference) for leg in legs_of(order))
    if order.type is not OrderType.OCO:
        return terms
    stop, target = terms
    return stop, replace(target, type="LIMIT_MAKER")


def request_of(order: Order, terms: Sequence[OrderTerms]) -> tuple[str, dict[str, str]]:
    """Path and parameters of the request that sends an order."""
    if order.type is not OrderType.OCO:
        (alone,) = terms
        return "/api/v3/order", parameters_of(order, alone)
    stop, target = terms
    quantity, limit, trigger = target.quantity, target.price, stop.stop_price
    assert quantity is not None
    assert limit is not None
    assert trigger is not None
    return "/api/v3/orderList/oco", {
        "symbol": order.instrument.symbol,
        "side": order.side.upper(),
        "quantity": shown(quantity),
        "listClientOrderId": order.client_order_id,
        "aboveType": target.type,
        "abovePrice": shown(limit),
        "aboveClientOrderId": order.client_order_id + TARGET,
        "belowType": stop.type,
        "belowStopPrice": shown(trigger),
        "belowClientOrderId": order.client_order_id + STOP,
        "newOrderRespType": "ACK",
        "selfTradePreventionMode": "EXPIRE_MAKER",
    }


def report_of(order: Order, found: Sequence[Mapping[str, Any]]) -> OrderReport:
    """How an order stands by what the exchange says of it, or of both of its legs: of these the one that was filled."""
    standing = {STATUSES[one["status"]]: one for one in found}
    ways = (OrderStatus.FILLED, OrderStatus.PARTLY_FILLED, OrderStatus.OPEN)
    status = next((way for way in ways if way in standing), STATUSES[found[0]["status"]])
    reason = ""
    if order.type is OrderType.OCO and status in {OrderStatus.FILLED, OrderStatus.PARTLY_FILLED}:
        stopped = standing[status]["clientOrderId"].endswith(STOP)
        price = order.stop_price if stopped else order.limit_price
        assert price is not None
        reason = f"{'stop' if stopped else 'target'} at {shown(price)}, held by the exchange"
    elif status.final and status is not OrderStatus.FILLED:
        reason = f"the exchange says {standing[status]['status']}"
    triggered = order.type is OrderType.STOP_LIMIT and bool(found[0].get("isWorking"))
    return OrderReport(order.client_order_id, status, reason, triggered)
