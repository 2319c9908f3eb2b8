"""Accounts in memory."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal

from algo_trading.domain.account import Account, AccountState, Caps, Mode
from algo_trading.domain.approval import Approval
from algo_trading.domain.ledger import Entry
from algo_trading.domain.order import Execution, Order, OrderEvent, OrderStatus
from algo_trading.repositories.accounts import UNSENT, AccountStep, StaleAccountError, Submission


@dataclass
class _Book:
    state: AccountState
    orders: dict[str, Order] = field(default_factory=dict)
    events: list[OrderEvent] = field(default_factory=list)
    submissions: dict[str, Submission] = field(default_factory=dict)
    executions: dict[str, Execution] = field(default_factory=dict)
    entries: dict[tuple[object, ...], Entry] = field(default_factory=dict)


class FakeAccounts:
    """Implements AccountRepository; `stored` counts the transactions, `changed` names orders as they were stored."""

    def __init__(self) -> None:
        self._books: dict[str, _Book] = {}
        self.approvals: dict[str, Approval] = {}
        self.stored = 0
        self.changed: list[str] = []

    def open(self, step: AccountStep) -> AccountState:
        if step.account not in self._books:
            self._books[step.account] = _Book(step.before)
            self.store(step)
        return self._books[step.account].state

    def names(self) -> list[str]:
        return sorted(self._books)

    def state(self, name: str) -> AccountState:
        return self._books[name].state

    def store(self, step: AccountStep) -> AccountState:
        book = self._books[step.account]
        if step.before.version != book.state.version:
            raise StaleAccountError(step.account)
        executions = {execution.id: execution for execution in step.executions}
        entries: dict[tuple[object, ...], Entry] = {(e.kind, e.cause, e.asset, e.holding): e for e in step.entries}
        twice = len(executions) < len(step.executions) or len(entries) < len(step.entries)
        if twice or executions.keys() & book.executions.keys() or entries.keys() & book.entries.keys():
            raise ValueError(f"{step.account}: an execution or entry was booked before")
        self.stored += 1
        self.changed += [order.client_order_id for order in step.orders]
        book.state = replace(step.after, version=step.before.version + 1)
        for order in step.orders:
            if order.status is OrderStatus.NEW:
                book.submissions.setdefault(order.client_order_id, Submission(order.client_order_id))
            book.orders[order.client_order_id] = order
            book.events.append(
                OrderEvent(order.client_order_id, step.at, order.status, order.quantity, order.filled, order.reason)
            )
        book.submissions.update({one.client_order_id: one for one in step.submissions})
        book.executions.update(executions)
        self.approvals.update({one.client_order_id: one for one in step.approvals})
        book.entries.update(entries)
        return book.state

    def reset(self, step: AccountStep) -> AccountState:
        if step.before.version != self._books[step.account].state.version:
            raise StaleAccountError(step.account)
        for order_id in self._books[step.account].orders:
            self.approvals.pop(order_id, None)
        self._books[step.account] = _Book(step.before)
        return self.store(step)

    def change(self, account: Account) -> None:
        book = self._books[account.name]
        kept = book.state.account
        book.state = replace(book.state, account=replace(account, mode=kept.mode, caps=kept.caps))

    def set_mode(self, name: str, mode: Mode, caps: Caps) -> None:
        book = self._books[name]
        book.state = replace(book.state, account=replace(book.state.account, mode=mode, caps=caps))

    def entries_sent(self, name: str, since: datetime) -> Mapping[str, Decimal]:
        return {
            order.client_order_id: order.budget
            for order in self._books[name].orders.values()
            if order.decided_at >= since and not order.closes and order.budget and order.status not in UNSENT
        }

    def order(self, client_order_id: str) -> Order | None:
        return self._orders().get(client_order_id)

    def orders(self, name: str | None = None, limit: int | None = None) -> list[Order]:
        found = [order for order in self._orders().values() if name in {None, order.account}]
        newest_first = sorted(found, key=lambda order: order.decided_at)[::-1]
        return newest_first[:limit]

    def known_orders(self, client_order_ids: Collection[str]) -> set[str]:
        return set(client_order_ids) & self._orders().keys()

    def events(self, client_order_id: str) -> list[OrderEvent]:
        return [e for book in self._books.values() for e in book.events if e.client_order_id == client_order_id]

    def submission(self, client_order_id: str) -> Submission | None:
        found = (book.submissions.get(client_order_id) for book in self._books.values())
        return next((one for one in found if one is not None), None)

    def executions(self, name: str) -> list[Execution]:
        return sorted(self._books[name].executions.values(), key=lambda e: e.at) if name in self._books else []

    def executions_of(self, client_order_ids: Collection[str]) -> Mapping[str, Sequence[Execution]]:
        found: dict[str, list[Execution]] = {}
        for execution in (e for name in self.names() for e in self.executions(name)):
            if execution.client_order_id in client_order_ids:
                found.setdefault(execution.client_order_id, []).append(execution)
        return found

    def known_executions(self, name: str, ids: Collection[str]) -> set[str]:
        return set(ids) & self._books[name].executions.keys()

    def entries(self, name: str) -> list[Entry]:
        return list(self._books[name].entries.values()) if name in self._books else []

    def order_counts(self) -> Mapping[str, int]:
        counts = Counter(order.status for order in self._orders().values())
        return {str(status): counts[status] for status in OrderStatus}

    def _orders(self) -> dict[str, Order]:
        return {key: order for book in self._books.values() for key, order in book.orders.items()}
