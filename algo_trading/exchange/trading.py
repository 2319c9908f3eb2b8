"""Orders and accounts as the exchange answers them."""

from collections.abc import Sequence

from algo_trading.exchange import reports
from algo_trading.exchange.accounts import ZERO, Account
from algo_trading.exchange.engine import Exchange
from algo_trading.exchange.errors import RefusalError, unknown_order
from algo_trading.exchange.order_requests import read_order, response_kind
from algo_trading.exchange.orders import Order
from algo_trading.exchange.pairs import amount
from algo_trading.exchange.parameters import CLIENT_ID, Parameters
from algo_trading.exchange.reports import Json

DAY = 86_400_000


def place(exchange: Exchange, account: Account, params: Parameters) -> Json:
    """Place an order."""
    order = exchange.place(read_order(exchange, account, params))
    return reports.placed(order, response_kind(params, order.request.type), exchange.prevented_by(order))


def test(exchange: Exchange, account: Account, params: Parameters) -> Json:
    """Judge an order without placing it."""
    rates = params.flag("computeCommissionRates")
    exchange.test(read_order(exchange, account, params))
    if not rates:
        return {}
    return {
        "standardCommissionForOrder": {"maker": amount(account.maker), "taker": amount(account.taker)},
        "specialCommissionForOrder": {"maker": amount(ZERO), "taker": amount(ZERO)},
        "taxCommissionForOrder": {"maker": amount(ZERO), "taker": amount(ZERO)},
        "discount": _discount(account),
    }


def query(exchange: Exchange, account: Account, params: Parameters) -> Json:
    """One order."""
    exchange.advance()
    order = _find(exchange, account, params)
    if order is None:
        raise RefusalError(-2013, "Order does not exist.")
    return reports.queried(order)


def cancel(exchange: Exchange, account: Account, params: Parameters) -> Json:
    """Cancel an order."""
    exchange.advance()
    order = _find(exchange, account, params)
    restriction, name = _restriction(params), params.text("newClientOrderId", CLIENT_ID)
    if order is None:
        raise unknown_order()
    return _cancelled(exchange, order, name, restriction)


def cancel_all(exchange: Exchange, account: Account, params: Parameters) -> list[Json]:
    """Cancel all orders of a pair, order lists too."""
    exchange.advance()
    orders = exchange.open_orders(account.name, params.symbol(exchange.books))
    if not orders:
        raise unknown_order()
    # Of an order list the first one ends the other.
    return [_cancelled(exchange, order, None, None) for order in orders if order.is_open]


def cancel_replace(exchange: Exchange, account: Account, params: Parameters) -> Json:
    """Cancel an order and place another."""
    modes = ("STOP_ON_FAILURE", "ALLOW_FAILURE")
    wrong = RefusalError(-1102, "Mandatory parameter 'cancelReplaceMode' was not sent, was empty/null, or malformed.")
    mode = params.choice("cancelReplaceMode", modes, wrong)
    if mode is None:
        raise wrong
    new = read_order(exchange, account, params)
    exchange.test(new)
    number, name = params.whole("cancelOrderId"), params.text("cancelOrigClientOrderId", CLIENT_ID)
    if number is None and name is None:
        raise RefusalError(
            -1102, "Param 'cancelOrigClientOrderId' or 'cancelOrderId' must be sent, but both were empty/null!"
        )
    order = exchange.find(account.name, new.pair.symbol, number, name)
    restriction, cancel_name = _restriction(params), params.text("cancelNewClientOrderId", CLIENT_ID)
    data: Json = {"cancelResult": "SUCCESS", "newOrderResult": "SUCCESS"}
    try:
        if order is None:
            raise unknown_order()
        data["cancelResponse"] = _cancelled(exchange, order, cancel_name, restriction)
    except RefusalError as refusal:
        data |= {"cancelResult": "FAILURE", "cancelResponse": refusal.body()}
        if mode == "STOP_ON_FAILURE":
            data |= {"newOrderResult": "NOT_ATTEMPTED", "newOrderResponse": None}
            raise RefusalError(-2022, "Order cancel-replace failed.", data=data) from refusal
    try:
        made = exchange.place(new)
        data["newOrderResponse"] = reports.placed(made, response_kind(params, new.type), exchange.prevented_by(made))
    except RefusalError as refusal:
        data |= {"newOrderResult": "FAILURE", "newOrderResponse": refusal.body()}
        if data["cancelResult"] == "FAILURE":
            raise RefusalError(-2022, "Order cancel-replace failed.", data=data) from refusal
    if "FAILURE" in (data["cancelResult"], data["newOrderResult"]):
        raise RefusalError(-2021, "Order cancel-replace partially failed.", 409, data=data)
    return data


def open_orders(exchange: Exchange, account: Account, params: Parameters) -> list[Json]:
    """What is open, in a pair or everywhere."""
    exchange.advance()
    symbol = params.symbol(exchange.books) if "symbol" in params else None
    return [reports.queried(order) for order in exchange.open_orders(account.name, symbol)]


def all_orders(exchange: Exchange, account: Account, params: Parameters) -> list[Json]:
    """Orders of a pair, whatever became of them."""
    exchange.advance()
    symbol, limit = params.symbol(exchange.books), params.limit(500, 1000)
    first, start, end = params.whole("orderId"), params.whole("startTime"), params.whole("endTime")
    found = [
        order
        for order in exchange.orders[symbol]
        if order.request.account == account.name
        and order.id >= (first or 0)
        and (start or 0) <= order.created <= (order.created if end is None else end)
    ]
    oldest = first is not None or start is not None
    return [reports.queried(order) for order in (found[:limit] if oldest else found[-limit:])]


def my_trades(exchange: Exchange, account: Account, params: Parameters) -> list[Json]:
    """Fills in a pair."""
    exchange.advance()
    symbol, limit = params.symbol(exchange.books), params.limit(500, 1000)
    number, first = params.whole("orderId"), params.whole("fromId")
    start, end = params.whole("startTime"), params.whole("endTime")
    if (start is not None or end is not None) and (first is not None or number is not None):
        raise RefusalError(-1128, "Combination of optional parameters invalid.")
    if start is not None and end is not None and end - start > DAY:
        raise RefusalError(-1127, "More than 24 hours between startTime and endTime.")
    found = sorted(
        (
            (fill.id, reports.traded(order, fill))
            for order in exchange.orders[symbol]
            if order.request.account == account.name and number in (None, order.id)
            for fill in order.fills
            if fill.id >= (first or 0) and (start or 0) <= fill.time <= (fill.time if end is None else end)
        ),
        key=lambda pair: pair[0],
    )
    data = [trade for _, trade in found]
    return data[:limit] if first is not None or start is not None else data[-limit:]


def prevented(exchange: Exchange, account: Account, params: Parameters) -> list[Json]:
    """Matches of an account with itself that did not come about."""
    symbol, limit = params.symbol(exchange.books), params.limit(500, 1000)
    number, order_id = params.whole("preventedMatchId"), params.whole("orderId")
    if number is None and order_id is None:
        raise RefusalError(-1128, "Combination of optional parameters invalid.")
    pair, own = (
        exchange.books[symbol].pair,
        {order.id for order in exchange.orders[symbol] if order.request.account == account.name},
    )
    found = [
        match
        for match in exchange.matching.prevented[symbol]
        if match.taker_id in own
        and number in (None, match.id)
        and order_id in (None, match.taker_id, match.maker_id)
        and match.id >= (params.whole("fromPreventedMatchId") or 0)
    ]
    return [
        {
            "symbol": symbol,
            "preventedMatchId": match.id,
            "takerOrderId": match.taker_id,
            "makerSymbol": symbol,
            "makerOrderId": match.maker_id,
            "tradeGroupId": -1,
            "selfTradePreventionMode": match.mode,
            "price": pair.price_text(match.price),
            **({"takerPreventedQuantity": pair.quantity_text(match.taker_lots)} if match.taker_lots else {}),
            **({"makerPreventedQuantity": pair.quantity_text(match.maker_lots)} if match.maker_lots else {}),
            "transactTime": match.time,
        }
        for match in found[:limit]
    ]


def commission(exchange: Exchange, account: Account, params: Parameters) -> Json:
    """What trades of a pair cost."""
    symbol = params.symbol(exchange.books)
    none = dict.fromkeys(("maker", "taker", "buyer", "seller"), amount(ZERO))
    return {
        "symbol": symbol,
        "standardCommission": {**none, "maker": amount(account.maker), "taker": amount(account.taker)},
        "specialCommission": none,
        "taxCommission": none,
        "discount": _discount(account),
    }


def _cancelled(exchange: Exchange, order: Order, name: str | None, restriction: str | None) -> Json:
    made = exchange.cancel(order, name, restriction)
    orders = exchange.matching.lists.get(order.list_id)
    if orders is None:
        return reports.cancelled(order, made)
    return {**reports.listed(orders), "orderReports": [reports.cancelled(other, made) for other in orders.orders]}


def _find(exchange: Exchange, account: Account, params: Parameters) -> Order | None:
    symbol, number = params.symbol(exchange.books), params.whole("orderId")
    name = params.text("origClientOrderId", CLIENT_ID)
    if number is None and name is None:
        raise RefusalError(-1102, "Param 'origClientOrderId' or 'orderId' must be sent, but both were empty/null!")
    return exchange.find(account.name, symbol, number, name)


def _restriction(params: Parameters) -> str | None:
    wrong = RefusalError(-1145, "Invalid cancelRestrictions")
    return params.choice("cancelRestrictions", ("ONLY_NEW", "ONLY_PARTIALLY_FILLED"), wrong)


def _discount(account: Account) -> Json:
    return {
        "enabledForAccount": account.pays_in_bnb,
        "enabledForSymbol": True,
        "discountAsset": "BNB",
        "discount": "0.25000000",
    }


def assets(exchange: Exchange) -> Sequence[str]:
    """Every asset that is traded."""
    named = [asset for book in exchange.books.values() for asset in (book.pair.base, book.pair.quote)]
    return list(dict.fromkeys(named))


__all__ = [
    "all_orders",
    "assets",
    "cancel",
    "cancel_all",
    "cancel_replace",
    "commission",
    "my_trades",
    "open_orders",
    "place",
    "prevented",
    "query",
    "test",
]
