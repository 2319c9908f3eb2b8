"""Corrections of an account's book, for corporate actions that are known otherwise now than when they were booked."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from fractions import Fraction

from algo_trading.domain.account import AccountState, Position
from algo_trading.domain.booking import times
from algo_trading.domain.costs import FRACTIONS
from algo_trading.domain.derivation import CORRECTED, Change, Derivation, booked_changes, corrections
from algo_trading.domain.ledger import Entry, EntryKind, Holding, differences, sums_of
from algo_trading.domain.order import Order
from algo_trading.errors import AlgoTradingError
from algo_trading.gateways.clock import Clock
from algo_trading.repositories.account_checks import AccountCheck
from algo_trading.repositories.accounts import AccountStep
from algo_trading.services.verify_accounts import VerifyAccounts, passed

log = logging.getLogger(__name__)


class CannotCorrectError(AlgoTradingError):
    """What is wrong with an account does not follow from its corporate actions: a person has to look."""


@dataclass(frozen=True)
class CorrectAccount:
    """Book now, for the day of each action, what a late, changed or withdrawn one has left wrong.

    Cash and quantities become those that follow from the fills and the actions of now, and the prices that exits are
    counted from follow a split. Orders that wait to close a position close what has become of it.
    """

    verify: VerifyAccounts
    clock: Clock

    def __call__(self, name: str) -> tuple[Entry, ...]:
        """The entries that were booked; none where there is nothing to correct. KeyError if there is no such account.

        Raises:
            CannotCorrectError: the account would still not be what its fills and actions come to, or would be short
                of what was sold before an action was withdrawn.
        """
        with self.verify.locks.exclusively(f"account {name}"):
            return self._correct(name)

    def where_revised(self, name: str) -> tuple[Entry, ...]:
        """Correct an account if an action that it has passed was told, changed or withdrawn since it was looked at.

        The caller has its exclusive work. What cannot be corrected is left to a person, and recorded as the verdict.
        """
        changed_at, check = self.verify.actions.changed_at(), self.verify.checks.all().get(name, AccountCheck(name))
        if changed_at is None or changed_at == check.actions_at:
            return ()
        passed_by = {
            clock.venue: passed(clock, self.verify.calendars) for clock in self.verify.accounts.state(name).clocks
        }
        revised = [version.action for version in self.verify.actions.versions(None, check.actions_at)]
        days = [(one.ex_date, passed_by.get(one.instrument.venue)) for one in revised]
        if all(last is None or ex_date > last for ex_date, last in days):
            self.verify.checks.record(replace(check, actions_at=changed_at))
            return ()
        try:
            entries = self._correct(name)
        except CannotCorrectError as error:
            log.warning("%s", error)
            entries = ()
        self.verify.verify(name)
        return entries

    def _correct(self, name: str) -> tuple[Entry, ...]:
        state, book, made = self.verify.derived(name)
        now = self.clock.now()
        missing = corrections(booked_changes(book), made.changes)
        entries = tuple(_entry(change, amount, now) for change, amount in missing.items())
        after, orders = _corrected(state, missing, made)
        wrong = [*differences(sums_of([*book, *entries]), after.sums), *differences(made.sums, after.sums)]
        if wrong:
            raise CannotCorrectError(f"{name} differs by more than its corporate actions: {wrong[0]}")
        if entries:
            self.verify.accounts.store(AccountStep(state, after, now, orders, entries=entries))
        return entries


def _entry(change: Change, amount: Decimal, now: datetime) -> Entry:
    cause = f"{change.cause}{CORRECTED}{now:%Y-%m-%d %H:%M:%S}"
    return Entry(EntryKind.CORRECTION, cause, amount, change.at, now, change.asset, change.holding)


def _corrected(
    state: AccountState, missing: Mapping[Change, Decimal], made: Derivation
) -> tuple[AccountState, tuple[Order, ...]]:
    """The state with what was missing, and the orders that changed: those that close a position close all of it.

    What several actions have left wrong of one position is added up first: only the sum has to be there.
    """
    orders: dict[str, Order] = {}
    shares: dict[Holding, dict[Change, Decimal]] = {}
    for change, amount in missing.items():
        if change.asset or change.holding is None:
            state = state.paid(change.asset, amount)
        else:
            shares.setdefault(change.holding, {})[change] = amount
    for holding, changes in shares.items():
        cause = min(changes, key=changes.__getitem__).cause
        held, price = state.position(holding), made.prices[holding]
        if held is None:  # sold before the split was known: what it made more of was never sold
            held = Position(holding.strategy, holding.series, Decimal(0), price, price, cause)
        quantity = held.quantity + sum(changes.values())
        if quantity < 0 and not state.account.shorts:
            raise CannotCorrectError(f"{cause}: more {holding.series} was sold than the account would have had")
        if held.quantity * quantity > 0:
            ratio = held.quantity / quantity
            entry, best = ((one * ratio).quantize(FRACTIONS.price) for one in (held.entry_price, held.best_price))
            held = replace(held, entry_price=entry, best_price=best)
            for order in _following(state, holding, Fraction(quantity) / Fraction(held.quantity)):
                orders[order.client_order_id] = order
                state = state.ordering(order)
        state = state.holding(replace(held, quantity=quantity))
    return state, tuple(orders.values())


def _following(state: AccountState, holding: Holding, ratio: Fraction) -> list[Order]:
    """The orders for a number of shares that close a position, for what has become of them."""
    return [
        replace(order, quantity=times(order.quantity, ratio))
        for order in state.orders
        if order.closes and order.quantity is not None and Holding(order.strategy, order.series) == holding
    ]
