"""The composition root: settings -> adapters -> services. The only importer of adapters."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, TypeVar, get_type_hints

from algo_trading.domain.instrument import Instrument
from algo_trading.domain.post import Levels
from algo_trading.errors import ConfigError
from algo_trading.plugins import load_plugin
from algo_trading.repositories.clock import Clock, SystemClock
from algo_trading.settings import Settings, load_settings

if TYPE_CHECKING:
    from types import TracebackType

    from sqlalchemy import Engine

    from algo_trading.adapters.postgres.database import Database
    from algo_trading.adapters.postgres.embedded import EmbeddedPostgres
    from algo_trading.domain.limits import Limits
    from algo_trading.domain.signal import StrategyId
    from algo_trading.quality.posts import PostGate
    from algo_trading.quality.verdict import Gate
    from algo_trading.repositories.accounts import AccountRepository
    from algo_trading.repositories.bar_files import BarFileReader
    from algo_trading.repositories.bars import BarRepository, CorporateActionRepository, IndicatorRepository
    from algo_trading.repositories.fundamentals import FundamentalsRepository, FundamentalsSource
    from algo_trading.repositories.listings import CoinListings, ListingRepository
    from algo_trading.repositories.market_data import MarketData
    from algo_trading.repositories.objects import ObjectStore
    from algo_trading.repositories.post_feeds import PostFeed
    from algo_trading.repositories.posts import FeedStateRepository, MentionRepository, PostRepository
    from algo_trading.repositories.quality import ImportRepository, QualityRepository, QuarantineRepository
    from algo_trading.repositories.recommendations import RecommendationRepository
    from algo_trading.repositories.signals import SessionLog, SignalRepository
    from algo_trading.repositories.subscriptions import Channel, OutboxRepository, SubscriptionRepository
    from algo_trading.risk.costs import Costs
    from algo_trading.risk.sizing import SizingRules
    from algo_trading.sentiment.classify.events import EventClassifier
    from algo_trading.sentiment.classify.impact import ImpactWeights
    from algo_trading.sentiment.classify.scorers import Scorer
    from algo_trading.sentiment.mentions.finder import MentionFinder
    from algo_trading.services.annotate_posts import Influencers
    from algo_trading.services.export import ExclusiveWork
    from algo_trading.services.open_accounts import AccountPlan, SubscriptionPlan
    from algo_trading.settings import FeedSettings, StrategySettings
    from algo_trading.strategies.active import ActivePair
    from algo_trading.strategies.base import Strategy

S = TypeVar("S")


class App:
    """Everything the configuration asks for, built on first use. `make` fills a service's fields by their names."""

    def __init__(self, settings: Settings, database: Database, clock: Clock) -> None:
        self.settings = settings
        self.database = database
        self.clock = clock

    def make(self, service: type[S]) -> S:
        """A service with every field filled: from the attribute of this class with its name, or made in turn."""
        hints = get_type_hints(service)
        values: dict[str, Any] = {}
        for field in fields(service):  # type: ignore[arg-type]  # services are dataclasses, which no bound expresses
            kind = hints[field.name]
            nested = is_dataclass(kind) and not hasattr(type(self), field.name)
            values[field.name] = self.make(kind) if nested else getattr(self, field.name)
        return service(**values)

    def close(self) -> None:
        """Close connections."""
        self.database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
        explained = self.database.explained(error) if error is not None else None
        if explained is not None:
            raise explained from error

    # What is watched

    @cached_property
    def instruments(self) -> Sequence[Instrument]:
        """Every instrument that a strategy watches, sorted."""
        if not self.settings.symbols:
            raise ConfigError(
                "no strategy is active: add a [[strategies]] table with name and symbols to algo-trading.toml"
            )
        return [Instrument(symbol, self.settings.venue) for symbol in self.settings.symbols]

    @cached_property
    def pairs(self) -> Sequence[ActivePair]:
        """Every active strategy with each of its instruments, once."""
        from algo_trading.strategies.active import ActivePair

        pairs = (
            ActivePair(strategy, Instrument(symbol, self.settings.venue))
            for strategy, entry in self._strategies
            for symbol in entry.symbols
        )
        return list(dict.fromkeys(pairs))

    @cached_property
    def _strategies(self) -> Sequence[tuple[Strategy, StrategySettings]]:
        from algo_trading.strategies.registry import build_strategy

        return [(build_strategy(entry.name, entry.params), entry) for entry in self.settings.strategies]

    # What is read

    @cached_property
    def feeds(self) -> Sequence[PostFeed]:
        """Every configured feed of posts and articles."""
        from algo_trading.adapters.post_feeds import build_feed

        return [build_feed(self.settings, feed) for feed in self.feed_lines]

    @property
    def feed_lines(self) -> Sequence[FeedSettings]:
        """The feeds as they are configured; ConfigError where two have one name."""
        return feed_lines(self.settings)

    @property
    def influencers(self) -> Influencers:
        """Whose single posts count. A name counts on the platform of its feed, and in the feed's own posts."""
        from algo_trading.services.annotate_posts import ANY_AUTHOR, Influencers

        named = [(feed, name.removeprefix("@").casefold()) for feed in self.feed_lines for name in feed.influencers]
        places = [(feed.name, name) for feed, name in named]
        places += [(feed.platform, name) for feed, name in named if name != ANY_AUTHOR]
        return Influencers(frozenset(places))

    @cached_property
    def coin_source(self) -> CoinListings:
        source = self.settings.coin_listings.source
        if not source:
            raise ConfigError(
                "no source of coin listings is configured: set coin_listings.source to coingecko or coinmarketcap"
            )
        listings: CoinListings = load_plugin("algo_trading.coin_listings", source)(self.settings)
        return listings

    @cached_property
    def fundamentals_source(self) -> FundamentalsSource:
        from algo_trading.adapters.yahoo.fundamentals import build_fundamentals

        return build_fundamentals(self.settings)

    # What is stored

    @cached_property
    def bars(self) -> BarRepository:
        from algo_trading.adapters.postgres.bars import PostgresBars

        return PostgresBars(self.database)

    @cached_property
    def actions(self) -> CorporateActionRepository:
        from algo_trading.adapters.postgres.bars import PostgresCorporateActions

        return PostgresCorporateActions(self.database)

    @cached_property
    def indicators(self) -> IndicatorRepository:
        from algo_trading.adapters.postgres.bars import PostgresIndicators

        return PostgresIndicators(self.database)

    @cached_property
    def signals(self) -> SignalRepository:
        from algo_trading.adapters.postgres.signals import PostgresSignals

        return PostgresSignals(self.database)

    @cached_property
    def sessions(self) -> SessionLog:
        from algo_trading.adapters.postgres.signals import PostgresSessionLog

        return PostgresSessionLog(self.database)

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
    def imports(self) -> ImportRepository:
        from algo_trading.adapters.postgres.quality import PostgresImports

        return PostgresImports(self.database)

    @cached_property
    def accounts(self) -> AccountRepository:
        from algo_trading.adapters.postgres.accounts import PostgresAccounts

        return PostgresAccounts(self.database)

    @cached_property
    def subscriptions(self) -> SubscriptionRepository:
        from algo_trading.adapters.postgres.mail import PostgresSubscriptions

        return PostgresSubscriptions(self.database)

    @cached_property
    def outbox(self) -> OutboxRepository:
        from algo_trading.adapters.postgres.mail import PostgresOutbox

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
    def fundamentals(self) -> FundamentalsRepository:
        from algo_trading.adapters.postgres.fundamentals import PostgresFundamentals

        return PostgresFundamentals(self.database)

    @cached_property
    def locks(self) -> ExclusiveWork:
        from algo_trading.adapters.postgres.locks import PostgresLocks

        return PostgresLocks(self.database)

    @cached_property
    def objects(self) -> ObjectStore:
        if self.settings.object_store == "minio":
            from algo_trading.adapters import minio

            return minio.build(self.settings)
        from algo_trading.adapters import local_objects

        return local_objects.build(self.settings)

    # The outside world

    @cached_property
    def market_data(self) -> MarketData:
        source: MarketData = load_plugin("algo_trading.market_data", self.settings.market_data)(self.settings)
        return source

    @cached_property
    def channel(self) -> Channel:
        channel: Channel = load_plugin("algo_trading.channels", self.settings.channel)(self.settings)
        return channel

    # Rules

    @cached_property
    def gate(self) -> Gate:
        from algo_trading.quality.gate import BarGate

        return BarGate()

    @cached_property
    def post_gate(self) -> PostGate:
        from algo_trading.quality.posts import PostGate

        return PostGate()

    @cached_property
    def finder(self) -> MentionFinder:
        """Finds the packaged names, the listed coins and those of the configured file; of an instrument the last."""
        from algo_trading.sentiment.mentions.finder import MentionFinder
        from algo_trading.sentiment.mentions.names import packaged_listings, read_names

        own = self.settings.sentiment.names
        known = [*packaged_listings(), *self.listings.all(), *(read_names(Path(own).expanduser()) if own else ())]
        return MentionFinder(list({listing.instrument: listing for listing in known}.values()))

    @cached_property
    def scorer(self) -> Scorer:
        from algo_trading.sentiment.classify.scorers import build_scorer

        own = self.settings.sentiment.expressions
        options = {"expressions": Path(own).expanduser()} if own and self.settings.sentiment.scorer == "finance" else {}
        return build_scorer(self.settings.sentiment.scorer, **options)

    @cached_property
    def events(self) -> EventClassifier:
        from algo_trading.sentiment.classify.events import EventClassifier

        return EventClassifier()

    @cached_property
    def impact_weights(self) -> ImpactWeights:
        return impact_weights(self.settings)

    @cached_property
    def levels(self) -> Levels:
        return Levels(self.settings.sentiment.medium, self.settings.sentiment.high)

    @cached_property
    def limits(self) -> Mapping[StrategyId, Limits]:
        """The rules for each active strategy's signals: its own, with what the configuration says instead.

        Raises:
            ConfigError: a strategy with the same parameters has different ones in two entries.
        """
        found: dict[StrategyId, Limits] = {}
        for strategy, entry in self._strategies:
            limits = entry.limits.over(strategy.limits)
            if found.setdefault(strategy.id, limits) != limits:
                raise ConfigError(
                    f"two entries of [[strategies]] are {strategy.id} and have different limits, which hold for all "
                    "signals of a strategy; give both the same"
                )
        return found

    @property
    def zone(self) -> str:
        """The time zone of the venue."""
        from algo_trading.calendars import market_calendar

        return market_calendar(self.settings.venue).zone

    @cached_property
    def costs(self) -> Costs:
        from algo_trading.risk.costs import Costs

        return Costs(self.settings.account.commission, self.settings.account.slippage_bps)

    @cached_property
    def sizing(self) -> SizingRules:
        from algo_trading.risk.sizing import SizingRules

        return SizingRules(self.settings.account.position_fraction)

    @cached_property
    def account_plan(self) -> AccountPlan:
        from algo_trading.services.open_accounts import AccountPlan

        account = self.settings.account
        return AccountPlan(account.name, self.settings.venue, account.cash, account.start)

    @cached_property
    def subscription_plans(self) -> Sequence[SubscriptionPlan]:
        from algo_trading.services.open_accounts import SubscriptionPlan

        return [SubscriptionPlan(s.address, s.symbol, s.strategy, s.start) for s in self.settings.subscriptions]

    @property
    def outbox_limit(self) -> int:
        return self.settings.mail.outbox_limit

    @property
    def sender(self) -> str:
        return self.settings.mail.sender

    @cached_property
    def read_bar_files(self) -> BarFileReader:
        return bar_file_reader(self.settings)


def feed_lines(settings: Settings) -> Sequence[FeedSettings]:
    """The feeds as they are configured.

    Raises:
        ConfigError: two of them have one name.
    """
    names = [feed.name for feed in settings.feeds]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ConfigError(f"the feed {twice[0]!r} is configured twice; keep one of the [[feeds]] tables")
    return settings.feeds


def impact_weights(settings: Settings) -> ImpactWeights:
    """The configured weights of kinds of events and of feeds; they need no database."""
    from algo_trading.sentiment.classify.impact import ImpactWeights

    return ImpactWeights(settings.sentiment.event_weights, {feed.name: feed.weight for feed in feed_lines(settings)})


def bar_file_reader(settings: Settings | None = None) -> BarFileReader:
    """What reads files of bars, with the configured limits (None: the defaults); it needs no database."""
    from algo_trading.adapters.bar_files import DEFAULTS, limits_of, read_bar_files

    return partial(read_bar_files, limits=limits_of(settings.imports) if settings else DEFAULTS)


def embedded_postgres(settings: Settings) -> EmbeddedPostgres:
    """The server that belongs to the configured home, running or not."""
    from algo_trading.adapters.postgres.embedded import EmbeddedPostgres

    return EmbeddedPostgres(settings.home)


def database_url(settings: Settings) -> str:
    """The libpq URL of the market database; the embedded server is started if it is the one."""
    configured = settings.database_url.get_secret_value()
    if configured:
        return configured
    server = embedded_postgres(settings)
    server.start()
    return server.url()


def bootstrap(settings: Settings | None = None, url: str | None = None, clock: Clock | None = None) -> App:
    """The application on a database at its newest revision; close it, or use it in a `with` block.

    Raises:
        ConfigError: the configuration is wrong.
        ServiceUnavailableError: the database does not answer; in a `with` block also: it stopped answering.
    """
    from algo_trading.adapters.postgres.database import Database
    from algo_trading.adapters.postgres.migrate import is_current, upgrade

    settings = settings or load_settings()
    application = App(settings, Database(url or database_url(settings)), clock or SystemClock())
    with contextlib.ExitStack() as on_error:
        on_error.enter_context(application)
        application.database.check()
        if not is_current(application.database.engine):
            upgrade(application.database.engine)
        on_error.pop_all()
    return application


@contextlib.contextmanager
def market_database() -> Iterator[Engine]:
    """The engine of the configured database, for Alembic's command line."""
    from algo_trading.adapters.postgres.database import Database

    database = Database(database_url(load_settings()))
    try:
        yield database.engine
    finally:
        database.close()
