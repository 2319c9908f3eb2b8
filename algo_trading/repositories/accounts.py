"""Accounts with their orders, fills and books."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Protocol

from algo_trading.domain.account import Account, Entry, Fill, Order


@dataclass(frozen=True, slots=True)
class AccountStep:
    """What one session did to an account: its state afterwards and what happened, stored in one transaction.

    `orders` are the orders whose status is new or changed in this session.
    """

    account: Account
    orders: tuple[Order, ...] = ()
    fills: tuple[Fill, ...] = ()
    entries: tuple[Entry, ...] = ()


class LockedAccount(Protocol):
    """An account nobody else can advance meanwhile."""

    @property
    def account(self) -> Account:
        """Its state."""
        ...

    def store(self, step: AccountStep) -> None:
        """Write a step; it is committed when the lock is released without an error."""
        ...


class AccountRepository(Protocol):
    """Accounts by name."""

    def open(self, name: str, venue: str, start: date, cash: Decimal) -> Account:
        """Create the account unless it exists; an existing one is returned as it is."""
        ...

    def names(self) -> list[str]:
        """Names of all accounts, sorted."""
        ...

    def get(self, name: str) -> Account:
        """The account; KeyError if there is none."""
        ...

    def locked(self, name: str) -> AbstractContextManager[LockedAccount]:
        """Lock the account for one step: waits for other holders; commits at the end, rolls back on an error."""
        ...

    def orders(self, name: str | None = None, limit: int | None = None) -> list[Order]:
        """Orders, newest decision first."""
        ...

    def fills(self, name: str) -> list[Fill]:
        """Fills of an account, oldest first."""
        ...

    def entries(self, name: str) -> Sequence[Entry]:
        """The account's book, oldest first."""
        ...

    def order_counts(self) -> Mapping[str, int]:
        """Orders by status."""
        ...
