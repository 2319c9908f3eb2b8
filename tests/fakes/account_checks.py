"""Verdicts on accounts' books in memory."""

from collections.abc import Mapping

from algo_trading.repositories.account_checks import AccountCheck
from algo_trading.repositories.accounts import AccountRepository


class FakeAccountChecks:
    """Implements AccountCheckRepository."""

    def __init__(self, accounts: AccountRepository) -> None:
        self._accounts = accounts
        self._checks: dict[str, AccountCheck] = {}

    def record(self, check: AccountCheck) -> None:
        self._accounts.state(check.account)
        self._checks[check.account] = check

    def all(self) -> Mapping[str, AccountCheck]:
        return dict(sorted(self._checks.items()))
