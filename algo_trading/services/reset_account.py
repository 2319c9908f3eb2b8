"""A paper account begins anew."""

from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from algo_trading.domain.account import AccountState, Mode
from algo_trading.domain.booking import book_deposit
from algo_trading.domain.ledger import EntryKind
from algo_trading.errors import ConfigError
from algo_trading.gateways.brokers import Brokers
from algo_trading.gateways.clock import Clock
from algo_trading.repositories.accounts import AccountRepository, AccountStep
from algo_trading.repositories.locks import ExclusiveWork
from algo_trading.services.open_accounts import OPENING


@dataclass(frozen=True)
class ResetAccount:
    """Forget all that a paper account did, and pay in again what was paid in."""

    accounts: AccountRepository
    brokers: Brokers
    locks: ExclusiveWork
    clock: Clock

    def __call__(self, name: str, start: datetime | None = None) -> AccountState:
        """The account as it begins: with the periods that open from `start` on, or else from now on.

        Raises:
            ConfigError: it is live, or its orders are executed on a market, which does not forget them.
        """
        with self.locks.exclusively(f"account {name}"):
            state = self.accounts.state(name)
            if state.account.mode is Mode.LIVE or not self.brokers(state.account).simulated:
                raise ConfigError(f"{name} is not on paper: what it did at {state.account.broker} cannot be undone")
            now = self.clock.now()
            begin = start or now
            deposits = (e.amount for e in self.accounts.entries(name) if e.kind is EntryKind.DEPOSIT)
            before = AccountState(replace(state.account, start=begin), version=state.version)
            booking = book_deposit(before, sum(deposits, Decimal(0)), OPENING, begin, now)
            return self.accounts.reset(AccountStep(before, booking.state, now, entries=booking.entries))
