"""The repositories in memory keep what the protocols promise, so tests on them hold for PostgreSQL too."""

import pytest

from contracts.account_checks import AccountCheckContract
from contracts.accounts import AccountContract, an_account, opening
from contracts.api_answers import ApiAnswersContract
from contracts.approvals import ApprovalContract
from contracts.audit import AuditContract
from contracts.bars import BarContract
from contracts.corporate_actions import CorporateActionContract
from contracts.indicators import IndicatorContract
from contracts.periods import PeriodLogContract
from contracts.posts import FeedStateContract, MentionContract, PostContract
from contracts.quality import ImportContract, QualityContract, QuarantineContract
from contracts.signals import SignalContract
from contracts.signing_keys import SigningKeysContract
from contracts.users import People, PeopleContract
from fakes.account_checks import FakeAccountChecks
from fakes.accounts import FakeAccounts
from fakes.api_answers import FakeApiAnswers
from fakes.approvals import FakeApprovals
from fakes.audit import FakeAuditLog
from fakes.bars import FakeBars, FakeCorporateActions, FakeIndicators
from fakes.periods import FakePeriodLog
from fakes.posts import FakeFeedStates, FakeMentions, FakePosts
from fakes.quality import FakeImports, FakeQuality, FakeQuarantine
from fakes.signals import FakeSignals
from fakes.signing_keys import FakeSigningKeys
from fakes.users import FakeApiTokens, FakeLoginAttempts, FakePeople, FakeSessions, FakeUsers

pytestmark = pytest.mark.unit


class TestFakeAuditLog(AuditContract):
    @pytest.fixture
    def audit(self) -> FakeAuditLog:
        return FakeAuditLog()


class TestFakePeople(PeopleContract):
    @pytest.fixture
    def empty(self) -> People:
        people = FakePeople()
        return People(FakeUsers(people), FakeSessions(people), FakeApiTokens(people), FakeLoginAttempts())


class TestFakeBars(BarContract):
    @pytest.fixture
    def bars(self) -> FakeBars:
        return FakeBars()


class TestFakeCorporateActions(CorporateActionContract):
    @pytest.fixture
    def actions(self) -> FakeCorporateActions:
        return FakeCorporateActions()


class TestFakeIndicators(IndicatorContract):
    @pytest.fixture
    def indicators(self) -> FakeIndicators:
        return FakeIndicators()


class TestFakeSignals(SignalContract):
    @pytest.fixture
    def signals(self) -> FakeSignals:
        return FakeSignals()

    @pytest.fixture
    def posts(self) -> FakePosts:
        return FakePosts()


class TestFakeApprovals(ApprovalContract):
    @pytest.fixture
    def accounts(self) -> FakeAccounts:
        return FakeAccounts()

    @pytest.fixture
    def approvals(self, accounts: FakeAccounts) -> FakeApprovals:
        return FakeApprovals(accounts)


class TestFakeApiAnswers(ApiAnswersContract):
    @pytest.fixture
    def api_answers(self) -> FakeApiAnswers:
        return FakeApiAnswers()


class TestFakeSigningKeys(SigningKeysContract):
    @pytest.fixture
    def signing_keys(self) -> FakeSigningKeys:
        return FakeSigningKeys()


class TestFakePeriodLog(PeriodLogContract):
    @pytest.fixture
    def periods(self) -> FakePeriodLog:
        return FakePeriodLog()


class TestFakeQuarantine(QuarantineContract):
    @pytest.fixture
    def quarantine(self) -> FakeQuarantine:
        return FakeQuarantine()


class TestFakeQuality(QualityContract):
    @pytest.fixture
    def quality(self) -> FakeQuality:
        return FakeQuality()


class TestFakeImports(ImportContract):
    @pytest.fixture
    def imports(self) -> FakeImports:
        return FakeImports()


class TestFakePosts(PostContract, MentionContract):
    @pytest.fixture
    def posts(self) -> FakePosts:
        return FakePosts()

    @pytest.fixture
    def signals(self) -> FakeSignals:
        return FakeSignals()

    @pytest.fixture
    def mentions(self, posts: FakePosts, signals: FakeSignals) -> FakeMentions:
        return FakeMentions(posts, signals)


class TestFakeFeedStates(FeedStateContract):
    @pytest.fixture
    def feed_states(self) -> FakeFeedStates:
        return FakeFeedStates()


class TestFakeAccounts(AccountContract):
    @pytest.fixture
    def accounts(self) -> FakeAccounts:
        return FakeAccounts()


class TestFakeAccountChecks(AccountCheckContract):
    @pytest.fixture
    def checks(self) -> FakeAccountChecks:
        accounts = FakeAccounts()
        accounts.open(opening(an_account()))
        return FakeAccountChecks(accounts)
