"""At which price of a bar an order is executed."""

from dataclasses import dataclass
from decimal import Decimal

from algo_trading.domain.order import Order, OrderType
from algo_trading.domain.signal import Side


@dataclass(frozen=True, slots=True)
class Match:
    """What a bar does to an order.

    `price` is that of its execution before slippage, None where there is none. `slips` says whether slippage applies: a
    limit is never exceeded. `triggered` says whether the stop of a stop-limit has been reached by now.
    """

    price: Decimal | None
    slips: bool = True
    triggered: bool = False


def match(order: Order, open_: Decimal, high: Decimal, low: Decimal) -> Match:
    """Execute an order that waited before the bar within it.

    A price that the bar opens beyond is taken at the open, another one where it lies. Where the way of the price within
    the bar matters, which nobody knows, the order waits. Of a stop or target that was reached and not filled whole, the
    rest is a market order.
    """
    if order.type is OrderType.MARKET or (order.triggered and order.type in {OrderType.STOP, OrderType.TARGET}):
        return Match(open_)
    buys = order.side is Side.BUY
    if order.type is OrderType.STOP_LIMIT:
        return _stop_limit(order, buys, open_, high, low)
    if order.type is OrderType.LIMIT:
        return Match(_reached(order.limit_price, buys, open_, high, low), slips=False)
    return Match(_reached(order.stop_price, buys != (order.type is OrderType.STOP), open_, high, low))


def _stop_limit(order: Order, buys: bool, open_: Decimal, high: Decimal, low: Decimal) -> Match:
    stopped = open_ if order.triggered else _reached(order.stop_price, not buys, open_, high, low)
    if stopped is None:
        return Match(None, slips=False)
    assert order.limit_price is not None
    if stopped == open_:  # the whole bar comes after it
        return Match(_reached(order.limit_price, buys, open_, high, low), slips=False, triggered=True)
    within = stopped <= order.limit_price if buys else stopped >= order.limit_price
    return Match(stopped if within else None, slips=False, triggered=True)


def _reached(level: Decimal | None, falling: bool, open_: Decimal, high: Decimal, low: Decimal) -> Decimal | None:
    """The first price of the bar at `level` or below it (above it, unless `falling`); None where there is none."""
    assert level is not None
    if falling:
        return open_ if open_ <= level else level if low <= level else None
    return open_ if open_ >= level else level if high >= level else None
