"""Watchlists, accounts, assignments and subscriptions become what the configuration says."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from algo_trading.calendars import Calendars
from algo_trading.domain.watchlist import Assignment
from algo_trading.errors import ConfigError
from algo_trading.gateways.clock import Clock
from algo_trading.repositories.accounts import AccountRepository
from algo_trading.repositories.locks import ExclusiveWork
from algo_trading.repositories.names import NameRepository
from algo_trading.repositories.subscriptions import SubscriptionRepository
from algo_trading.repositories.watchlists import AssignmentRepository, SetupRepository, WatchlistRepository
from algo_trading.services.open_accounts import OpenAccounts
from algo_trading.services.setup_difference import Difference, Setup, StoredSetup, difference
from algo_trading.services.setup_names import Names, instruments_of, name_changes, under_new_names
from algo_trading.services.subscribe import OpenSubscriptions

WORK = "configuration"


@dataclass(frozen=True)
class _Planned:
    """The assignments to come, for those who want to know what will be traded."""

    assignments: Sequence[Assignment]

    def all(self) -> list[Assignment]:
        return list(self.assignments)


@dataclass(frozen=True)
class ApplyConfig:
    """Bring the rows to what the configuration says.

    The configuration is applied by itself only at the first start, when there is no watchlist yet. From then on the
    rows count; what the configuration says else is a difference, which is shown and can be applied.
    """

    wanted: Setup
    watchlists: WatchlistRepository
    assignments: AssignmentRepository
    setup: SetupRepository
    accounts: AccountRepository
    subscriptions: SubscriptionRepository
    names: NameRepository
    locks: ExclusiveWork
    calendars: Calendars
    clock: Clock

    def difference(self) -> Difference:
        """What applying the configuration now would do."""
        return self._difference(self._names())

    def _names(self) -> Names:
        return self.names.newest(instruments_of(self.wanted))

    def _difference(self, names: Names) -> Difference:
        stored = StoredSetup(
            watchlists=self.watchlists.all(),
            accounts=[self.accounts.state(name) for name in self.accounts.names()],
            assignments=self.assignments.all(),
            subscriptions=self.subscriptions.all(),
        )
        found = difference(under_new_names(self.wanted, names), stored)
        return replace(found, kept=(*name_changes(names), *found.kept))

    def __call__(self, start: datetime | None = None) -> Difference:
        """Apply the configuration, and return what differed.

        Accounts and subscriptions that are opened begin with their configured start, else with `start`, else with the
        newest closed period. Watchlists and assignments are written last and in one transaction, so that a process
        that dies on the way leaves nothing that trades without an account, and the next try goes on.

        Raises:
            ConfigError: it asks for what an open account cannot become; nothing is changed.
        """
        with self.locks.exclusively(WORK):
            return self._apply(start)

    def seed(self, start: datetime | None = None) -> bool:
        """Apply the configuration if there is no watchlist yet; returns whether that was so.

        Raises:
            ConfigError: as above.
        """
        if self.watchlists.all():
            return False
        with self.locks.exclusively(WORK):
            first = not self.watchlists.all()
            if first:
                self._apply(start)
            return first

    def _apply(self, start: datetime | None) -> Difference:
        names = self._names()
        found = self._difference(names)
        if found.refused:
            raise ConfigError("; ".join(found.refused))
        planned = _Planned(under_new_names(self.wanted, names).assignments)
        OpenAccounts(self.accounts, planned, found.opened, self.calendars, self.clock)(start)
        for account in found.changed_accounts:
            with self.locks.exclusively(f"account {account.name}"):
                self.accounts.change(account)
        OpenSubscriptions(self.subscriptions, found.subscriptions, planned, self.calendars, self.clock)(start)
        self.setup.change(found.rows)
        return found
