"""Accounts and subscriptions that the configuration asks for."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from algo_trading.calendars import market_calendar
from algo_trading.domain.subscription import Subscription
from algo_trading.repositories.accounts import AccountRepository
from algo_trading.repositories.clock import Clock
from algo_trading.repositories.subscriptions import SubscriptionRepository


@dataclass(frozen=True)
class AccountPlan:
    """An account as configured; without `start` it begins when it is opened."""

    name: str
    venue: str
    cash: Decimal
    start: date | None


@dataclass(frozen=True)
class SubscriptionPlan:
    """A subscription as configured; without `start` it begins when it is opened."""

    address: str
    symbol: str
    strategy: str
    start: date | None


@dataclass(frozen=True)
class OpenAccounts:
    """Open what is not open yet; what is open stays as it is, whatever the configuration says now."""

    accounts: AccountRepository
    subscriptions: SubscriptionRepository
    account_plan: AccountPlan
    subscription_plans: Sequence[SubscriptionPlan]
    clock: Clock

    def __call__(self, start: date | None = None) -> None:
        """Begin with the configured start, else `start`, else the newest closed session.

        The last of these keeps a backfill of old sessions from trading or mailing today.
        """
        plan = self.account_plan
        begin = start or market_calendar(plan.venue).newest_closed(self.clock.now()).date
        self.accounts.open(plan.name, plan.venue, plan.start or begin, plan.cash)
        for wanted in self.subscription_plans:
            self.subscriptions.add(
                Subscription(wanted.address, wanted.symbol, wanted.strategy, plan.venue, wanted.start or begin)
            )
