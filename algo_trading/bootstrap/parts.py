"""What services are made of beside repositories: gateways to the outside, and the configured rules."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import quote

from algo_trading.bootstrap.lists import Lists
from algo_trading.bootstrap.without_database import bar_file_reader, impact_weights
from algo_trading.domain.notice import NoticeKind
from algo_trading.domain.outage import Outage
from algo_trading.domain.post import Levels
from algo_trading.errors import ConfigError
from algo_trading.plugins import Context, load_plugin
from algo_trading.settings.plugin_tables import plugin_config

if TYPE_CHECKING:
    from collections.abc import Sequence

    from algo_trading.adapters.binance.archive import BinanceArchive
    from algo_trading.calendars import Calendars
    from algo_trading.domain.account import Account
    from algo_trading.domain.instrument import Instrument
    from algo_trading.domain.notice import Content
    from algo_trading.domain.scores import PointsTable
    from algo_trading.gateways.bar_files import BarFileReader
    from algo_trading.gateways.brokers import Broker
    from algo_trading.gateways.channels import Channel
    from algo_trading.gateways.clock import Clock
    from algo_trading.gateways.coin_listings import CoinListings
    from algo_trading.gateways.fundamentals import FundamentalsSource
    from algo_trading.gateways.mailboxes import Mailbox
    from algo_trading.gateways.market_data import MarketData
    from algo_trading.gateways.post_feeds import PostFeed
    from algo_trading.gateways.trading_rules import RulesSource
    from algo_trading.quality.posts import PostGate
    from algo_trading.quality.verdict import FaultPages, Gate
    from algo_trading.repositories.bars import BarReader
    from algo_trading.repositories.objects import ObjectStore
    from algo_trading.sentiment.classify.events import EventClassifier
    from algo_trading.sentiment.classify.impact import ImpactWeights
    from algo_trading.sentiment.classify.scorers import Scorer
    from algo_trading.sentiment.mentions.finder import MentionFinder
    from algo_trading.services.annotate_posts import Influencers
    from algo_trading.settings import Settings
    from algo_trading.strategies.registry import Strategies

Made = TypeVar("Made")


class Gateways(Lists):
    """Everything outside, through the plug-ins that the configuration names."""

    settings: Settings
    clock: Clock

    def source(self, name: str) -> MarketData:
        """The source of bars with a name; UnknownNameError if there is none."""
        return self._kept("sources", name, self._sources)

    def rules_sources(self) -> dict[str, RulesSource]:
        """The sources of what is watched that know trading rules, by venue."""
        from algo_trading.gateways.trading_rules import RulesSource

        found = ((one.venue, self.source(one.source)) for one in self.watchlists.all())
        return {venue: source for venue, source in found if isinstance(source, RulesSource)}

    def broker(self, account: Account) -> Broker:
        """The broker of an account; UnknownNameError if there is none of its name."""
        from algo_trading.gateways.brokers import BrokerContext

        if account not in self._brokers:
            context = BrokerContext(
                account.broker, self.settings.home, account, self.bars, self.actions, self.trading_rules
            )
            self._brokers[account] = self._plugin("brokers", context)
        return self._brokers[account]

    def channel(self, name: str = "") -> Channel:
        """The channel with a name, the configured one without; UnknownNameError if there is none."""
        return self._kept("channels", name or self.settings.channel, self._channels)

    @cached_property
    def mailbox(self) -> Mailbox:
        """The folder that people write to; ConfigError where none is configured."""
        name = self.settings.inbound_mail.mailbox
        if not name:
            raise ConfigError("no mails are read: set inbound_mail.mailbox to imap (docs/notifications.md)")
        mailbox: Mailbox = self._plugin("mailboxes", self._context(name))
        return mailbox

    @cached_property
    def feeds(self) -> Sequence[PostFeed]:
        """Every configured feed of posts and articles."""
        from algo_trading.bootstrap.feeds import build_feed

        return [build_feed(self.settings, feed) for feed in self.settings.feeds]

    @cached_property
    def coin_source(self) -> CoinListings:
        """ConfigError where none is configured."""
        name = self.settings.listing_source
        if not name:
            raise ConfigError(
                "no source of coin listings is configured: set coin_listings to coingecko or coinmarketcap"
            )
        source: CoinListings = self._plugin("listings", self._context(name))
        return source

    @cached_property
    def fundamentals_source(self) -> FundamentalsSource:
        from algo_trading.adapters.yahoo.config import YahooConfig
        from algo_trading.adapters.yahoo.fundamentals import build_fundamentals

        return build_fundamentals(plugin_config(self.settings, "sources", "yahoo", YahooConfig))

    @cached_property
    def objects(self) -> ObjectStore:
        store: ObjectStore = self._plugin("object_stores", self._context(self.settings.object_store))
        return store

    @cached_property
    def bar_history(self) -> BarReader:
        """Bars of many series from their Parquet copies where these are current, else from the database."""
        from algo_trading.adapters.parquet_bars import ParquetBars

        return ParquetBars(self.bars, self.objects)

    @cached_property
    def scorer(self) -> Scorer:
        scorer: Scorer = self._plugin("scorers", self._context(self.settings.sentiment.scorer))
        return scorer

    @cached_property
    def read_bar_files(self) -> BarFileReader:
        return bar_file_reader(self.settings)

    def candle_archive(self, url: str) -> BinanceArchive:
        """Binance's archive of candles at an address; what is downloaded is kept."""
        from algo_trading.adapters.binance.archive import BinanceArchive

        return BinanceArchive(url, self.settings.home / "archive")

    @cached_property
    def _sources(self) -> dict[str, MarketData]:
        return {}

    @cached_property
    def _channels(self) -> dict[str, Channel]:
        return {}

    @cached_property
    def _brokers(self) -> dict[Account, Broker]:
        return {}

    def _kept(self, table: str, name: str, made: dict[str, Made]) -> Made:
        if name not in made:
            made[name] = self._plugin(table, self._context(name))
        return made[name]

    def _context(self, name: str) -> Context:
        return Context(name, self.settings.home)

    def _plugin(self, table: str, context: Context) -> Any:  # noqa: ANN401 - what it makes depends on the group
        plugin = load_plugin(f"algo_trading.{table}", context.name)
        return plugin.build(plugin_config(self.settings, table, context.name, plugin.config_type), context)


class Rules(Gateways):
    """Calendars, gates, classifiers and what else the configuration says."""

    @property
    def calendars(self) -> Calendars:
        from algo_trading.calendars import trading_calendar

        return trading_calendar

    @property
    def strategies(self) -> Strategies:
        from algo_trading.strategies.unusable import strategy_to_ask

        return strategy_to_ask

    @cached_property
    def gate(self) -> Gate:
        from algo_trading.quality.gate import BarGate

        return BarGate(self.pages)

    @cached_property
    def post_gate(self) -> PostGate:
        from algo_trading.quality.posts import PostGate

        return PostGate(pages=self.pages)

    @cached_property
    def pages(self) -> FaultPages:
        """Pages about what both gates held back, published at the end of a command or task."""
        from algo_trading.quality.data_docs import DataDocs
        from algo_trading.quality.gate_page import GatePages

        return GatePages(DataDocs(), self.quality, self.quarantine, self.clock)

    def owner_addresses(self) -> list[str]:
        """Those of the owners; where none has one, the address that mails come from."""
        from algo_trading.notification.mail import sender_address

        return self.addresses_of_owners() or [sender_address(self.settings.mail.sender).addr_spec]

    def addresses_of_owners(self) -> list[str]:
        """Those that owners have, if any."""
        return [user.address for user in self.users.all() if user.is_owner and user.address]

    def addresses_for(self, account: str) -> list[str]:
        """The address of an account's owner; those of the installation's owners where there is none."""
        owner = self.accounts.state(account).account.owner
        found = [user.address for user in self.users.all() if user.name == owner and user.address]
        return found or self.owner_addresses()

    def page_at(self, path: str) -> str:
        """The address of a page; empty where no pages were ever started and no address is configured."""
        base = self.settings.web_url
        return f"{base}{path}" if base else ""

    def page_of(self, instrument: Instrument) -> str:
        """The address of an instrument's page, as `page_at` gives it."""
        return self.page_at(f"/instruments/{quote(instrument.venue)}/{quote(instrument.symbol, safe='')}")

    def link_of(self, content: Content) -> str:
        """Where the owner sees more: a period that fails in its run in Airflow, strategies that do among the signals.

        Where no run has begun that could have failed, the DAGs of which one should have.
        """
        if content.kind is not NoticeKind.OUTAGE:
            return self.page_at("/signals")
        outage = Outage.parse(content.key)
        run = self.periods.newest_run(outage.watchlist, outage.interval, outage.since)
        page = f"http://127.0.0.1:{self.settings.airflow.port}/dags"
        if run is None:
            return f"{page}?tags={quote(outage.watchlist)}"
        return f"{page}/{quote(run.dag)}/runs/{quote(run.run, safe='')}"

    @cached_property
    def finder(self) -> MentionFinder:
        """Finds the packaged names, the listed coins and those of the configured file; of an instrument the last."""
        from algo_trading.sentiment.mentions.finder import MentionFinder
        from algo_trading.sentiment.mentions.names import packaged_listings, read_names

        own = self.settings.sentiment.names
        known = [*packaged_listings(), *self.listings.all(), *(read_names(Path(own).expanduser()) if own else ())]
        return MentionFinder(list({listing.instrument: listing for listing in known}.values()))

    @cached_property
    def events(self) -> EventClassifier:
        from algo_trading.sentiment.classify.events import EventClassifier

        return EventClassifier()

    @cached_property
    def impact_weights(self) -> ImpactWeights:
        return impact_weights(self.settings)

    @property
    def influencers(self) -> Influencers:
        """Whose single posts count. A name counts on the platform of its feed, and in the feed's own posts."""
        from algo_trading.services.annotate_posts import ANY_AUTHOR, Influencers

        named = [(feed, name.removeprefix("@").casefold()) for feed in self.settings.feeds for name in feed.influencers]
        places = [(feed.name, name) for feed, name in named]
        places += [(feed.platform, name) for feed, name in named if name != ANY_AUTHOR]
        return Influencers(frozenset(places))

    @property
    def live_account(self) -> str:
        """The account that the environment lets trade real money; a file cannot."""
        layer = self.settings.layers.layer(("live_trading",))
        return "" if layer is None or layer.is_file else self.settings.live_trading

    @property
    def points(self) -> PointsTable:
        """The configured points of ranks."""
        return self.settings.scores.points

    @cached_property
    def levels(self) -> Levels:
        return Levels(self.settings.sentiment.medium, self.settings.sentiment.high)
