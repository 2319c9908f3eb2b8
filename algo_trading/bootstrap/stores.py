"""Repositories: what is stored, over one database."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from algo_trading.adapters.postgres.database import Database
    from algo_trading.queries.orders import OrderList
    from algo_trading.queries.signals import SignalList
    from algo_trading.queries.symbols import SymbolList
    from algo_trading.repositories.account_checks import AccountCheckRepository
    from algo_trading.repositories.accounts import AccountRepository
    from algo_trading.repositories.approvals import ApprovalRepository
    from algo_trading.repositories.audit import AuditLog
    from algo_trading.repositories.bars import BarRepository, CorporateActionRepository, IndicatorRepository
    from algo_trading.repositories.batches import BatchRepository
    from algo_trading.repositories.fundamentals import FundamentalsRepository
    from algo_trading.repositories.inbound import InboundMails
    from algo_trading.repositories.kill_switch import KillSwitchRepository
    from algo_trading.repositories.listings import ListingRepository
    from algo_trading.repositories.locks import ExclusiveWork
    from algo_trading.repositories.names import NameRepository
    from algo_trading.repositories.notices import NoticeQueue, Outbox
    from algo_trading.repositories.periods import PeriodLog
    from algo_trading.repositories.posts import FeedStateRepository, MentionRepository, PostRepository
    from algo_trading.repositories.price_changes import PriceChanges
    from algo_trading.repositories.quality import ImportRepository, QualityRepository, QuarantineRepository
    from algo_trading.repositories.recommendations import RecommendationRepository
    from algo_trading.repositories.regular_mails import RecipientRepository, RegularMailRepository
    from algo_trading.repositories.score_alerts import ScoreAlertRepository
    from algo_trading.repositories.scores import ScoreRepository, ThresholdRepository
    from algo_trading.repositories.signals import SignalRepository
    from algo_trading.repositories.strategy_failures import StrategyFailureRepository
    from algo_trading.repositories.subscriptions import SubscriptionRepository
    from algo_trading.repositories.trading_rules import TradingRulesRepository
    from algo_trading.repositories.watchlists import AssignmentRepository, SetupRepository, WatchlistRepository

Made = TypeVar("Made")


class Stores:
    """Repositories on a database, each made when it is first asked for."""

    database: Database

    @cached_property
    def watchlists(self) -> WatchlistRepository:
        from algo_trading.adapters.postgres.watchlists import PostgresWatchlists

        return PostgresWatchlists(self.database)

    @cached_property
    def assignments(self) -> AssignmentRepository:
        from algo_trading.adapters.postgres.watchlists import PostgresAssignments

        return PostgresAssignments(self.database)

    @cached_property
    def setup(self) -> SetupRepository:
        from algo_trading.adapters.postgres.watchlists import PostgresSetup

        return PostgresSetup(self.database)

    @cached_property
    def bars(self) -> BarRepository:
        from algo_trading.adapters.postgres.bars import PostgresBars

        return PostgresBars(self.database)

    @cached_property
    def actions(self) -> CorporateActionRepository:
        from algo_trading.adapters.postgres.corporate_actions import PostgresCorporateActions

        return PostgresCorporateActions(self.database)

    @cached_property
    def names(self) -> NameRepository:
        from algo_trading.adapters.postgres.names import PostgresNames

        return PostgresNames(self.database)

    @cached_property
    def indicators(self) -> IndicatorRepository:
        from algo_trading.adapters.postgres.bars import PostgresIndicators

        return PostgresIndicators(self.database)

    @cached_property
    def signals(self) -> SignalRepository:
        from algo_trading.adapters.postgres.signals import PostgresSignals

        return PostgresSignals(self.database)

    @cached_property
    def signal_list(self) -> SignalList:
        from algo_trading.adapters.postgres.signals import PostgresSignals

        return PostgresSignals(self.database)

    @cached_property
    def order_list(self) -> OrderList:
        from algo_trading.adapters.postgres.order_list import PostgresOrderList

        return PostgresOrderList(self.database)

    @cached_property
    def symbol_list(self) -> SymbolList:
        from algo_trading.adapters.postgres.symbol_list import PostgresSymbolList

        return PostgresSymbolList(self.database)

    @cached_property
    def periods(self) -> PeriodLog:
        from algo_trading.adapters.postgres.periods import PostgresPeriodLog

        return PostgresPeriodLog(self.database)

    @cached_property
    def recommendations(self) -> RecommendationRepository:
        from algo_trading.adapters.postgres.recommendations import PostgresRecommendations

        return PostgresRecommendations(self.database)

    @cached_property
    def quarantine(self) -> QuarantineRepository:
        from algo_trading.adapters.postgres.quality import PostgresQuarantine

        return PostgresQuarantine(self.database)

    @cached_property
    def quality(self) -> QualityRepository:
        from algo_trading.adapters.postgres.quality import PostgresQuality

        return PostgresQuality(self.database)

    @cached_property
    def batches(self) -> BatchRepository:
        from algo_trading.adapters.postgres.batches import PostgresBatches

        return PostgresBatches(self.database)

    @cached_property
    def imports(self) -> ImportRepository:
        from algo_trading.adapters.postgres.quality import PostgresImports

        return PostgresImports(self.database)

    @cached_property
    def accounts(self) -> AccountRepository:
        from algo_trading.adapters.postgres.accounts import PostgresAccounts

        return PostgresAccounts(self.database)

    @cached_property
    def approvals(self) -> ApprovalRepository:
        from algo_trading.adapters.postgres.approvals import PostgresApprovals

        return PostgresApprovals(self.database)

    @cached_property
    def account_checks(self) -> AccountCheckRepository:
        from algo_trading.adapters.postgres.account_checks import PostgresAccountChecks

        return PostgresAccountChecks(self.database)

    @cached_property
    def kill_switch(self) -> KillSwitchRepository:
        from algo_trading.adapters.postgres.kill_switch import PostgresKillSwitch

        return PostgresKillSwitch(self.database)

    @cached_property
    def audit(self) -> AuditLog:
        from algo_trading.adapters.postgres.audit import PostgresAuditLog

        return PostgresAuditLog(self.database)

    @cached_property
    def subscriptions(self) -> SubscriptionRepository:
        from algo_trading.adapters.postgres.subscriptions import PostgresSubscriptions

        return PostgresSubscriptions(self.database)

    @cached_property
    def score_alerts(self) -> ScoreAlertRepository:
        from algo_trading.adapters.postgres.score_alerts import PostgresScoreAlerts

        return PostgresScoreAlerts(self.database)

    @cached_property
    def strategy_failures(self) -> StrategyFailureRepository:
        from algo_trading.adapters.postgres.strategy_failures import PostgresStrategyFailures

        return PostgresStrategyFailures(self.database)

    @cached_property
    def regular_mails(self) -> RegularMailRepository:
        from algo_trading.adapters.postgres.regular_mails import PostgresRegularMails

        return PostgresRegularMails(self.database)

    @cached_property
    def recipients(self) -> RecipientRepository:
        from algo_trading.adapters.postgres.regular_mails import PostgresRecipients

        return PostgresRecipients(self.database)

    @cached_property
    def notices(self) -> NoticeQueue:
        from algo_trading.adapters.postgres.notices import PostgresNoticeQueue

        return PostgresNoticeQueue(self.database)

    @cached_property
    def inbound_mails(self) -> InboundMails:
        from algo_trading.adapters.postgres.inbound import PostgresInboundMails

        return PostgresInboundMails(self.database)

    @cached_property
    def outbox(self) -> Outbox:
        from algo_trading.adapters.postgres.outbox import PostgresOutbox

        return PostgresOutbox(self.database)

    @cached_property
    def posts(self) -> PostRepository:
        from algo_trading.adapters.postgres.posts import PostgresPosts

        return PostgresPosts(self.database)

    @cached_property
    def mentions(self) -> MentionRepository:
        from algo_trading.adapters.postgres.posts import PostgresMentions

        return PostgresMentions(self.database)

    @cached_property
    def feed_states(self) -> FeedStateRepository:
        from algo_trading.adapters.postgres.posts import PostgresFeedStates

        return PostgresFeedStates(self.database)

    @cached_property
    def listings(self) -> ListingRepository:
        from algo_trading.adapters.postgres.listings import PostgresListings

        return PostgresListings(self.database)

    @cached_property
    def trading_rules(self) -> TradingRulesRepository:
        from algo_trading.adapters.postgres.trading_rules import PostgresTradingRules

        return PostgresTradingRules(self.database)

    @cached_property
    def thresholds(self) -> ThresholdRepository:
        from algo_trading.adapters.postgres.scores import PostgresThresholds

        return PostgresThresholds(self.database)

    @cached_property
    def scores(self) -> ScoreRepository:
        from algo_trading.adapters.postgres.scores import PostgresScores

        return PostgresScores(self.database)

    @cached_property
    def fundamentals(self) -> FundamentalsRepository:
        from algo_trading.adapters.postgres.fundamentals import PostgresFundamentals

        return PostgresFundamentals(self.database)

    @cached_property
    def price_changes(self) -> PriceChanges:
        from algo_trading.adapters.postgres.price_changes import PostgresPriceChanges

        return PostgresPriceChanges(self.database)

    @cached_property
    def locks(self) -> ExclusiveWork:
        from algo_trading.adapters.postgres.locks import PostgresLocks

        return PostgresLocks(self.database)
