"""Accounts in memory."""

import contextlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from threading import Lock

from algo_trading.domain.account import Account, Entry, Fill, Order, OrderStatus
from algo_trading.repositories.accounts import AccountStep


@dataclass
class _Book:
    account: Account
    orders: dict[str, Order] = field(default_factory=dict)
    fills: list[Fill] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)
    lock: Lock = field(default_factory=Lock)


class FakeAccounts:
    """Implements AccountRepository."""

    def __init__(self) -> None:
        self._books: dict[str, _Book] = {}

    def open(self, name: str, venue: str, start: date, cash: Decimal) -> Account:
        return self._books.setdefault(name, _Book(Account(name, venue, start, None, cash))).account

    def names(self) -> list[str]:
        return sorted(self._books)

    def get(self, name: str) -> Account:
        return self._books[name].account

    @contextlib.contextmanager
    def locked(self, name: str) -> "Iterator[FakeLockedAccount]":
        book = self._books[name]
        with book.lock:
            locked = FakeLockedAccount(book.account)
            yield locked
            for step in locked.steps:  # reached only without an error: that is the commit
                book.account = step.account
                book.orders.update({order.client_order_id: order for order in step.orders})
                book.fills.extend(step.fills)
                book.entries.extend(step.entries)

    def orders(self, name: str | None = None, limit: int | None = None) -> list[Order]:
        found = [order for key, book in self._books.items() if name in {None, key} for order in book.orders.values()]
        newest_first = sorted(found, key=lambda order: order.decided_session)[::-1]
        return newest_first[:limit]

    def fills(self, name: str) -> list[Fill]:
        if name not in self._books:
            return []
        book = self._books[name]
        placed = list(book.orders)
        return sorted(book.fills, key=lambda fill: (fill.session, placed.index(fill.client_order_id)))

    def entries(self, name: str) -> Sequence[Entry]:
        return list(self._books[name].entries) if name in self._books else []

    def order_counts(self) -> Mapping[str, int]:
        counts = Counter(order.status for book in self._books.values() for order in book.orders.values())
        return {str(status): counts[status] for status in OrderStatus}


class FakeLockedAccount:
    """Implements LockedAccount."""

    def __init__(self, account: Account) -> None:
        self.account = account
        self.steps: list[AccountStep] = []

    def store(self, step: AccountStep) -> None:
        self.account = step.account
        self.steps.append(step)
