"""The repositories on PostgreSQL keep what the protocols promise."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from algo_trading.adapters.postgres.account_checks import PostgresAccountChecks
from algo_trading.adapters.postgres.accounts import PostgresAccounts
from algo_trading.adapters.postgres.api_answers import PostgresApiAnswers
from algo_trading.adapters.postgres.approvals import PostgresApprovals
from algo_trading.adapters.postgres.audit import PostgresAuditLog
from algo_trading.adapters.postgres.bars import PostgresBars, PostgresIndicators
from algo_trading.adapters.postgres.corporate_actions import PostgresCorporateActions
from algo_trading.adapters.postgres.fundamentals import PostgresFundamentals
from algo_trading.adapters.postgres.kill_switch import PostgresKillSwitch
from algo_trading.adapters.postgres.listings import PostgresListings
from algo_trading.adapters.postgres.periods import PostgresPeriodLog
from algo_trading.adapters.postgres.posts import PostgresFeedStates, PostgresMentions, PostgresPosts
from algo_trading.adapters.postgres.quality import PostgresImports, PostgresQuality, PostgresQuarantine
from algo_trading.adapters.postgres.signals import PostgresSignals
from algo_trading.adapters.postgres.signing_keys import PostgresSigningKeys
from algo_trading.adapters.postgres.trading_rules import PostgresTradingRules
from algo_trading.adapters.postgres.users import (
    PostgresApiTokens,
    PostgresLoginAttempts,
    PostgresSessions,
    PostgresUsers,
)
from algo_trading.domain.user import Role, User
from contracts.account_checks import AccountCheckContract
from contracts.accounts import INSTRUMENTS, AccountContract, an_account, opening
from contracts.api_answers import AT, ApiAnswersContract
from contracts.approvals import ApprovalContract
from contracts.audit import AuditContract
from contracts.bars import BarContract
from contracts.corporate_actions import CorporateActionContract
from contracts.fundamentals import FundamentalsContract
from contracts.indicators import IndicatorContract
from contracts.kill_switch import KillSwitchContract
from contracts.listings import ListingRepositoryContract
from contracts.periods import PeriodLogContract
from contracts.posts import FeedStateContract, MentionContract, PostContract
from contracts.quality import ImportContract, QualityContract, QuarantineContract
from contracts.signals import SignalContract, a_signal
from contracts.signing_keys import SigningKeysContract
from contracts.trading_rules import TradingRulesContract
from contracts.users import People, PeopleContract

if TYPE_CHECKING:
    from algo_trading.adapters.postgres.database import Database

pytestmark = pytest.mark.integration


class TestPostgresBars(BarContract):
    @pytest.fixture
    def bars(self, database: Database) -> PostgresBars:
        return PostgresBars(database)


class TestPostgresCorporateActions(CorporateActionContract):
    @pytest.fixture
    def actions(self, database: Database) -> PostgresCorporateActions:
        return PostgresCorporateActions(database)


class TestPostgresIndicators(IndicatorContract):
    @pytest.fixture
    def indicators(self, database: Database) -> PostgresIndicators:
        return PostgresIndicators(database)


class TestPostgresSignals(SignalContract):
    @pytest.fixture
    def signals(self, database: Database) -> PostgresSignals:
        return PostgresSignals(database)

    @pytest.fixture
    def posts(self, database: Database) -> PostgresPosts:
        return PostgresPosts(database)


class TestPostgresPeriodLog(PeriodLogContract):
    @pytest.fixture
    def periods(self, database: Database) -> PostgresPeriodLog:
        return PostgresPeriodLog(database)


class TestPostgresQuarantine(QuarantineContract):
    @pytest.fixture
    def quarantine(self, database: Database) -> PostgresQuarantine:
        return PostgresQuarantine(database)


class TestPostgresQuality(QualityContract):
    @pytest.fixture
    def quality(self, database: Database) -> PostgresQuality:
        return PostgresQuality(database)


class TestPostgresImports(ImportContract):
    @pytest.fixture
    def imports(self, database: Database) -> PostgresImports:
        return PostgresImports(database)


class TestPostgresPosts(PostContract, MentionContract):
    @pytest.fixture
    def posts(self, database: Database) -> PostgresPosts:
        return PostgresPosts(database)

    @pytest.fixture
    def mentions(self, database: Database) -> PostgresMentions:
        return PostgresMentions(database)

    @pytest.fixture
    def signals(self, database: Database) -> PostgresSignals:
        return PostgresSignals(database)


class TestPostgresFeedStates(FeedStateContract):
    @pytest.fixture
    def feed_states(self, database: Database) -> PostgresFeedStates:
        return PostgresFeedStates(database)


class TestPostgresFundamentals(FundamentalsContract):
    @pytest.fixture
    def fundamentals(self, database: Database) -> PostgresFundamentals:
        return PostgresFundamentals(database)


class TestPostgresListings(ListingRepositoryContract):
    @pytest.fixture
    def repository(self, database: Database) -> PostgresListings:
        return PostgresListings(database)


class TestPostgresTradingRules(TradingRulesContract):
    @pytest.fixture
    def rules(self, database: Database) -> PostgresTradingRules:
        return PostgresTradingRules(database)


class TestPostgresAccountChecks(AccountCheckContract):
    @pytest.fixture
    def checks(self, database: Database) -> PostgresAccountChecks:
        PostgresAccounts(database).open(opening(an_account()))
        return PostgresAccountChecks(database)


class TestPostgresKillSwitch(KillSwitchContract):
    @pytest.fixture
    def switch(self, database: Database) -> PostgresKillSwitch:
        return PostgresKillSwitch(database)


class TestPostgresAuditLog(AuditContract):
    @pytest.fixture
    def audit(self, database: Database) -> PostgresAuditLog:
        return PostgresAuditLog(database)


class TestPostgresPeople(PeopleContract):
    @pytest.fixture
    def empty(self, database: Database) -> People:
        return People(
            PostgresUsers(database),
            PostgresSessions(database),
            PostgresApiTokens(database),
            PostgresLoginAttempts(database),
        )


class TestPostgresApprovals(ApprovalContract):
    @pytest.fixture
    def accounts(self, database: Database) -> PostgresAccounts:
        return PostgresAccounts(database)

    @pytest.fixture
    def approvals(self, accounts: PostgresAccounts, database: Database) -> PostgresApprovals:  # noqa: ARG002
        return PostgresApprovals(database)


class TestPostgresApiAnswers(ApiAnswersContract):
    @pytest.fixture
    def api_answers(self, database: Database) -> PostgresApiAnswers:
        for name in ("ann", "bob"):
            PostgresUsers(database).add(User(name, Role.MEMBER, AT), "")
        return PostgresApiAnswers(database)


class TestPostgresSigningKeys(SigningKeysContract):
    @pytest.fixture
    def signing_keys(self, database: Database) -> PostgresSigningKeys:
        return PostgresSigningKeys(database)


class TestPostgresAccounts(AccountContract):
    @pytest.fixture
    def accounts(self, database: Database) -> PostgresAccounts:
        PostgresSignals(database).add([a_signal(instrument=instrument) for instrument in INSTRUMENTS])
        return PostgresAccounts(database)
