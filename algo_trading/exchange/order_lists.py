"""Order lists (OCO) as the exchange answers them."""

from algo_trading.exchange import reports
from algo_trading.exchange.accounts import Account
from algo_trading.exchange.engine import Exchange
from algo_trading.exchange.errors import RefusalError, unknown_order
from algo_trading.exchange.order_requests import (
    check_side,
    read_leg,
    response_kind,
    self_trade,
    side_of,
    time_in_force_of,
)
from algo_trading.exchange.orders import NewOrder, OrderList
from algo_trading.exchange.parameters import CLIENT_ID, Parameters, missing
from algo_trading.exchange.reports import Json


def place_oco(exchange: Exchange, account: Account, params: Parameters) -> Json:
    """Place two orders of which one cancels the other, by the side of the market on which they lie."""
    legs = [read_leg(exchange, account, params, side) for side in ("above", "below")]
    above, below = legs
    if {above.type, below.type} <= {"LIMIT_MAKER"}:
        raise RefusalError(-1168, "At least one OCO order must be contingent.")
    for leg, is_above in ((above, True), (below, False)):
        check_side(leg, is_above=is_above)
    return _place_list(exchange, params, above, below)


def place_old_oco(exchange: Exchange, account: Account, params: Parameters) -> Json:
    """Place an OCO in the older form: a price of the limit order and a stop price."""
    side, pair = side_of(params), exchange.books[params.symbol(exchange.books)].pair
    for name in ("quantity", "price", "stopPrice"):
        params.needed(name)
    stop_limit = params.decimal("stopLimitPrice")
    if stop_limit is not None and "stopLimitTimeInForce" not in params:
        raise missing("stopLimitTimeInForce")
    shared = {"account": account.name, "pair": pair, "side": side, "quantity": params.decimal("quantity")}
    mode = self_trade(params)
    limit = NewOrder(
        **shared,  # type: ignore[arg-type] # as above
        type="LIMIT_MAKER",
        price=params.decimal("price"),
        client_id=params.text("limitClientOrderId", CLIENT_ID),
        self_trade=mode,
    )
    stop = NewOrder(
        **shared,  # type: ignore[arg-type] # as above
        type="STOP_LOSS" if stop_limit is None else "STOP_LOSS_LIMIT",
        time_in_force=time_in_force_of(params, "stopLimitTimeInForce") or "GTC",
        price=stop_limit,
        stop_price=params.decimal("stopPrice"),
        client_id=params.text("stopClientOrderId", CLIENT_ID),
        self_trade=mode,
    )
    return _place_list(exchange, params, *((stop, limit) if limit.buys else (limit, stop)))


def cancel_list(exchange: Exchange, account: Account, params: Parameters) -> Json:
    """Cancel both orders of a list."""
    exchange.advance()
    orders = _find_list(exchange, account, params, "listClientOrderId")
    if orders is None or orders.status != "EXECUTING":
        raise unknown_order()
    name = exchange.cancel(next(order for order in orders.orders if order.is_open), params.text("newClientOrderId"))
    return {**reports.listed(orders), "orderReports": [reports.cancelled(order, name) for order in orders.orders]}


def query_list(exchange: Exchange, account: Account, params: Parameters) -> Json:
    """One order list."""
    exchange.advance()
    orders = _find_list(exchange, account, params, "origClientOrderId")
    if orders is None:
        raise RefusalError(-2018, "Order list does not exist.")
    return reports.listed(orders)


def open_lists(exchange: Exchange, account: Account, _: Parameters) -> list[Json]:
    """Order lists that are at work."""
    exchange.advance()
    return [reports.listed(orders) for orders in exchange.open_lists(account.name)]


def all_lists(exchange: Exchange, account: Account, params: Parameters) -> list[Json]:
    """Order lists, whatever became of them."""
    exchange.advance()
    limit, first = params.limit(500, 1000), params.whole("fromId") or 0
    own = [orders for orders in exchange.lists if orders.account == account.name and orders.id >= first]
    return [reports.listed(orders) for orders in own[-limit:]]


def _place_list(exchange: Exchange, params: Parameters, above: NewOrder, below: NewOrder) -> Json:
    made = exchange.place_list(above, below, params.text("listClientOrderId", CLIENT_ID))
    kind = response_kind(params, "LIMIT_MAKER") if "newOrderRespType" in params else "RESULT"
    return {
        **reports.listed(made),
        "orderReports": [reports.placed(order, kind, exchange.prevented_by(order)) for order in made.orders],
    }


def _find_list(exchange: Exchange, account: Account, params: Parameters, name: str) -> OrderList | None:
    number, client_id = params.whole("orderListId"), params.text(name, CLIENT_ID)
    if number is None and client_id is None:
        raise RefusalError(-1102, f"Param '{name}' or 'orderListId' must be sent, but both were empty/null!")
    own = [orders for orders in reversed(exchange.lists) if orders.account == account.name]
    if number is not None:
        return next((orders for orders in own if orders.id == number), None)
    return next((orders for orders in own if orders.client_id == client_id), None)


__all__ = ["all_lists", "cancel_list", "open_lists", "place_oco", "place_old_oco", "query_list"]
