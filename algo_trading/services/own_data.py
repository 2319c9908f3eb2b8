"""What is kept about a user: all of it to read, and all of it to remove."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from algo_trading.domain.account import Account, Mode
from algo_trading.domain.user import User
from algo_trading.errors import ConfigError, UnknownNameError, unknown_name
from algo_trading.repositories.accounts import AccountRepository
from algo_trading.repositories.audit import AuditLog
from algo_trading.repositories.personal import PersonalData
from algo_trading.repositories.regular_mails import RecipientRepository, RegularMailRepository
from algo_trading.repositories.score_alerts import ScoreAlertRepository
from algo_trading.repositories.subscriptions import SubscriptionRepository
from algo_trading.repositories.users import ApiTokenRepository, UserRepository
from algo_trading.services.manage_users import ManageUsers
from algo_trading.services.unsubscribe import Unsubscribe

MOST_ENTRIES = 10_000  # of the audit log


@dataclass(frozen=True)
class OwnData:
    """Exports and deletes. Passwords and tokens are stored as digests, which nobody can read."""

    users: UserRepository
    tokens: ApiTokenRepository
    subscriptions: SubscriptionRepository
    alerts: ScoreAlertRepository
    mails: RegularMailRepository
    recipients: RecipientRepository
    accounts: AccountRepository
    audit: AuditLog
    personal: PersonalData
    unsubscribe: Unsubscribe
    manage: ManageUsers

    def export(self, name: str) -> dict[str, Any]:
        """Everything, in lists and mappings of texts, numbers and moments.

        Raises:
            UnknownNameError: there is no such user.
        """
        user = self._user(name)
        kept: dict[str, Any] = {
            "user": asdict(user),
            "tokens": [{**asdict(one), "scopes": sorted(one.scopes)} for one in self.tokens.of(name)],
            "accounts": [one.name for one in self._owned(name)],
            "audit": [asdict(one) for one in self.audit.newest(MOST_ENTRIES) if name in {one.actor, one.subject}],
        }
        return {**kept, **self._by_address(user.address)} if user.address else kept

    def delete(self, actor: str, name: str) -> None:
        """Remove a user with what is kept about them. The audit log stays, as the record of what was changed.

        Raises:
            UnknownNameError: there is no such user.
            ConfigError: they own an account with real money, or nobody could steer any more.
        """
        user = self._user(name)
        live = [one.name for one in self._owned(name) if one.mode is Mode.LIVE]
        if live:
            raise ConfigError(f"{name} owns {', '.join(live)}, with real money; give it another owner first")
        self.manage.remove(actor, name)
        if user.address:
            self.unsubscribe(user.address)
            self.personal.forget(user.address)

    def _by_address(self, address: str) -> Mapping[str, Any]:
        return {
            "subscriptions": [asdict(one) for one in self.subscriptions.all() if one.address == address],
            "scores": [asdict(one) for one in self.alerts.all() if one.address == address],
            "regular_mails": [asdict(one) for one in self.mails.all() if one.address == address],
            "hours": asdict(self.recipients.get(address)),
            **self.personal.of(address),
        }

    def _owned(self, name: str) -> list[Account]:
        accounts = (self.accounts.state(one).account for one in self.accounts.names())
        return [one for one in accounts if one.owner == name]

    def _user(self, name: str) -> User:
        user = self.users.find(name)
        if user is None:
            raise UnknownNameError(unknown_name("user", name, [one.name for one in self.users.all()]))
        return user
