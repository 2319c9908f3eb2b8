"""Trading pairs and their rules, in the form in which exchangeInfo states them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from typing import Any

UNIT = Decimal("0.00000001")  # every amount has eight decimals
UNITS = 100_000_000

ORDER_TYPES = ("LIMIT", "LIMIT_MAKER", "MARKET", "STOP_LOSS", "STOP_LOSS_LIMIT", "TAKE_PROFIT", "TAKE_PROFIT_LIMIT")
SELF_TRADE_MODES = ("NONE", "EXPIRE_TAKER", "EXPIRE_MAKER", "EXPIRE_BOTH", "DECREMENT")
STATUSES = ("TRADING", "HALT", "BREAK", "END_OF_DAY")

Filter = Mapping[str, Any]


def amount(value: Decimal) -> str:
    """An amount as the exchange writes it, with eight decimals."""
    return f"{value:.8f}"


def units(value: int) -> str:
    """A number of hundred-millionths with eight decimals."""
    whole, rest = divmod(abs(value), UNITS)
    return f"{'-' if value < 0 else ''}{whole}.{rest:08d}"


@dataclass(frozen=True)
class Pair:
    """What may be traded, in which steps and within which bounds. `filters` are those of exchangeInfo."""

    symbol: str
    base: str
    quote: str
    filters: tuple[Filter, ...] = field(repr=False)

    def filter(self, kind: str) -> Filter:
        """The filter of a kind, as exchangeInfo has it."""
        return next(rule for rule in self.filters if rule["filterType"] == kind)

    @cached_property
    def tick(self) -> Decimal:
        """Step of prices."""
        return Decimal(self.filter("PRICE_FILTER")["tickSize"])

    @cached_property
    def lot(self) -> Decimal:
        """Step of quantities."""
        return Decimal(self.filter("LOT_SIZE")["stepSize"])

    @cached_property
    def tick_units(self) -> int:
        """The tick in units of 1e-8."""
        return int(self.tick * UNITS)

    @cached_property
    def lot_units(self) -> int:
        """The lot in units of 1e-8."""
        return int(self.lot * UNITS)

    def price(self, ticks: int) -> Decimal:
        """The price of so many ticks."""
        return self.tick * int(ticks)

    def quantity(self, lots: int) -> Decimal:
        """The quantity of so many lots."""
        return self.lot * int(lots)

    def price_text(self, ticks: int) -> str:
        """A price in ticks, with eight decimals."""
        return units(int(ticks) * self.tick_units)

    def quantity_text(self, lots: int) -> str:
        """A quantity in lots, with eight decimals."""
        return units(int(lots) * self.lot_units)

    def value_text(self, ticks_times_lots: int) -> str:
        """Price times quantity, with eight decimals."""
        return units(int(ticks_times_lots) * self.tick_units * self.lot_units // UNITS)

    def described(self, status: str) -> dict[str, Any]:
        """The pair's entry in exchangeInfo."""
        return {
            "symbol": self.symbol,
            "status": status,
            "baseAsset": self.base,
            "baseAssetPrecision": 8,
            "quoteAsset": self.quote,
            "quotePrecision": 8,
            "quoteAssetPrecision": 8,
            "baseCommissionPrecision": 8,
            "quoteCommissionPrecision": 8,
            "orderTypes": list(ORDER_TYPES),
            "icebergAllowed": True,
            "ocoAllowed": True,
            "otoAllowed": False,
            "opoAllowed": False,
            "quoteOrderQtyMarketAllowed": True,
            "allowTrailingStop": True,
            "cancelReplaceAllowed": True,
            "amendAllowed": False,
            "pegInstructionsAllowed": False,
            "isSpotTradingAllowed": True,
            "isMarginTradingAllowed": False,
            "filters": [dict(rule) for rule in self.filters],
            "permissions": [],
            "permissionSets": [["SPOT"]],
            "defaultSelfTradePreventionMode": "EXPIRE_MAKER",
            "allowedSelfTradePreventionModes": list(SELF_TRADE_MODES),
        }


def usual_filters(
    tick: Decimal, lot: Decimal, least_notional: Decimal, most_lots: int = 900_000_000
) -> Iterator[Filter]:
    """The set of filters that a pair of Binance has today."""
    yield {
        "filterType": "PRICE_FILTER",
        "minPrice": amount(tick),
        "maxPrice": amount(tick * 100_000_000),
        "tickSize": amount(tick),
    }
    yield {"filterType": "LOT_SIZE", "minQty": amount(lot), "maxQty": amount(lot * most_lots), "stepSize": amount(lot)}
    yield {"filterType": "ICEBERG_PARTS", "limit": 50}
    yield {
        "filterType": "MARKET_LOT_SIZE",
        "minQty": amount(Decimal(0)),
        "maxQty": amount(lot * (most_lots // 50)),
        "stepSize": amount(Decimal(0)),
    }
    yield {
        "filterType": "TRAILING_DELTA",
        "minTrailingAboveDelta": 10,
        "maxTrailingAboveDelta": 2000,
        "minTrailingBelowDelta": 10,
        "maxTrailingBelowDelta": 2000,
    }
    yield {
        "filterType": "PERCENT_PRICE_BY_SIDE",
        "bidMultiplierUp": "5",
        "bidMultiplierDown": "0.2",
        "askMultiplierUp": "5",
        "askMultiplierDown": "0.2",
        "avgPriceMins": 5,
    }
    yield {
        "filterType": "NOTIONAL",
        "minNotional": amount(least_notional),
        "applyMinToMarket": True,
        "maxNotional": amount(Decimal(9_000_000)),
        "applyMaxToMarket": False,
        "avgPriceMins": 5,
    }
    yield {"filterType": "MAX_NUM_ORDERS", "maxNumOrders": 200}
    yield {"filterType": "MAX_NUM_ORDER_LISTS", "maxNumOrderLists": 20}
    yield {"filterType": "MAX_NUM_ALGO_ORDERS", "maxNumAlgoOrders": 5}
    yield {"filterType": "MAX_NUM_ORDER_AMENDS", "maxNumOrderAmends": 10}


__all__ = [
    "ORDER_TYPES",
    "SELF_TRADE_MODES",
    "STATUSES",
    "UNIT",
    "UNITS",
    "Filter",
    "Pair",
    "amount",
    "units",
    "usual_filters",
]
