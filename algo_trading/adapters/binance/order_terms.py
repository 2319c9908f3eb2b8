"""Orders in Binance's words, and its words for what became of them."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from algo_trading.domain.costs import QUANTITY_STEP
from algo_trading.domain.instrument import TradingRules
from algo_trading.domain.order import Execution, Order, OrderStatus, OrderType
from algo_trading.domain.signal import Side
from algo_trading.risk.order_rules import MARKET, OrderTerms, lot_of, round_down

TYPES = {
    OrderType.MARKET: MARKET,
    OrderType.LIMIT: "LIMIT",
    OrderType.STOP: "STOP_LOSS",
    OrderType.STOP_LIMIT: "STOP_LOSS_LIMIT",
    OrderType.TARGET: "TAKE_PROFIT",
}
STATUSES = {
    "NEW": OrderStatus.OPEN,
    "PENDING_NEW": OrderStatus.OPEN,
    "PARTIALLY_FILLED": OrderStatus.PARTLY_FILLED,
    "FILLED": OrderStatus.FILLED,
    "CANCELED": OrderStatus.CANCELLED,
    "PENDING_CANCEL": OrderStatus.CANCELLED,
    "REJECTED": OrderStatus.REJECTED,
    "EXPIRED": OrderStatus.EXPIRED,
    "EXPIRED_IN_MATCH": OrderStatus.EXPIRED,
}


def terms_of(order: Order, rules: TradingRules, reference: Decimal | None) -> OrderTerms:
    """The order with quantity and prices rounded to the pair's steps.

    Quantities round down; the limit of a buy rounds down and that of a sell up, so that neither is worse than it was
    decided. A buy spends its budget, or where it asks for less at the reference price, buys that quantity.
    """
    kind, tick = TYPES[order.type], rules.tick or QUANTITY_STEP
    price = order.limit_price
    if price is not None:
        rounded = round_down(price, tick)
        price = rounded if order.side is Side.BUY or rounded == price else rounded + tick
    stop = None if order.stop_price is None else round_down(order.stop_price, tick)
    terms = OrderTerms(order.side, kind, price=price, stop_price=stop)
    lot, budget = lot_of(rules, kind), order.budget
    cost = price or stop or reference
    if budget is None or (order.quantity is not None and cost is not None and order.quantity * cost <= budget):
        assert order.quantity is not None, "an order says how much"
        return replace(terms, quantity=round_down(order.quantity, lot))
    if kind == MARKET:
        return replace(terms, spends=round_down(budget, QUANTITY_STEP))
    assert cost is not None, "all but market orders have a price"
    return replace(terms, quantity=round_down(budget / cost, lot))


def parameters_of(order: Order, terms: OrderTerms) -> dict[str, str]:
    """The parameters of the request, amounts as text.

    Where an entry would trade with an order of the same account it gives way; before a closing order the other one
    does.
    """
    amounts = {
        "quantity": terms.quantity,
        "quoteOrderQty": terms.spends,
        "price": terms.price,
        "stopPrice": terms.stop_price,
    }
    return {
        "symbol": order.instrument.symbol,
        "side": order.side.upper(),
        "type": terms.type,
        **({"timeInForce": "GTC"} if terms.price is not None else {}),
        **{name: _text(amount) for name, amount in amounts.items() if amount is not None},
        "newClientOrderId": order.client_order_id,
        "newOrderRespType": "ACK",
        "selfTradePreventionMode": "EXPIRE_MAKER" if order.closes else "EXPIRE_TAKER",
    }


def execution_of(order: Order, trade: Mapping[str, Any]) -> Execution:
    """A trade of `myTrades`. Its id is unique in its pair alone."""
    return Execution(
        id=f"{trade['symbol']}:{trade['id']}",
        client_order_id=order.client_order_id,
        at=datetime.fromtimestamp(trade["time"] / 1000, UTC),
        quantity=Decimal(trade["qty"]),
        price=Decimal(trade["price"]),
        value=Decimal(trade["quoteQty"]),
        commission=Decimal(trade["commission"]),
        commission_asset=trade["commissionAsset"],
    )


def _text(amount: Decimal) -> str:
    return f"{amount.normalize():f}"
