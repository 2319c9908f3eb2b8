"""What every store of verdicts on accounts' books does."""

from datetime import UTC, datetime

import pytest

from algo_trading.repositories.account_checks import AccountCheck, AccountCheckRepository

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


class AccountCheckContract:
    """Subclasses give the fixture `checks`, an empty store beside the account `paper`."""

    def test_at_first_nothing_is_verified(self, checks: AccountCheckRepository) -> None:
        assert checks.all() == {}

    def test_the_newest_verdict_counts(self, checks: AccountCheckRepository) -> None:
        seen = AccountCheck("paper", actions_at=NOW)
        wrong = AccountCheck("paper", NOW, ("USD: 1, not 2", "and more"), NOW)
        for check in (seen, wrong):
            checks.record(check)
            assert checks.all() == {"paper": check}
        assert (seen.agrees, wrong.agrees) == (True, False)

    def test_only_accounts_have_one(self, checks: AccountCheckRepository) -> None:
        with pytest.raises(KeyError):
            checks.record(AccountCheck("nobody"))
