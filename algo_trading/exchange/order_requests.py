"""Order requests read from the parameters of a request."""

from typing import Any

from algo_trading.exchange.accounts import Account
from algo_trading.exchange.engine import Exchange
from algo_trading.exchange.errors import RefusalError
from algo_trading.exchange.orders import STOPS, NewOrder
from algo_trading.exchange.pairs import ORDER_TYPES, SELF_TRADE_MODES
from algo_trading.exchange.parameters import CLIENT_ID, Parameters, missing

NEEDED = {
    "LIMIT": ("timeInForce", "quantity", "price"),
    "LIMIT_MAKER": ("quantity", "price"),
    "MARKET": (),
    "STOP_LOSS": ("quantity",),
    "STOP_LOSS_LIMIT": ("timeInForce", "quantity", "price"),
    "TAKE_PROFIT": ("quantity",),
    "TAKE_PROFIT_LIMIT": ("timeInForce", "quantity", "price"),
}
UNNEEDED = {
    "LIMIT": ("stopPrice", "trailingDelta", "quoteOrderQty"),
    "LIMIT_MAKER": ("timeInForce", "stopPrice", "trailingDelta", "quoteOrderQty"),
    "MARKET": ("timeInForce", "price", "stopPrice", "trailingDelta", "icebergQty"),
    "STOP_LOSS": ("timeInForce", "price", "quoteOrderQty", "icebergQty"),
    "STOP_LOSS_LIMIT": ("quoteOrderQty",),
    "TAKE_PROFIT": ("timeInForce", "price", "quoteOrderQty", "icebergQty"),
    "TAKE_PROFIT_LIMIT": ("quoteOrderQty",),
}
LEG_TYPES = ("LIMIT_MAKER", "STOP_LOSS", "STOP_LOSS_LIMIT", "TAKE_PROFIT", "TAKE_PROFIT_LIMIT")


def read_order(exchange: Exchange, account: Account, params: Parameters) -> NewOrder:
    """The order request that the parameters describe."""
    symbol = params.symbol(exchange.books)
    side = side_of(params)
    wrong = RefusalError(-1116, "Invalid orderType.")
    kind = params.choice("type", ORDER_TYPES, wrong) or params.needed("type")
    for name in NEEDED[kind]:
        params.needed(name)
    for name in UNNEEDED[kind]:
        if name in params:
            raise RefusalError(-1106, f"Parameter '{name}' sent when not required.")
    if kind == "MARKET" and ("quantity" in params) == ("quoteOrderQty" in params):
        raise RefusalError(-1102, "Param 'quantity' or 'quoteOrderQty' must be sent, but both were empty/null!")
    if kind in STOPS and "stopPrice" not in params and "trailingDelta" not in params:
        raise RefusalError(-1102, "Param 'stopPrice' or 'trailingDelta' must be sent, but both were empty/null!")
    time_in_force = time_in_force_of(params, "timeInForce") or "GTC"
    if "icebergQty" in params and time_in_force != "GTC":
        raise RefusalError(-1013, "Iceberg orders must have timeInForce GTC.")
    return NewOrder(
        account=account.name,
        pair=exchange.books[symbol].pair,
        side=side,
        type=kind,
        time_in_force=time_in_force,
        quantity=above_zero(params, "quantity"),
        quote_quantity=above_zero(params, "quoteOrderQty"),
        price=above_zero(params, "price"),
        stop_price=above_zero(params, "stopPrice"),
        trailing_delta=params.whole("trailingDelta"),
        iceberg=params.decimal("icebergQty") or None,
        client_id=params.text("newClientOrderId", CLIENT_ID),
        self_trade=self_trade(params),
        strategy=_strategy(params, "strategyId", "strategyType"),
    )


def read_leg(exchange: Exchange, account: Account, params: Parameters, where: str) -> NewOrder:
    """One order of an OCO; its parameters begin with where it lies."""
    wrong = RefusalError(-1158, f"Order type not supported in OCO: {params.text(f'{where}Type')}.")
    kind = params.choice(f"{where}Type", LEG_TYPES, wrong) or params.needed(f"{where}Type")
    if kind not in {"STOP_LOSS", "TAKE_PROFIT"}:
        params.needed(f"{where}Price")
    if kind in STOPS and f"{where}StopPrice" not in params and f"{where}TrailingDelta" not in params:
        raise missing(f"{where}StopPrice")
    if kind in {"STOP_LOSS_LIMIT", "TAKE_PROFIT_LIMIT"}:
        params.needed(f"{where}TimeInForce")
    params.needed("quantity")
    return NewOrder(
        account=account.name,
        pair=exchange.books[params.symbol(exchange.books)].pair,
        side=side_of(params),
        type=kind,
        time_in_force=time_in_force_of(params, f"{where}TimeInForce") or "GTC",
        quantity=above_zero(params, "quantity"),
        price=above_zero(params, f"{where}Price"),
        stop_price=above_zero(params, f"{where}StopPrice"),
        trailing_delta=params.whole(f"{where}TrailingDelta"),
        iceberg=params.decimal(f"{where}IcebergQty") or None,
        client_id=params.text(f"{where}ClientOrderId", CLIENT_ID),
        self_trade=self_trade(params),
        strategy={
            name: value
            for name, prefixed in (("strategyId", f"{where}StrategyId"), ("strategyType", f"{where}StrategyType"))
            if (value := params.whole(prefixed)) is not None
        },
    )


def check_side(leg: NewOrder, *, is_above: bool) -> None:
    """Refuse a leg whose type does not fit above or below the price."""
    if leg.type == "LIMIT_MAKER":
        right = leg.buys != is_above
        code, words = (
            (-1165, "A limit order in a buy OCO must be below.")
            if leg.buys
            else (-1166, "A limit order in a sell OCO must be above.")
        )
    else:
        right = leg.stops_above == is_above
        kind = "stop loss" if leg.type.startswith("STOP") else "take profit"
        side, place_word = ("buy" if leg.buys else "sell"), ("above" if leg.stops_above else "below")
        code = {("stop loss", True): -1196, ("stop loss", False): -1197, ("take profit", True): -1198}.get(
            (kind, leg.buys), -1199
        )
        words = f"A {kind} order in a {side} OCO must be {place_word}."
    if not right:
        raise RefusalError(code, words)


def side_of(params: Parameters) -> str:
    """BUY or SELL."""
    return params.choice("side", ("BUY", "SELL"), RefusalError(-1117, "Invalid side.")) or params.needed("side")


def time_in_force_of(params: Parameters, name: str) -> str | None:
    """GTC, IOC or FOK; None where the parameter is absent."""
    return params.choice(name, ("GTC", "IOC", "FOK"), RefusalError(-1115, "Invalid timeInForce."))


def self_trade(params: Parameters) -> str:
    """What happens to an order that would meet one of the same account."""
    refusal = RefusalError(-1013, "This symbol does not allow the specified self-trade prevention mode.")
    return params.choice("selfTradePreventionMode", SELF_TRADE_MODES, refusal) or "EXPIRE_MAKER"


def above_zero(params: Parameters, name: str) -> Any:  # noqa: ANN401 - a decimal or None
    value = params.decimal(name)
    if value is not None and not value:
        raise RefusalError(-1013, f"Invalid {name}.")
    return value


def _strategy(params: Parameters, *names: str) -> dict[str, int]:
    found = {name: value for name in names if (value := params.whole(name)) is not None}
    if found.get("strategyType", 1_000_000) < 1_000_000:
        raise RefusalError(-1134, "strategyType was less than 1000000.")
    return found


def response_kind(params: Parameters, order_type: str) -> str:
    """How much the answer to an order says: ACK, RESULT or FULL."""
    usual = "FULL" if order_type in {"MARKET", "LIMIT"} else "ACK"
    wrong = RefusalError(-1130, "Data sent for parameter 'newOrderRespType' is not valid.")
    return params.choice("newOrderRespType", ("ACK", "RESULT", "FULL"), wrong) or usual


__all__ = ["check_side", "read_leg", "read_order", "response_kind", "self_trade", "side_of", "time_in_force_of"]
