"""Every endpoint: where REST and the websocket API have it, what it costs, who may use it, what it reads."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from algo_trading.exchange import market_data, order_lists, trading
from algo_trading.exchange.accounts import Account
from algo_trading.exchange.engine import Exchange
from algo_trading.exchange.parameters import Parameters

SIGNED = ("timestamp", "recvWindow", "signature")
ORDER = (
    "symbol",
    "side",
    "type",
    "timeInForce",
    "quantity",
    "quoteOrderQty",
    "price",
    "newClientOrderId",
    "strategyId",
    "strategyType",
    "stopPrice",
    "trailingDelta",
    "icebergQty",
    "newOrderRespType",
    "selfTradePreventionMode",
)
LEG = (
    "Type",
    "ClientOrderId",
    "IcebergQty",
    "Price",
    "StopPrice",
    "TrailingDelta",
    "TimeInForce",
    "StrategyId",
    "StrategyType",
)
OCO = (
    "symbol",
    "listClientOrderId",
    "side",
    "quantity",
    *(where + name for where in ("above", "below") for name in LEG),
    "newOrderRespType",
    "selfTradePreventionMode",
)
OLD_OCO = (
    "symbol",
    "listClientOrderId",
    "side",
    "quantity",
    "limitClientOrderId",
    "price",
    "stopClientOrderId",
    "stopPrice",
    "stopLimitPrice",
    "stopLimitTimeInForce",
    "newOrderRespType",
    "selfTradePreventionMode",
)
TIMES = ("startTime", "endTime", "limit")

Weight = Callable[[Mapping[str, str]], int]
Public = Callable[[Exchange, Parameters], Any]
Private = Callable[[Exchange, Account, Parameters], Any]


@dataclass(frozen=True)
class Endpoint:
    """`public` endpoints need no key, `private` ones a signed request. `orders` is what it adds to the order count."""

    method: str
    path: str
    call: str | None  # its name in the websocket API
    reads: Sequence[str] = ()
    weight: int | Weight = 1
    public: Public | None = None
    private: Private | None = None
    trades: bool = False
    orders: int = 0

    def cost(self, values: Mapping[str, str]) -> int:
        """The weight of a request with these parameters."""
        return self.weight if isinstance(self.weight, int) else self.weight(values)


def _depth(values: Mapping[str, str]) -> int:
    limit = int(values["limit"]) if values.get("limit", "").isdigit() else 100
    return next((weight for most, weight in ((100, 5), (500, 25), (1000, 50)) if limit <= most), 250)


def _count(values: Mapping[str, str]) -> int | None:
    """How many pairs are requested; None for all."""
    if "symbol" in values:
        return 1
    return values["symbols"].count(",") + 1 if "symbols" in values else None


def _day_ticker(values: Mapping[str, str]) -> int:
    count = _count(values)
    return 80 if count is None or count > 100 else 2 if count <= 20 else 40


def _rolling(values: Mapping[str, str]) -> int:
    return min(4 * (_count(values) or 1), 200)


def _one_or_all(one: int, everything: int) -> Weight:
    return lambda values: one if "symbol" in values else everything


def _either(name: str, with_it: int, without: int) -> Weight:
    return lambda values: with_it if name in values else without


MARKET = (
    Endpoint("GET", "/api/v3/ping", "ping", public=lambda _exchange, _asked: {}),
    Endpoint("GET", "/api/v3/time", "time", public=lambda exchange, _: {"serverTime": exchange.clock.server_time()}),
    Endpoint("GET", "/api/v3/depth", "depth", ("symbol", "limit"), _depth, public=market_data.depth),
    Endpoint("GET", "/api/v3/trades", "trades.recent", ("symbol", "limit"), 25, public=market_data.trades),
    Endpoint(
        "GET",
        "/api/v3/historicalTrades",
        "trades.historical",
        ("symbol", "limit", "fromId"),
        25,
        public=market_data.trades,
    ),
    Endpoint(
        "GET",
        "/api/v3/aggTrades",
        "trades.aggregate",
        ("symbol", "fromId", *TIMES),
        4,
        public=market_data.aggregated,
    ),
    *(
        Endpoint(
            "GET", f"/api/v3/{name}", name, ("symbol", "interval", "timeZone", *TIMES), 2, public=market_data.klines
        )
        for name in ("klines", "uiKlines")
    ),
    Endpoint("GET", "/api/v3/avgPrice", "avgPrice", ("symbol",), 2, public=market_data.average),
    Endpoint(
        "GET",
        "/api/v3/ticker/24hr",
        "ticker.24hr",
        ("symbol", "symbols", "type"),
        _day_ticker,
        public=market_data.day_tickers,
    ),
    Endpoint(
        "GET",
        "/api/v3/ticker",
        "ticker",
        ("symbol", "symbols", "windowSize", "type"),
        _rolling,
        public=market_data.rolling_tickers,
    ),
    Endpoint(
        "GET",
        "/api/v3/ticker/price",
        "ticker.price",
        ("symbol", "symbols"),
        _one_or_all(2, 4),
        public=market_data.prices,
    ),
    Endpoint(
        "GET",
        "/api/v3/ticker/bookTicker",
        "ticker.book",
        ("symbol", "symbols"),
        _one_or_all(2, 4),
        public=market_data.book_tickers,
    ),
)

TRADING = (
    Endpoint("POST", "/api/v3/order", "order.place", ORDER, private=trading.place, trades=True, orders=1),
    Endpoint(
        "POST",
        "/api/v3/order/test",
        "order.test",
        (*ORDER, "computeCommissionRates"),
        _either("computeCommissionRates", 20, 1),
        private=trading.test,
        trades=True,
    ),
    Endpoint(
        "GET", "/api/v3/order", "order.status", ("symbol", "orderId", "origClientOrderId"), 4, private=trading.query
    ),
    Endpoint(
        "DELETE",
        "/api/v3/order",
        "order.cancel",
        ("symbol", "orderId", "origClientOrderId", "newClientOrderId", "cancelRestrictions"),
        private=trading.cancel,
        trades=True,
    ),
    Endpoint(
        "POST",
        "/api/v3/order/cancelReplace",
        "order.cancelReplace",
        (
            *ORDER,
            "cancelReplaceMode",
            "cancelNewClientOrderId",
            "cancelOrigClientOrderId",
            "cancelOrderId",
            "cancelRestrictions",
        ),
        private=trading.cancel_replace,
        trades=True,
        orders=1,
    ),
    Endpoint(
        "GET", "/api/v3/openOrders", "openOrders.status", ("symbol",), _one_or_all(6, 80), private=trading.open_orders
    ),
    Endpoint(
        "DELETE", "/api/v3/openOrders", "openOrders.cancelAll", ("symbol",), private=trading.cancel_all, trades=True
    ),
    Endpoint("GET", "/api/v3/allOrders", "allOrders", ("symbol", "orderId", *TIMES), 20, private=trading.all_orders),
    Endpoint(
        "GET",
        "/api/v3/myTrades",
        "myTrades",
        ("symbol", "orderId", "fromId", *TIMES),
        _either("orderId", 5, 20),
        private=trading.my_trades,
    ),
    Endpoint(
        "GET",
        "/api/v3/myPreventedMatches",
        "myPreventedMatches",
        ("symbol", "preventedMatchId", "orderId", "fromPreventedMatchId", "limit"),
        _either("preventedMatchId", 2, 20),
        private=trading.prevented,
    ),
    Endpoint("GET", "/api/v3/account/commission", "account.commission", ("symbol",), 20, private=trading.commission),
    Endpoint(
        "POST",
        "/api/v3/orderList/oco",
        "orderList.place.oco",
        OCO,
        private=order_lists.place_oco,
        trades=True,
        orders=2,
    ),
    Endpoint(
        "POST",
        "/api/v3/order/oco",
        "orderList.place",
        OLD_OCO,
        private=order_lists.place_old_oco,
        trades=True,
        orders=2,
    ),
    Endpoint(
        "DELETE",
        "/api/v3/orderList",
        "orderList.cancel",
        ("symbol", "orderListId", "listClientOrderId", "newClientOrderId"),
        private=order_lists.cancel_list,
        trades=True,
    ),
    Endpoint(
        "GET",
        "/api/v3/orderList",
        "orderList.status",
        ("orderListId", "origClientOrderId"),
        4,
        private=order_lists.query_list,
    ),
    Endpoint("GET", "/api/v3/openOrderList", "openOrderLists.status", (), 6, private=order_lists.open_lists),
    Endpoint("GET", "/api/v3/allOrderList", "allOrderLists", ("fromId", *TIMES), 20, private=order_lists.all_lists),
)


__all__ = ["MARKET", "SIGNED", "TRADING", "Endpoint"]
