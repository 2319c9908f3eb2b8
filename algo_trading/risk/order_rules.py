"""What a venue asks of an order, checked before it is sent. All amounts are exact."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from algo_trading.domain.costs import QUANTITY_STEP
from algo_trading.domain.instrument import TradingRules
from algo_trading.domain.signal import Side

MARKET = "MARKET"
WITHOUT_LIMIT = frozenset({MARKET, "STOP_LOSS", "TAKE_PROFIT"})
STOPS = frozenset({"STOP_LOSS", "STOP_LOSS_LIMIT", "TAKE_PROFIT", "TAKE_PROFIT_LIMIT"})


@dataclass(frozen=True, slots=True)
class OrderTerms:
    """An order in the venue's terms; `type` is its word.

    A market order may name what it `spends` instead of a quantity.
    """

    side: Side
    type: str
    quantity: Decimal | None = None
    spends: Decimal | None = None
    price: Decimal | None = None
    stop_price: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """How the market and the account stand in an instrument.

    `reference` is the average or last price that the rules go by (None: there is none yet), `held` what the account has
    of the base asset, with what its open orders may still buy.
    """

    reference: Decimal | None = None
    open_orders: int = 0
    open_stops: int = 0
    held: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class Violation:
    """A broken rule, by the name that exchanges give it. `too_small` tells of an order that is below a minimum."""

    rule: str
    sentence: str
    too_small: bool = False

    def __str__(self) -> str:
        return f"{self.rule}: {self.sentence}"


class _Bounds(NamedTuple):
    """What a value is held to; a 0 asks nothing."""

    least: Decimal
    most: Decimal
    step: Decimal = Decimal(0)


def first_violation(terms: OrderTerms, rules: TradingRules, standing: Standing) -> Violation | None:
    """The first rule that the order breaks, with its value and bound."""
    return next(violations(terms, rules, standing), None)


def violations(terms: OrderTerms, rules: TradingRules, standing: Standing) -> Iterator[Violation]:
    """Every rule that the order breaks."""
    if not rules.trading:
        yield Violation("status", f"{rules.instrument} is {rules.status}, not TRADING")
    if rules.order_types and terms.type not in rules.order_types:
        yield Violation("orderTypes", f"{terms.type} is not one of {', '.join(rules.order_types)}")
    quantity = _quantity(terms, standing)
    yield from _lots(terms, rules, quantity)
    yield from _prices(terms, rules, standing)
    yield from _notional(terms, rules, standing, quantity)
    yield from _counts(terms, rules, standing)
    if rules.max_position and terms.side is Side.BUY and quantity is not None:
        after = Fraction(standing.held) + quantity
        if after > Fraction(rules.max_position):
            yield Violation("MAX_POSITION", f"holding {shown(after)} {rules.base} exceeds {shown(rules.max_position)}")


def lot_of(rules: TradingRules, type_: str) -> Decimal:
    """The step of quantities of an order; eight decimals where the venue names none."""
    lot = rules.lot or QUANTITY_STEP
    return _common_multiple(lot, rules.market_lot) if type_ in WITHOUT_LIMIT and rules.market_lot else lot


def round_down(amount: Decimal, step: Decimal) -> Decimal:
    """The largest multiple of `step` that is not above `amount`."""
    return math.floor(Fraction(amount) / Fraction(step)) * step


def shown(amount: Decimal | Fraction) -> str:
    """An amount without an exponent and trailing zeros, at most eight decimals of it."""
    number = amount if isinstance(amount, Decimal) else Decimal(math.floor(amount * 10**8)).scaleb(-8)
    return f"{number.normalize():f}"


def _quantity(terms: OrderTerms, standing: Standing) -> Fraction | None:
    """What is traded; of an order that names what it spends, about that."""
    if terms.quantity is not None:
        return Fraction(terms.quantity)
    if terms.spends is None or not standing.reference:
        return None
    return Fraction(terms.spends) / Fraction(standing.reference)


def _lots(terms: OrderTerms, rules: TradingRules, quantity: Fraction | None) -> Iterator[Violation]:
    if quantity is None:
        return
    exact = terms.quantity is not None  # else the venue rounds
    bounds = {"LOT_SIZE": _Bounds(rules.min_quantity, rules.max_quantity, rules.lot)}
    if terms.type in WITHOUT_LIMIT:
        most = rules.market_max_quantity
        bounds["MARKET_LOT_SIZE"] = _Bounds(rules.market_min_quantity, most, rules.market_lot)
    for rule, bound in bounds.items():
        yield from _outside(rule, "quantity", quantity, bound if exact else bound._replace(step=Decimal(0)))


def _prices(terms: OrderTerms, rules: TradingRules, standing: Standing) -> Iterator[Violation]:
    for what, price in (("price", terms.price), ("stop price", terms.stop_price)):
        if price is not None:
            bounds = _Bounds(rules.min_price, rules.max_price, rules.tick)
            yield from _outside("PRICE_FILTER", what, Fraction(price), bounds)
    if terms.price is None or not standing.reference:
        return
    buys = terms.side is Side.BUY
    down = rules.bid_multiplier_down if buys else rules.ask_multiplier_down
    up = rules.bid_multiplier_up if buys else rules.ask_multiplier_up
    limit, reference = Fraction(terms.price), Fraction(standing.reference)
    if (down and limit < reference * Fraction(down)) or (up and limit > reference * Fraction(up)):
        yield Violation(
            "PERCENT_PRICE",
            f"price {shown(limit)} is not within {shown(down)} and {shown(up)} times {shown(reference)}",
        )


def _notional(
    terms: OrderTerms, rules: TradingRules, standing: Standing, quantity: Fraction | None
) -> Iterator[Violation]:
    """Value at the order's price, else at its stop price, else at the reference price."""
    price = terms.price or terms.stop_price or standing.reference
    if terms.spends is not None:
        value = Fraction(terms.spends)
    elif quantity is not None and price is not None:
        value = quantity * Fraction(price)
    else:
        return
    market = terms.type in WITHOUT_LIMIT
    least = rules.min_notional if rules.notional_for_market or not market else Decimal(0)
    most = rules.max_notional if rules.max_notional_for_market or not market else Decimal(0)
    yield from _outside("NOTIONAL", f"value in {rules.quote}", value, _Bounds(least, most))


def _counts(terms: OrderTerms, rules: TradingRules, standing: Standing) -> Iterator[Violation]:
    if rules.max_orders and terms.type != MARKET and standing.open_orders + 1 > rules.max_orders:
        yield Violation(
            "MAX_NUM_ORDERS", f"{standing.open_orders} orders are open, of at most {shown(rules.max_orders)}"
        )
    if rules.max_stop_orders and terms.type in STOPS and standing.open_stops + 1 > rules.max_stop_orders:
        most = shown(rules.max_stop_orders)
        yield Violation("MAX_NUM_ALGO_ORDERS", f"{standing.open_stops} stop orders are open, of at most {most}")


def _outside(rule: str, what: str, value: Fraction, bounds: _Bounds) -> Iterator[Violation]:
    least, most, step = bounds
    if least and value < Fraction(least):
        yield Violation(rule, f"{what} {shown(value)} is below the minimum of {shown(least)}", too_small=True)
    elif most and value > Fraction(most):
        yield Violation(rule, f"{what} {shown(value)} is above the maximum of {shown(most)}")
    elif step and value % Fraction(step):
        yield Violation(rule, f"{what} {shown(value)} is not a multiple of {shown(step)}")


def _common_multiple(one: Decimal, other: Decimal) -> Decimal:
    first, second = Fraction(one), Fraction(other)
    numerator = math.lcm(first.numerator * second.denominator, second.numerator * first.denominator)
    least = Fraction(numerator, first.denominator * second.denominator)
    return Decimal(least.numerator) / Decimal(least.denominator)
