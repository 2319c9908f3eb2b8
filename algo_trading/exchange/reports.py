"""Orders, fills and balances as REST replies and as events of the user data stream."""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

from algo_trading.exchange.accounts import ZERO, Account
from algo_trading.exchange.orders import Fill, Order, OrderList, Prevented
from algo_trading.exchange.pairs import amount

Json = dict[str, Any]

NOTHING = amount(ZERO)


def price(order: Order) -> str:
    return order.pair.price_text(order.price)


def _state(order: Order) -> Json:
    return {
        "price": price(order),
        "origQty": order.pair.quantity_text(order.lots),
        "executedQty": order.pair.quantity_text(order.executed),
        "origQuoteOrderQty": amount(order.request.quote_quantity or ZERO),
        "cummulativeQuoteQty": amount(order.value),
        "status": order.status,
        "timeInForce": order.request.time_in_force,
        "type": order.request.type,
        "side": order.request.side,
    }


def _conditional(order: Order) -> Json:
    """Fields that appear only where they apply."""
    data: Json = dict(order.request.strategy)
    if order.stop:
        data["stopPrice"] = order.pair.price_text(order.stop)
    if order.request.trailing_delta is not None:
        data["trailingDelta"] = order.request.trailing_delta
        data["trailingTime"] = order.trailing_since or -1
    if order.prevented:
        data["preventedMatchId"] = order.prevented_ids[-1]
        data["preventedQuantity"] = order.pair.quantity_text(order.prevented)
    return data


def _working(order: Order) -> int:
    return -1 if order.working_since is None else order.working_since


def _name(order: Order) -> Json:
    return {"symbol": order.pair.symbol, "orderId": order.id, "orderListId": order.list_id}


def placed(order: Order, kind: str, prevented: Iterable[Prevented] = ()) -> Json:
    """The answer to a new order: ACK, RESULT or FULL."""
    data = {**_name(order), "clientOrderId": order.client_id, "transactTime": order.updated}
    if kind == "ACK":
        return data
    data |= _state(order) | _conditional(order)
    data |= {"workingTime": _working(order), "selfTradePreventionMode": order.request.self_trade}
    if order.request.iceberg:
        data["icebergQty"] = amount(order.request.iceberg)
    matches = [_prevented(order, match) for match in prevented]
    if matches:
        data["preventedMatches"] = matches
    if kind == "FULL":
        data["fills"] = [
            {
                "price": order.pair.price_text(fill.price),
                "qty": order.pair.quantity_text(fill.lots),
                "commission": amount(fill.fee),
                "commissionAsset": fill.fee_asset,
                "tradeId": fill.id,
            }
            for fill in order.fills
        ]
    return data


def _prevented(order: Order, match: Prevented) -> Json:
    data: Json = {
        "preventedMatchId": match.id,
        "makerOrderId": match.maker_id,
        "price": order.pair.price_text(match.price),
    }
    if match.taker_lots:
        data["takerPreventedQuantity"] = order.pair.quantity_text(match.taker_lots)
    if match.maker_lots:
        data["makerPreventedQuantity"] = order.pair.quantity_text(match.maker_lots)
    return data


def queried(order: Order) -> Json:
    """An order as the queries return it."""
    return {
        **_name(order),
        "clientOrderId": order.client_id,
        **_state(order),
        "stopPrice": order.pair.price_text(order.stop),
        "icebergQty": amount(order.request.iceberg or ZERO),
        "time": order.created,
        "updateTime": order.updated,
        "isWorking": order.working_since is not None,
        "workingTime": _working(order),
        "selfTradePreventionMode": order.request.self_trade,
        **_conditional(order),
    }


def cancelled(order: Order, cancel_id: str) -> Json:
    """The answer to a cancellation."""
    return {
        **_name(order),
        "origClientOrderId": order.client_id,
        "clientOrderId": cancel_id,
        "transactTime": order.updated,
        **_state(order),
        "selfTradePreventionMode": order.request.self_trade,
        **_conditional(order),
    }


def listed(orders: OrderList) -> Json:
    """An order list as all its replies begin."""
    return {
        "orderListId": orders.id,
        "contingencyType": "OCO",
        "listStatusType": orders.status_type,
        "listOrderStatus": orders.status,
        "listClientOrderId": orders.client_id,
        "transactionTime": orders.time,
        "symbol": orders.pair.symbol,
        "orders": [
            {"symbol": order.pair.symbol, "orderId": order.id, "clientOrderId": order.client_id}
            for order in orders.orders
        ],
    }


def traded(order: Order, fill: Fill) -> Json:
    """A fill as myTrades returns it."""
    return {
        "symbol": order.pair.symbol,
        "id": fill.id,
        "orderId": order.id,
        "orderListId": order.list_id,
        "price": order.pair.price_text(fill.price),
        "qty": order.pair.quantity_text(fill.lots),
        "quoteQty": amount(fill.value),
        "commission": amount(fill.fee),
        "commissionAsset": fill.fee_asset,
        "time": fill.time,
        "isBuyer": order.request.buys,
        "isMaker": fill.maker,
        "isBestMatch": True,
    }


def execution(
    order: Order,
    kind: str,
    time: int,
    fill: Fill | None = None,
    *,
    cancel_id: str = "",
    prevented: Prevented | None = None,
) -> Json:
    """The event executionReport; `kind` is NEW, TRADE, CANCELED, EXPIRED or TRADE_PREVENTION."""
    pair = order.pair
    data: Json = {
        "e": "executionReport",
        "E": time,
        "s": pair.symbol,
        "c": cancel_id or order.client_id,
        "S": order.request.side,
        "o": order.request.type,
        "f": order.request.time_in_force,
        "q": pair.quantity_text(order.lots),
        "p": price(order),
        "P": pair.price_text(order.stop),
        "F": amount(order.request.iceberg or ZERO),
        "g": order.list_id,
        "C": order.client_id if cancel_id else "",
        "x": kind,
        "X": order.status,
        "r": "NONE",
        "i": order.id,
        "l": pair.quantity_text(fill.lots) if fill else NOTHING,
        "z": pair.quantity_text(order.executed),
        "L": pair.price_text(fill.price) if fill else NOTHING,
        "n": amount(fill.fee) if fill else "0",
        "N": fill.fee_asset if fill else None,
        "T": time,
        "t": fill.id if fill else -1,
        "I": order.id * 4 + len(order.fills),
        "w": order.is_open and order.working_since is not None,
        "m": bool(fill and fill.maker),
        "M": fill is not None,
        "O": order.created,
        "Z": amount(order.value),
        "Y": amount(fill.value) if fill else NOTHING,
        "Q": amount(order.request.quote_quantity or ZERO),
        "V": order.request.self_trade,
    }
    if order.working_since is not None:
        data["W"] = order.working_since
    if order.request.trailing_delta is not None:
        data |= {"d": order.request.trailing_delta, "D": order.trailing_since or -1}
    for name, letter in (("strategyId", "j"), ("strategyType", "J")):
        if name in order.request.strategy:
            data[letter] = order.request.strategy[name]
    if prevented:
        own = prevented.taker_lots if order.id == prevented.taker_id else prevented.maker_lots
        data |= {
            "v": prevented.id,
            "A": pair.quantity_text(order.prevented),
            "B": pair.quantity_text(own),
            "u": -1,
            "U": prevented.maker_id if order.id == prevented.taker_id else prevented.taker_id,
            "Cs": pair.symbol,
            "pL": pair.price_text(prevented.price),
        }
    return data


def position(account: Account, assets: Iterable[str], time: int) -> Json:
    """The event outboundAccountPosition."""
    held = ((asset, account.balances[asset]) for asset in assets)
    return {
        "e": "outboundAccountPosition",
        "E": time,
        "u": time,
        "B": [{"a": asset, "f": amount(balance.free), "l": amount(balance.locked)} for asset, balance in held],
    }


def deposited(asset: str, change: Decimal, time: int) -> Json:
    """The event balanceUpdate."""
    return {"e": "balanceUpdate", "E": time, "a": asset, "d": amount(change), "T": time}


def list_status(orders: OrderList, time: int) -> Json:
    """The event listStatus."""
    return {
        "e": "listStatus",
        "E": time,
        "s": orders.pair.symbol,
        "g": orders.id,
        "c": "OCO",
        "l": orders.status_type,
        "L": orders.status,
        "r": "NONE",
        "C": orders.client_id,
        "T": time,
        "O": [{"s": order.pair.symbol, "i": order.id, "c": order.client_id} for order in orders.orders],
    }


def account_view(account: Account, *, omit_zero: bool, assets: Sequence[str]) -> Json:
    """The reply of GET /api/v3/account."""
    rates = {
        "maker": amount(account.maker),
        "taker": amount(account.taker),
        "buyer": amount(ZERO),
        "seller": amount(ZERO),
    }
    held = {asset: account.balances[asset] for asset in dict.fromkeys([*assets, *account.balances])}
    return {
        "makerCommission": int(account.maker * 10_000),
        "takerCommission": int(account.taker * 10_000),
        "buyerCommission": 0,
        "sellerCommission": 0,
        "commissionRates": rates,
        "canTrade": account.may_trade,
        "canWithdraw": account.may_withdraw,
        "canDeposit": False,
        "brokered": False,
        "requireSelfTradePrevention": False,
        "preventSor": False,
        "updateTime": account.updated,
        "accountType": "SPOT",
        "balances": [
            {"asset": asset, "free": amount(balance.free), "locked": amount(balance.locked)}
            for asset, balance in held.items()
            if not omit_zero or balance.free or balance.locked
        ],
        "permissions": ["SPOT"],
        "uid": account.number,
    }


__all__ = [
    "Json",
    "account_view",
    "cancelled",
    "deposited",
    "execution",
    "list_status",
    "listed",
    "placed",
    "position",
    "queried",
    "traded",
]
