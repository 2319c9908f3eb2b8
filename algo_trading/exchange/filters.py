"""The rules of a pair, one check for each kind of filter of exchangeInfo."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal

from algo_trading.exchange.errors import filtered
from algo_trading.exchange.orders import STOPS, WITHOUT_PRICE, NewOrder
from algo_trading.exchange.pairs import Filter


@dataclass(frozen=True, slots=True)
class FilterContext:
    """What the rules look at besides the order itself."""

    average: Callable[[int], Decimal | None]  # price over so many minutes; the last price for 0
    open_orders: int = 0  # of the account in the pair, the new one not counted
    open_stops: int = 0
    open_icebergs: int = 0
    open_lists: int = 0
    orders_everywhere: int = 0
    stops_everywhere: int = 0
    position: Decimal = Decimal(0)  # free, locked and on order to buy, of the base asset
    placing: int = 1  # orders that are placed together
    placing_stops: int = 0


def check(order: NewOrder, context: FilterContext, exchange_filters: tuple[Filter, ...] = ()) -> None:
    """Raise the refusal of the first rule that the order breaks."""
    for rule in (*order.pair.filters, *exchange_filters):
        kind = rule["filterType"]
        if kind in CHECKS and not CHECKS[kind](rule, order, context):
            raise filtered(kind)


def _within(value: Decimal, least: str, most: str, step: str) -> bool:
    """Whether a value keeps to bounds and steps, each of which 0 disables."""
    low, high, each = Decimal(least), Decimal(most), Decimal(step)
    return not ((low and value < low) or (high and value > high) or (each and value % each))


def _price(rule: Filter, order: NewOrder, _: FilterContext) -> bool:
    bounds = rule["minPrice"], rule["maxPrice"], rule["tickSize"]
    return all(_within(price, *bounds) for price in (order.price, order.stop_price) if price is not None)


def _lots(rule: Filter, order: NewOrder, _: FilterContext) -> bool:
    bounds = rule["minQty"], rule["maxQty"], rule["stepSize"]
    return all(_within(quantity, *bounds) for quantity in (order.quantity, order.iceberg) if quantity is not None)


def _market_lots(rule: Filter, order: NewOrder, _: FilterContext) -> bool:
    if order.type not in WITHOUT_PRICE or order.quantity is None:
        return True
    return _within(order.quantity, rule["minQty"], rule["maxQty"], rule["stepSize"])


def _notional(order: NewOrder, context: FilterContext, minutes: int) -> Decimal | None:
    """Value of the order at its price, else at its stop price, else at the average; None if there is no price yet."""
    if order.quote_quantity is not None:
        return order.quote_quantity
    price = order.price or order.stop_price or context.average(minutes)
    return None if price is None or order.quantity is None else price * order.quantity


def _value(rule: Filter, order: NewOrder, context: FilterContext) -> bool:
    value = _notional(order, context, rule["avgPriceMins"])
    market = order.type in WITHOUT_PRICE
    if value is None:
        return True
    if value < Decimal(rule["minNotional"]) and (rule["applyMinToMarket"] or not market):
        return False
    return value <= Decimal(rule["maxNotional"]) or (market and not rule["applyMaxToMarket"])


def _least_value(rule: Filter, order: NewOrder, context: FilterContext) -> bool:
    value = _notional(order, context, rule["avgPriceMins"])
    exempt = order.type in WITHOUT_PRICE and not rule["applyToMarket"]
    return value is None or exempt or value >= Decimal(rule["minNotional"])


def _near(order: NewOrder, average: Decimal | None, low: str, high: str) -> bool:
    if order.price is None or average is None:
        return True
    return average * Decimal(low) <= order.price <= average * Decimal(high)


def _percent(rule: Filter, order: NewOrder, context: FilterContext) -> bool:
    return _near(order, context.average(rule["avgPriceMins"]), rule["multiplierDown"], rule["multiplierUp"])


def _percent_by_side(rule: Filter, order: NewOrder, context: FilterContext) -> bool:
    side = "bid" if order.buys else "ask"
    low, high = rule[f"{side}MultiplierDown"], rule[f"{side}MultiplierUp"]
    return _near(order, context.average(rule["avgPriceMins"]), low, high)


def _parts(rule: Filter, order: NewOrder, _: FilterContext) -> bool:
    if not order.iceberg or order.quantity is None:
        return True
    return (order.quantity / order.iceberg).to_integral_value(ROUND_CEILING) <= int(rule["limit"])


def _trailing(rule: Filter, order: NewOrder, _: FilterContext) -> bool:
    if order.trailing_delta is None:
        return True
    side = "Above" if order.stops_above else "Below"
    return bool(rule[f"minTrailing{side}Delta"] <= order.trailing_delta <= rule[f"maxTrailing{side}Delta"])


def _position(rule: Filter, order: NewOrder, context: FilterContext) -> bool:
    if not order.buys or order.quantity is None:
        return True
    return context.position + order.quantity <= Decimal(rule["maxPosition"])


def _resting(order: NewOrder) -> bool:
    return order.type != "MARKET"


def _stops(order: NewOrder, context: FilterContext) -> int:
    return context.placing_stops or int(order.type in STOPS)


CHECKS: dict[str, Callable[[Filter, NewOrder, FilterContext], bool]] = {
    "PRICE_FILTER": _price,
    "PERCENT_PRICE": _percent,
    "PERCENT_PRICE_BY_SIDE": _percent_by_side,
    "LOT_SIZE": _lots,
    "MARKET_LOT_SIZE": _market_lots,
    "MIN_NOTIONAL": _least_value,
    "NOTIONAL": _value,
    "ICEBERG_PARTS": _parts,
    "TRAILING_DELTA": _trailing,
    "MAX_POSITION": _position,
    "MAX_NUM_ORDERS": lambda rule, order, now: (
        not _resting(order) or now.open_orders + now.placing <= rule["maxNumOrders"]
    ),
    "MAX_NUM_ALGO_ORDERS": lambda rule, order, now: (
        not _stops(order, now) or now.open_stops + _stops(order, now) <= rule["maxNumAlgoOrders"]
    ),
    "MAX_NUM_ICEBERG_ORDERS": lambda rule, order, now: (
        not order.iceberg or now.open_icebergs < rule["maxNumIcebergOrders"]
    ),
    "MAX_NUM_ORDER_LISTS": lambda rule, _, now: now.placing < 2 or now.open_lists < rule["maxNumOrderLists"],
    "EXCHANGE_MAX_NUM_ORDERS": lambda rule, order, now: (
        not _resting(order) or now.orders_everywhere + now.placing <= rule["maxNumOrders"]
    ),
    "EXCHANGE_MAX_NUM_ALGO_ORDERS": lambda rule, order, now: (
        not _stops(order, now) or now.stops_everywhere + _stops(order, now) <= rule["maxNumAlgoOrders"]
    ),
}


__all__ = ["FilterContext", "check"]
