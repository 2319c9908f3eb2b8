"""How things stand."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from algo_trading.domain.post import PostKind
from algo_trading.repositories.accounts import AccountRepository
from algo_trading.repositories.bars import BarRepository, IndicatorRepository
from algo_trading.repositories.posts import FeedStateRepository, MentionRepository, PostRepository
from algo_trading.repositories.quality import QuarantineRepository
from algo_trading.repositories.recommendations import RecommendationRepository
from algo_trading.repositories.signals import SessionLog, SignalRepository, Stage
from algo_trading.repositories.subscriptions import OutboxRepository
from algo_trading.services.execute import next_session


@dataclass(frozen=True)
class AccountStatus:
    """Where an account stands; `waits_for` is the first session it cannot process because it is not decided yet."""

    name: str
    cursor: date | None
    waits_for: date
    cash: str
    positions: Mapping[str, str]


@dataclass(frozen=True)
class RecommendationStatus:
    """What the newest review says about a symbol; `strategy` is "none" where none survives."""

    symbol: str
    session: date
    strategy: str
    deflated_sharpe: float | None
    trials: int
    reason: str
    report: str


@dataclass(frozen=True)
class FeedStatus:
    """How far a feed has been read; `error` is the sentence of its last try, empty if that worked."""

    name: str
    newest: datetime | None
    tried: datetime
    error: str


@dataclass(frozen=True)
class Status:
    """Counts and cursors of the market database."""

    latest_partition: date | None
    rows: Mapping[str, int]
    outbox: Mapping[str, int]
    orders: Mapping[str, int]
    accounts: tuple[AccountStatus, ...]
    recommendations: tuple[RecommendationStatus, ...]
    feeds: tuple[FeedStatus, ...]


@dataclass(frozen=True)
class ReadStatus:
    """Look, and touch nothing."""

    bars: BarRepository
    indicators: IndicatorRepository
    signals: SignalRepository
    quarantine: QuarantineRepository
    outbox: OutboxRepository
    accounts: AccountRepository
    sessions: SessionLog
    recommendations: RecommendationRepository
    posts: PostRepository
    mentions: MentionRepository
    feed_states: FeedStateRepository

    def __call__(self) -> Status:
        """The state now."""
        posts = self.posts.counts()
        return Status(
            latest_partition=self.sessions.newest(Stage.DECIDED),
            rows={
                "bars": self.bars.count(),
                "indicators": self.indicators.count(),
                "signals": self.signals.count(),
                "quarantined": self.quarantine.count(),
                "posts": posts[PostKind.POST],
                "articles": posts[PostKind.ARTICLE],
                "mentions": self.mentions.count(),
            },
            outbox=self.outbox.counts(),
            orders=self.accounts.order_counts(),
            accounts=tuple(self._account(name) for name in self.accounts.names()),
            recommendations=tuple(
                RecommendationStatus(
                    symbol=found.instrument.symbol,
                    session=found.session,
                    strategy=str(found.strategy or "none"),
                    deflated_sharpe=found.deflated_sharpe,
                    trials=found.trials,
                    reason=found.reason,
                    report=found.report,
                )
                for found in self.recommendations.newest()
            ),
            feeds=tuple(
                FeedStatus(state.name, state.watermark.published_at, state.tried_at, state.error)
                for state in self.feed_states.all()
            ),
        )

    def _account(self, name: str) -> AccountStatus:
        account = self.accounts.get(name)
        return AccountStatus(
            name=name,
            cursor=account.cursor,
            waits_for=next_session(account.venue, account.start, account.cursor),
            cash=str(account.cash),
            positions={
                f"{position.strategy} {position.instrument}": f"{position.quantity.normalize():f}"
                for position in account.positions
            },
        )
