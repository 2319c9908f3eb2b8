"""Accounts that the configuration asks for."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from algo_trading.calendars import Calendars
from algo_trading.domain.account import Account, AccountState, Mode
from algo_trading.domain.account_rules import NO_RULES, AccountRules
from algo_trading.domain.booking import book_deposit
from algo_trading.domain.costs import Costs
from algo_trading.gateways.clock import Clock
from algo_trading.repositories.accounts import AccountRepository, AccountStep
from algo_trading.repositories.watchlists import AssignmentRepository

OPENING = "opening deposit"


@dataclass(frozen=True)
class AccountPlan:
    """An account as configured; without `start` it begins when it is opened."""

    name: str
    broker: str
    currency: str
    mode: Mode
    owner: str
    cash: Decimal
    position_fraction: Decimal
    costs: Costs
    start: datetime | None = None
    shorts: bool = False
    rules: AccountRules = NO_RULES
    sizer: str = ""


@dataclass(frozen=True)
class OpenAccounts:
    """Open what is not open yet; what is open stays as it is, whatever the configuration says now."""

    accounts: AccountRepository
    assignments: AssignmentRepository
    account_plans: Sequence[AccountPlan]
    calendars: Calendars
    clock: Clock

    def __call__(self, start: datetime | None = None) -> None:
        """Begin with the configured start, else `start`, else the newest closed period of what the account trades.

        The last of these keeps a backfill of old periods from trading today.
        """
        now = self.clock.now()
        known = set(self.accounts.names())
        for plan in self.account_plans:
            if plan.name not in known:
                account = _account(plan, plan.start or start or self._newest(plan.name, now))
                booking = book_deposit(AccountState(account), plan.cash, OPENING, account.start, now)
                self.accounts.open(AccountStep(AccountState(account), booking.state, now, entries=booking.entries))

    def _newest(self, name: str, now: datetime) -> datetime:
        """When the newest closed period opened, of the clock for which that is the longest ago."""
        own = (one.series for one in self.assignments.all() if one.account == name)
        clocks = {(series.venue, series.interval) for series in own}
        opened = [self.calendars(venue).newest_closed(interval, now).opened_at for venue, interval in clocks]
        return min(opened, default=now)


def _account(plan: AccountPlan, start: datetime) -> Account:
    return Account(
        plan.name,
        plan.broker,
        plan.currency,
        plan.mode,
        plan.owner,
        start,
        plan.position_fraction,
        plan.costs,
        plan.shorts,
        rules=plan.rules,
        sizer=plan.sizer,
    )
