"""Entries against the rules of their account: what is refused, and what a person is asked for."""

from collections.abc import Callable, Mapping
from decimal import Decimal

from algo_trading.domain.account import AccountState, Position
from algo_trading.domain.account_rules import AccountRules
from algo_trading.domain.instrument import Series
from algo_trading.domain.order import Order
from algo_trading.domain.post import Level
from algo_trading.domain.signal import Side
from algo_trading.risk.exposure import exceeds

# A place, the cap on it, what belongs to it, and whether long and short positions are weighed against each other.
Bound = tuple[str, Decimal | None, Callable[[Position | Order], bool], bool]


def exposure_refusal(order: Order, state: AccountState, equity: Decimal, prices: Mapping[Series, Decimal]) -> str:
    """Why an entry would put too much into one place; empty where it does not.

    Positions count at these prices, or where there is none at what they cost, and entries that wait with their budgets.
    """
    if order.budget is None:
        return ""
    waiting = [one for one in state.orders if not one.closes and one.client_order_id != order.client_order_id]
    for what, most, counts, signed in _bounds(order, state.account.rules):
        if most is None:
            continue
        held = (_value(one, prices, signed=signed) for one in state.positions if counts(one))
        asked = (_budget(one, signed=signed) for one in waiting if counts(one))
        sums = sum(held, Decimal(0)), sum(asked, Decimal(0)), _budget(order, signed=signed)
        if exceeds(*sums, most, equity):
            total, currency = abs(sum(sums)), state.account.currency
            return f"{total:.2f} {currency} would be {what}, more than {most:.0%} of the equity of {equity:.2f}"
    return ""


def _bounds(order: Order, rules: AccountRules) -> tuple[Bound, ...]:
    return (
        (f"in {order.instrument}", rules.max_instrument, lambda one: one.instrument == order.instrument, False),
        (
            f"in the positions of {order.strategy.name}",
            rules.max_strategy,
            lambda one: one.strategy == order.strategy,
            False,
        ),
        ("in positions", rules.max_exposure, lambda _: True, False),
        ("in long positions less short ones", rules.max_net, lambda _: True, True),
    )


def approval_reason(order: Order, level: Level, rules: AccountRules, currency: str) -> str:
    """Why a person is asked about an entry; empty where nobody is."""
    if order.closes:
        return ""
    if rules.approve_above is not None and order.budget is not None and order.budget > rules.approve_above:
        return f"{order.budget:.2f} {currency} is above {rules.approve_above:.2f}"
    if rules.approve_below is not None and not level.reaches(rules.approve_below):
        return f"its confidence is {level}, and below {rules.approve_below} a person is asked"
    return ""


def _value(position: Position, prices: Mapping[Series, Decimal], *, signed: bool) -> Decimal:
    value = position.quantity * prices.get(position.series, position.entry_price)
    return value if signed else abs(value)


def _budget(entry: Order, *, signed: bool) -> Decimal:
    budget = entry.budget or Decimal(0)
    return -budget if signed and entry.side is Side.SELL else budget
