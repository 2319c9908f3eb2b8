"""What the end of an instrument does to an account: it is delisted, or merged into another one."""

from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from algo_trading.domain.account import AccountClock, AccountState, Position
from algo_trading.domain.booking import (
    Booking,
    cash_for,
    cause_of,
    divided,
    split_quantity,
    split_ratio,
)
from algo_trading.domain.corporate_actions import ActionKind, CorporateAction
from algo_trading.domain.costs import FRACTIONS
from algo_trading.domain.instrument import Instrument, Series
from algo_trading.domain.ledger import Entry, EntryKind
from algo_trading.domain.order import OrderStatus
from algo_trading.domain.time import midnight

KINDS = {ActionKind.DELISTED: EntryKind.DELISTED, ActionKind.MERGED: EntryKind.MERGED}


class Ended(NamedTuple):
    """What a holding comes to: shares of the series that takes its place, if one does, and cash."""

    series: Series | None
    quantity: Decimal
    cash: Decimal


def end_of(series: Series, quantity: Decimal, action: CorporateAction, previous: Decimal | None) -> Ended:
    """What a quantity becomes when its instrument ends.

    A delisting pays its value for each share, 0 writes it off. A merger gives shares of the target, and cash in lieu of
    a part of one at the close before (`previous`).
    """
    if action.kind is ActionKind.DELISTED:
        return Ended(None, Decimal(0), cash_for(series, quantity, action.value))
    target = Series(Instrument(action.target, series.venue), series.interval)
    shares, in_lieu = split_quantity(target, quantity, split_ratio(action.value), previous)
    return Ended(target, shares, in_lieu)


def book_end(
    state: AccountState, clock: AccountClock, action: CorporateAction, previous: Decimal | None, booked_at: datetime
) -> Booking:
    """Close what is held of the instrument, for what follows a clock, and cancel the orders for it that wait."""
    entries, kind, cause, at = [], KINDS[action.kind], cause_of(action), midnight(action.ex_date)
    for position in state.positions:
        if position.instrument != action.instrument or not clock.times(position.series):
            continue
        ended = end_of(position.series, position.quantity, action, previous)
        state = state.holding(replace(position, quantity=Decimal(0)))
        entries.append(Entry(kind, cause, -position.quantity, at, booked_at, holding=position.holding))
        if ended.series is not None and ended.quantity:
            after = _moved(position, ended.series, ended.quantity, split_ratio(action.value))
            state = state.holding(_joined(state.position(after.holding), after))
            entries.append(Entry(kind, cause, ended.quantity, at, booked_at, holding=after.holding))
        if ended.cash:
            currency = state.account.currency
            state = state.paid(currency, ended.cash)
            entries.append(Entry(kind, cause, ended.cash, at, booked_at, currency, position.holding))
    cancelled = []
    for order in state.orders:
        if order.instrument == action.instrument and clock.times(order.series):
            gone = order.moved(OrderStatus.CANCELLED, f"{action.kind.noun} of {action.instrument} on {action.ex_date}")
            cancelled.append(gone)
            state = state.ordering(gone)
    return Booking(state, tuple(entries), tuple(cancelled))


def _moved(position: Position, series: Series, quantity: Decimal, ratio: Fraction) -> Position:
    entry, best = divided(position.entry_price, ratio), divided(position.best_price, ratio)
    return replace(position, series=series, quantity=quantity, entry_price=entry, best_price=best)


def _joined(held: Position | None, more: Position) -> Position:
    """One position of both; what would end at zero is gone."""
    if held is None:
        return more
    quantity = held.quantity + more.quantity
    if held.quantity * more.quantity < 0 or not quantity:
        return replace(held if abs(held.quantity) >= abs(more.quantity) else more, quantity=quantity)
    entry = (held.entry_price * held.quantity + more.entry_price * more.quantity) / quantity
    best = (max if quantity > 0 else min)(held.best_price, more.best_price)
    return replace(held, quantity=quantity, entry_price=entry.quantize(FRACTIONS.price), best_price=best)
