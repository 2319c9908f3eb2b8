"""Entries against the rules of their account: what is refused, and what a person is asked for."""

from collections.abc import Mapping
from decimal import Decimal

from algo_trading.domain.account import AccountState, Position
from algo_trading.domain.account_rules import AccountRules
from algo_trading.domain.instrument import Series
from algo_trading.domain.order import Order
from algo_trading.domain.post import Level


def exposure_refusal(order: Order, state: AccountState, equity: Decimal, prices: Mapping[Series, Decimal]) -> str:
    """Why an entry would put too much into one place; empty where it does not.

    Positions count at these prices, or where there is none at what they cost, and entries that wait with their budgets.
    """
    rules = state.account.rules
    bounds = (
        ("in " + str(order.instrument), rules.max_instrument, lambda one: one.instrument == order.instrument),
        ("in the positions of " + order.strategy.name, rules.max_strategy, lambda one: one.strategy == order.strategy),
        ("in positions", rules.max_exposure, lambda _: True),
    )
    for what, most, counts in bounds:
        if most is None or order.budget is None:
            continue
        held = sum((_value(one, prices) for one in state.positions if counts(one)), Decimal(0))
        waiting = [one for one in state.orders if not one.closes and one.client_order_id != order.client_order_id]
        total = held + sum((one.budget or Decimal(0) for one in waiting if counts(one)), order.budget)
        if total > most * equity:
            currency = state.account.currency
            return f"{total:.2f} {currency} would be {what}, more than {most:.0%} of the equity of {equity:.2f}"
    return ""


def approval_reason(order: Order, level: Level, rules: AccountRules, currency: str) -> str:
    """Why a person is asked about an entry; empty where nobody is."""
    if order.closes:
        return ""
    if rules.approve_above is not None and order.budget is not None and order.budget > rules.approve_above:
        return f"{order.budget:.2f} {currency} is above {rules.approve_above:.2f}"
    if rules.approve_below is not None and not level.reaches(rules.approve_below):
        return f"its confidence is {level}, and below {rules.approve_below} a person is asked"
    return ""


def _value(position: Position, prices: Mapping[Series, Decimal]) -> Decimal:
    return abs(position.quantity) * prices.get(position.series, position.entry_price)
