"""The whole application over fakes: what outlives a run is in memory, everything else is wired as in production."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from argon2 import PasswordHasher

from algo_trading.bootstrap.services import Services
from algo_trading.domain.account import Account, AccountState, Mode
from algo_trading.domain.booking import book_deposit
from algo_trading.domain.costs import Costs
from algo_trading.domain.listing import Listing
from algo_trading.domain.post import Levels
from algo_trading.domain.subscription import Subscription
from algo_trading.domain.watchlist import Assignment, Watchlist
from algo_trading.gateways.brokers import Broker, BrokerContext
from algo_trading.gateways.market_data import MarketData
from algo_trading.gateways.post_feeds import PostFeed
from algo_trading.plugins import load_plugin
from algo_trading.repositories.accounts import AccountStep
from algo_trading.sentiment.classify.impact import ImpactWeights
from algo_trading.sentiment.mentions.finder import MentionFinder
from algo_trading.services.annotate_posts import Influencers
from algo_trading.services.passwords import Passwords
from algo_trading.services.poll_mailbox import Handle
from algo_trading.settings import Settings, load_settings
from fakes.account_checks import FakeAccountChecks
from fakes.accounts import FakeAccounts
from fakes.api_answers import FakeApiAnswers
from fakes.approvals import FakeApprovals
from fakes.audit import FakeAuditLog
from fakes.bars import FakeBars, FakeIndicators
from fakes.batches import FakeBatches
from fakes.channel import FakeChannel
from fakes.clock import FakeClock
from fakes.fundamentals import FakeFundamentals
from fakes.gate import FakeGate
from fakes.inbound import FakeInboundMails, FakeMailbox
from fakes.join_requests import FakeJoinRequests
from fakes.kill_switch import FakeKillSwitch
from fakes.listings import FakeListings
from fakes.locks import FakeLocks
from fakes.names import FakeNames
from fakes.notices import FakeNotices
from fakes.objects import FakeObjectStore
from fakes.periods import FakePeriodLog
from fakes.personal import FakePersonalData
from fakes.post_gate import FakePostGate
from fakes.posts import FakeMentions, FakePosts
from fakes.quality import FakeImports
from fakes.recommendations import FakeRecommendations
from fakes.regular_mails import FakeRecipients, FakeRegularMails
from fakes.score_alerts import FakeScoreAlerts
from fakes.scorer import FakeScorer
from fakes.scores import FakeScores, FakeThresholds
from fakes.signals import FakeSignalList, FakeSignals
from fakes.signing_keys import FakeSigningKeys
from fakes.strategy_failures import FakeStrategyFailures
from fakes.subscriptions import FakeSubscriptions
from fakes.symbol_requests import FakeSymbolRequests
from fakes.trading_rules import FakeTradingRules
from fakes.users import FakeApiTokens, FakeLoginAttempts, FakePeople, FakeSessions, FakeUsers
from fakes.watchlists import FakeSetup


class World(Services):
    """An application without a database and without an outside; tests fill it and call its services."""

    clock: FakeClock
    bars: FakeBars
    signals: FakeSignals
    periods: FakePeriodLog
    accounts: FakeAccounts
    subscriptions: FakeSubscriptions
    outbox: FakeNotices
    posts: FakePosts
    objects: FakeObjectStore
    mailbox: FakeMailbox

    def __init__(
        self,
        watchlists: Sequence[Watchlist] = (),
        assignments: Sequence[Assignment] = (),
        sources: Mapping[str, MarketData] | None = None,
        feeds: Sequence[PostFeed] = (),
        *,
        names: Sequence[Listing] = (),
        influencers: Influencers = Influencers(),  # noqa: B008 - frozen
        now: datetime = datetime(2013, 3, 4, tzinfo=UTC),
    ) -> None:
        self.settings: Settings = load_settings()
        self.clock = FakeClock(now)
        setup = FakeSetup(watchlists, assignments)
        subscriptions, periods, signals, posts = FakeSubscriptions(), FakePeriodLog(), FakeSignals(), FakePosts()
        notices = FakeNotices(subscriptions, periods)
        scores = FakeScores()
        batches, people, accounts = FakeBatches(posts=posts), FakePeople(), FakeAccounts()
        kept: dict[str, Any] = {
            "setup": setup,
            "watchlists": setup.watchlists,
            "assignments": setup.assignments,
            "batches": batches,
            "bars": batches.bars,
            "actions": batches.actions,
            "indicators": FakeIndicators(),
            "signals": signals,
            "periods": periods,
            "recommendations": FakeRecommendations(),
            "quarantine": batches.quarantine,
            "kill_switch": FakeKillSwitch(),
            "audit": FakeAuditLog(),
            "scores": scores,
            "score_alerts": FakeScoreAlerts(scores, notices),
            "strategy_failures": FakeStrategyFailures(),
            "regular_mails": FakeRegularMails(notices),
            "recipients": FakeRecipients(),
            "signal_list": FakeSignalList(signals),
            "thresholds": FakeThresholds(),
            "users": FakeUsers(people),
            "sessions": FakeSessions(people),
            "tokens": FakeApiTokens(people),
            "login_attempts": FakeLoginAttempts(),
            "passwords": Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)),
            "approvals": FakeApprovals(accounts),
            "personal": FakePersonalData(notices),
            "symbol_requests": FakeSymbolRequests(notices),
            "join_requests": FakeJoinRequests(),
            "signing_keys": FakeSigningKeys(),
            "api_answers": FakeApiAnswers(),
            "quality": batches.quality,
            "imports": FakeImports(),
            "accounts": accounts,
            "account_checks": FakeAccountChecks(accounts),
            "subscriptions": subscriptions,
            "notices": notices,
            "outbox": notices,
            "inbound_mails": FakeInboundMails(),
            "mailbox": FakeMailbox(),
            "names": FakeNames(),
            "posts": posts,
            "mentions": FakeMentions(posts, signals),
            "feed_states": batches.feed_states,
            "fundamentals": FakeFundamentals(),
            "listings": FakeListings(),
            "trading_rules": FakeTradingRules(),
            "locks": FakeLocks(),
            "objects": FakeObjectStore(),
            "gate": FakeGate(),
            "post_gate": FakePostGate(),
            "feeds": feeds,
            "finder": MentionFinder(list(names)),
            "scorer": FakeScorer(),
            "impact_weights": ImpactWeights(),
            "levels": Levels(0.4, 0.7),
        }
        self.__dict__.update(kept)  # in the place of what the cached properties would make
        self.mail = FakeChannel()
        self._influencers = influencers
        self._served = dict(sources or {})
        self._brokers_of: dict[str, Broker] = {}

    @property
    def influencers(self) -> Influencers:
        return self._influencers

    def source(self, name: str) -> MarketData:
        return self._served[name]

    @contextmanager
    def handling_mail(self) -> Iterator[Handle]:
        yield self.answer_mail()

    def channel(self, name: str = "") -> FakeChannel:  # noqa: ARG002 - there is one
        return self.mail

    def broker(self, account: Account) -> Broker:
        if account.name not in self._brokers_of:
            plugin = load_plugin("algo_trading.brokers", account.broker)
            context = BrokerContext(
                account.broker, Path("/nonexistent"), account, self.bars, self.actions, FakeTradingRules()
            )
            self._brokers_of[account.name] = plugin.build(plugin.config_type(), context)
        return self._brokers_of[account.name]

    def open(self, name: str, start: datetime, cash: str = "10000", currency: str = "USD", part: str = "0.4") -> None:
        """Open a paper account."""
        account = Account(
            name=name,
            broker="paper",
            currency=currency,
            mode=Mode.PAPER,
            owner="owner",
            start=start,
            position_fraction=Decimal(part),
            costs=Costs(Decimal("0.001"), Decimal(5)),
        )
        booking = book_deposit(AccountState(account), Decimal(cash), "opening deposit", start, self.clock.now())
        step = AccountStep(AccountState(account), booking.state, self.clock.now(), entries=booking.entries)
        self.accounts.open(step)

    def follow(self, address: str, symbol: str, strategy: str, start: datetime, venue: str = "XNYS") -> None:
        """Subscribe to the signals of a strategy on a symbol."""
        self.subscriptions.add(Subscription(address, symbol, strategy, venue, start))
