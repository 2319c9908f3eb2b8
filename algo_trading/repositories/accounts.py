"""Accounts with their orders, executions and books."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Protocol

from algo_trading.domain.account import Account, AccountState, Caps, Mode
from algo_trading.domain.approval import Approval
from algo_trading.domain.ledger import Entry
from algo_trading.domain.order import Execution, Order, OrderEvent, OrderStatus
from algo_trading.errors import AlgoTradingError

UNSENT = frozenset({OrderStatus.HELD, OrderStatus.NEW, OrderStatus.REJECTED})


class StaleAccountError(AlgoTradingError):
    """Another process has changed the account since it was read: nothing was stored, and the next pass goes on."""

    def __init__(self, name: str) -> None:
        super().__init__(f"another process has changed the account {name} meanwhile; the next pass goes on from there")


@dataclass(frozen=True, slots=True)
class Submission:
    """How the sending of an order went so far: how often it was tried, and why it failed the last time."""

    client_order_id: str
    attempts: int = 0
    error: str = ""


@dataclass(frozen=True, slots=True)
class AccountStep:
    """What happens to an account at once: its state before and afterwards, and what led from one to the other.

    `orders` are those that are new or changed; each leaves an event of the moment `at`. A new order that is to be sent
    gets a submission. `approvals` are questions about those of them that are held.
    """

    before: AccountState
    after: AccountState
    at: datetime
    orders: tuple[Order, ...] = ()
    executions: tuple[Execution, ...] = ()
    entries: tuple[Entry, ...] = ()
    submissions: tuple[Submission, ...] = ()
    approvals: tuple[Approval, ...] = ()

    @property
    def account(self) -> str:
        """The name of the account."""
        return self.after.account.name


class AccountRepository(Protocol):
    """Accounts by name. Who changes one holds the exclusive work `account NAME` (repositories/locks.py).

    A process that dies may leave a transaction that is still to be committed when the next one has the work. So a step
    is stored only onto the version of the account that it begins with.
    """

    def open(self, step: AccountStep) -> AccountState:
        """Create the account as a first step has it, unless it exists; an existing one is returned as it is."""
        ...

    def names(self) -> list[str]:
        """Names of all accounts, sorted."""
        ...

    def state(self, name: str) -> AccountState:
        """What is in the account; KeyError if there is none."""
        ...

    def store(self, step: AccountStep) -> AccountState:
        """Write a step in one transaction, all of it or nothing, and return the state after it.

        Raises:
            StaleAccountError: the account is not as the step begins any more.
            ValueError: an execution or an entry was booked before.
            KeyError: there is no such account.
        """
        ...

    def reset(self, step: AccountStep) -> AccountState:
        """Remove all that the account has and did, and store the step as the first one of its new start.

        Raises:
            StaleAccountError, KeyError: as for `store`.
        """
        ...

    def change(self, account: Account) -> None:
        """Write the owner, position fraction, costs, shorts and rules of an open account; KeyError if there is none."""
        ...

    def set_mode(self, name: str, mode: Mode, caps: Caps) -> None:
        """Let an account trade real money within caps, or not any more; KeyError if there is none."""
        ...

    def entries_sent(self, name: str, since: datetime) -> Mapping[str, Decimal]:
        """The budgets of entries that were decided from a moment on and sent, by client order id."""
        ...

    def order(self, client_order_id: str) -> Order | None:
        """One order."""
        ...

    def orders(self, name: str | None = None, limit: int | None = None) -> list[Order]:
        """Orders of one account or of all, newest decision first."""
        ...

    def known_orders(self, client_order_ids: Collection[str]) -> set[str]:
        """Those of the ids under which there are orders."""
        ...

    def events(self, client_order_id: str) -> list[OrderEvent]:
        """What became of an order, oldest first."""
        ...

    def submission(self, client_order_id: str) -> Submission | None:
        """How the sending of an order went."""
        ...

    def executions(self, name: str) -> list[Execution]:
        """Executions of an account, oldest first."""
        ...

    def executions_of(self, client_order_ids: Collection[str]) -> Mapping[str, Sequence[Execution]]:
        """Executions of some orders, by order and oldest first; orders without any are left out."""
        ...

    def known_executions(self, name: str, ids: Collection[str]) -> set[str]:
        """Those of the broker's execution ids that are booked in the account."""
        ...

    def entries(self, name: str) -> list[Entry]:
        """The account's book in the order in which it was written."""
        ...

    def order_counts(self) -> Mapping[str, int]:
        """Orders by status; every status is there."""
        ...
