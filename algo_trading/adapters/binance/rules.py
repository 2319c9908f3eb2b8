"""The pairs of exchangeInfo as trading rules."""

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from algo_trading.domain.instrument import Instrument, TradingRules
from algo_trading.errors import SourceError

NOTHING: Mapping[str, Any] = {}
Pair = Mapping[str, Any]


def rules_of(info: Any, venue: str, who: str) -> list[TradingRules]:  # noqa: ANN401 - whatever JSON holds
    """The rules of every pair, older forms of the filters included.

    Raises:
        SourceError: it is not exchangeInfo.
    """
    try:
        return [_rules(pair, venue) for pair in info["symbols"]]
    except (LookupError, TypeError, AttributeError, InvalidOperation) as error:
        raise SourceError(
            f"{who} sent something else than its pairs ({error!r}): its format may have changed"
        ) from None


def _rules(pair: Pair, venue: str) -> TradingRules:
    filters = {one["filterType"]: one for one in pair["filters"]}
    price, lot, market = (filters.get(name, NOTHING) for name in ("PRICE_FILTER", "LOT_SIZE", "MARKET_LOT_SIZE"))
    notional = filters.get("NOTIONAL") or filters.get("MIN_NOTIONAL", NOTHING)  # the latter is the older form
    percent, sided = (filters.get(name, NOTHING) for name in ("PERCENT_PRICE", "PERCENT_PRICE_BY_SIDE"))
    return TradingRules(
        Instrument(pair["symbol"], venue),
        pair["baseAsset"],
        pair["quoteAsset"],
        tick=_number(price, "tickSize"),
        lot=_number(lot, "stepSize"),
        min_quantity=_number(lot, "minQty"),
        min_notional=_number(notional, "minNotional"),
        status=pair["status"],
        order_types=tuple(pair["orderTypes"]),
        min_price=_number(price, "minPrice"),
        max_price=_number(price, "maxPrice"),
        max_quantity=_number(lot, "maxQty"),
        market_lot=_number(market, "stepSize"),
        market_min_quantity=_number(market, "minQty"),
        market_max_quantity=_number(market, "maxQty"),
        max_notional=_number(notional, "maxNotional"),
        notional_for_market=bool(notional.get("applyMinToMarket", notional.get("applyToMarket", False))),
        max_notional_for_market=bool(notional.get("applyMaxToMarket", False)),
        average_minutes=_number(notional, "avgPriceMins"),
        bid_multiplier_down=_number(sided, "bidMultiplierDown") or _number(percent, "multiplierDown"),
        bid_multiplier_up=_number(sided, "bidMultiplierUp") or _number(percent, "multiplierUp"),
        ask_multiplier_down=_number(sided, "askMultiplierDown") or _number(percent, "multiplierDown"),
        ask_multiplier_up=_number(sided, "askMultiplierUp") or _number(percent, "multiplierUp"),
        max_orders=_number(filters.get("MAX_NUM_ORDERS", NOTHING), "maxNumOrders", "limit"),
        max_stop_orders=_number(filters.get("MAX_NUM_ALGO_ORDERS", NOTHING), "maxNumAlgoOrders"),
        max_position=_number(filters.get("MAX_POSITION", NOTHING), "maxPosition"),
    )


def _number(rule: Mapping[str, Any], name: str, older: str = "") -> Decimal:
    """Exact, without trailing zeros; what a filter does not say is 0, which asks nothing."""
    value = Decimal(rule.get(name, rule.get(older, "0")))
    return Decimal(f"{value.normalize():f}")
