"""The tables of the configuration and what their keys may hold."""

import hashlib
import re
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    PrivateAttr,
    SecretStr,
    model_validator,
)

from algo_trading.domain.join_request import Joining
from algo_trading.domain.post import PostKind
from algo_trading.domain.scores import DEFAULT_POINTS, PointsTable
from algo_trading.domain.sentiment import Topic
from algo_trading.domain.subscription import EVERY
from algo_trading.domain.symbol import normal_symbol
from algo_trading.domain.time import Interval
from algo_trading.domain.venue import AssetClass, venue_of
from algo_trading.settings.layers import Layers
from algo_trading.settings.trading import AccountSettings, ExitsSettings, LimitsSettings, TargetSettings
from algo_trading.settings.values import (
    Address,
    Intervals,
    Name,
    Section,
    Symbol,
    Symbols,
    VenueCode,
    VenueOrEvery,
)

ADDRESS = re.compile(
    r"(?P<scheme>[a-z][a-z0-9+.-]*://)(?:(?P<user>[^/?#]*)@)?(?P<place>[^?#]*)(?P<rest>[?#].*)?",
    re.IGNORECASE | re.DOTALL,
)
AUTO = "auto"


class WatchlistSettings(Section):
    """Symbols of one venue, whose bars of these intervals one source brings.

    With `watch`, `algo-trading watch` scores its candles before they end. Signals on candles shorter than a day are
    ordered and mailed for `dispatch_within` of their periods after the close (0: however late; services/freshness.py).
    After `notice_after` of them have failed in a row the owner gets a mail (0: none; services/report_outages.py).
    """

    name: Name
    venue: VenueCode
    source: str
    intervals: Intervals = (Interval.DAY,)
    symbols: Symbols
    watch: bool = False
    dispatch_within: int = Field(default=3, ge=0, strict=True)
    notice_after: int = Field(default=3, ge=0, strict=True)


class StrategySettings(Section):
    """A strategy at work: on all series of its watchlist unless symbols or intervals are named."""

    name: str
    watchlist: str | None = None
    symbols: Symbols | None = None
    intervals: Intervals | None = None
    account: str | None = None
    owner: str | None = Field(default=None, min_length=1)  # the account's
    params: dict[str, int | float | str | bool] = Field(default={})
    limits: LimitsSettings = LimitsSettings()
    exits: ExitsSettings = ExitsSettings()


class SubscriptionSettings(Section):
    """A subscription that exists from the first start on; further ones are made with `algo-trading subscribe`."""

    address: Address
    symbol: Annotated[str, AfterValidator(normal_symbol)] = EVERY
    strategy: str = EVERY
    venue: VenueOrEvery = EVERY
    start: date | None = None
    min_confidence: float = Field(default=0.0, ge=0, le=1)


def _folder(text: str) -> str:
    if text and not Path(text).expanduser().is_dir():
        raise ValueError(f"{text!r} is not a folder")
    return str(Path(text).expanduser()) if text else ""


class MailSettings(Section):
    """Mails."""

    sender: str
    outbox_limit: int = Field(gt=0)
    summary_hour: int = Field(default=8, ge=-1, le=23)  # of an owner's day, for the accounts; -1: none
    templates: Annotated[str, AfterValidator(_folder)] = ""  # a folder; files in it stand in the place of packaged ones


class PeopleSettings(Section):
    """Who becomes a user by asking for it, and how many symbols a member may have tracked in a day."""

    joining: Joining = Joining.CLOSED
    channel: str = ""  # of the mails with which addresses are confirmed; empty: the configured one
    symbols_per_day: int = Field(default=3, ge=0)


class InboundMailSettings(Section):
    """Commands by mail. A sender is believed where the server called `authserv_id` confirms it (RFC 8601)."""

    mailbox: str = ""  # imap, or a plug-in's name; empty: mails are not read
    authserv_id: str = ""
    channel: str = ""  # of answers; empty: the configured one
    max_kb: int = Field(default=64, ge=1, le=10_240)
    per_hour: int = Field(default=30, ge=1)  # mails of one sender that are answered
    wait_seconds: int = Field(default=60, ge=1, le=3600)  # between looks where the server does not announce

    @model_validator(mode="after")
    def _vouched(self) -> Self:
        if self.mailbox and not self.authserv_id:
            raise ValueError(
                "inbound_mail.authserv_id is missing: the name by which your receiving mail server begins its "
                "Authentication-Results, such as mx.google.com"
            )
        return self


class FeedSettings(Section):
    """A source of posts or articles.

    What `source` means is the platform's: a subreddit or user, an account or search, an address, a query, a file.
    """

    platform: str
    source: str = Field(min_length=1)
    kind: PostKind | None = None  # None: what the platform brings
    weight: float = Field(default=1, ge=0, le=1)  # of its sentiment in an impact
    influencers: tuple[str, ...] = ()  # authors whose single posts count; "*" for all of this feed's

    @property
    def name(self) -> str:
        """How it is called in the database and in reports.

        Of an address what may be secret (user, password, query) is left out; a hash stands for it, to tell feeds apart.
        """
        return f"{self.platform} {_without_secrets(self.source)}"


def _without_secrets(source: str) -> str:
    match = ADDRESS.fullmatch(source.strip())
    if not match or not (match["user"] or match["rest"]):
        return source
    digest = hashlib.sha256(f"{match['user'] or ''}{match['rest'] or ''}".encode()).hexdigest()[:8]
    return f"{match['scheme']}{match['place']} ({digest})"


class ImportSettings(Section):
    """How large files of bars may be; what is larger is refused with the name of the limit."""

    max_unpacked_mb: int = Field(default=2048, ge=1)
    max_ratio: float = Field(default=200, gt=1)  # bytes unpacked for each byte packed
    max_line_kb: int = Field(default=1024, ge=1)


class SentimentSettings(Section):
    """How texts are understood."""

    scorer: str
    names: str  # a file of further names; empty for the packaged ones alone
    medium: float = Field(ge=0, le=1)  # confidence from which it is called medium
    high: float = Field(ge=0, le=1)
    event_weights: dict[Topic, Annotated[float, Field(ge=0, allow_inf_nan=False)]] = Field(
        default={}
    )  # of a topic in an impact

    @model_validator(mode="after")
    def _ascend(self) -> Self:
        if self.medium > self.high:
            raise ValueError(f"sentiment.medium ({self.medium}) must not be above sentiment.high ({self.high})")
        return self


def _points(value: object) -> object:
    return PointsTable.parse(value) if isinstance(value, str) else value


class ScoreSettings(Section):
    """How bull and bear scores are counted."""

    points: Annotated[PointsTable, BeforeValidator(_points)] = DEFAULT_POINTS  # of ranks: "2.5:6 5:5 ..."


class WatchSettings(Section):
    """How `algo-trading watch` looks."""

    minutes: int = Field(default=1, ge=1, le=1440, strict=True)


class HousekeepingSettings(Section):
    """For how many days what is not needed any more is kept; 0: for ever."""

    airflow_days: int = Field(ge=0, strict=True)  # Airflow's records of runs
    log_days: int = Field(ge=0, strict=True)  # the logs of its tasks
    answer_days: int = Field(ge=0, strict=True)  # the raw answers of sources


class AirflowSettings(Section):
    """Airflow as `make run` starts it."""

    port: int = Field(gt=0, lt=65536)
    parallelism: int = Field(ge=1)


def _web_address(text: str) -> str:
    if text and not re.fullmatch(r"https?://[^/?#\s@]+/?", text):
        raise ValueError(f"{text!r} is not an address such as https://trading.example.com")
    return text


class WebSettings(Section):
    """The pages and the API."""

    port: int = Field(gt=0, lt=65536)
    url: Annotated[str, AfterValidator(_web_address)] = ""  # under which people reach them; empty: on this machine


# Of each plug-in a table under its name, as it came: its own type reads it when it is used, and may hold secrets.
PluginTables = Annotated[dict[str, dict[str, Any]], Field(default_factory=dict, repr=False, exclude=True)]


class Settings(Section):
    """The whole configuration."""

    home: Annotated[Path, AfterValidator(lambda path: path.expanduser().resolve())]
    preset: str = ""
    object_store: str
    channel: str
    coin_listings: str
    shard_size: int = Field(gt=0)
    quote_assets: dict[VenueCode, Symbol] = Field(default={})  # of venues, if not their currency
    database_url: SecretStr = SecretStr("")
    live_trading: str = ""  # the account that may trade real money; from the environment alone
    watchlists: tuple[WatchlistSettings, ...] = ()
    accounts: tuple[AccountSettings, ...] = ()
    strategies: tuple[StrategySettings, ...] = ()
    subscriptions: tuple[SubscriptionSettings, ...] = ()
    feeds: tuple[FeedSettings, ...] = ()
    mail: MailSettings
    inbound_mail: InboundMailSettings = InboundMailSettings()
    people: PeopleSettings = PeopleSettings()
    imports: ImportSettings = ImportSettings()
    sentiment: SentimentSettings
    scores: ScoreSettings = ScoreSettings()
    targets: TargetSettings = TargetSettings()
    watch: WatchSettings = WatchSettings()
    airflow: AirflowSettings
    housekeeping: HousekeepingSettings
    web: WebSettings
    sources: PluginTables
    brokers: PluginTables
    channels: PluginTables
    platforms: PluginTables
    listings: PluginTables
    scorers: PluginTables
    mailboxes: PluginTables
    object_stores: PluginTables

    @property
    def watched(self) -> tuple[str, ...]:
        """The watchlists whose candles are scored before they end."""
        return tuple(one.name for one in self.watchlists if one.watch)

    @property
    def web_url(self) -> str:
        """The configured address of the pages, else where they were started on this machine; empty: nowhere."""
        if self.web.url:
            return self.web.url.rstrip("/")
        try:
            port = int((self.home / "web" / "port").read_text(encoding="ascii"))
        except (OSError, ValueError):
            return ""
        return f"http://127.0.0.1:{port}"

    @property
    def listing_source(self) -> str:
        """What lists coins, or nothing: unless another one is named, CoinGecko where real coins are watched."""
        if self.coin_listings != AUTO:
            return self.coin_listings
        watched = (venue_of(one.venue) for one in self.watchlists)
        real = (venue for venue in watched if venue.asset_class is AssetClass.CRYPTO and not venue.made_up)
        return "coingecko" if any(real) else ""

    _layers: Layers = PrivateAttr(default_factory=Layers)

    @property
    def layers(self) -> Layers:
        """Where each value comes from."""
        return self._layers

    def remember(self, layers: Layers) -> Self:
        """Keep where each value comes from, to name it beside a mistake that only shows when a plug-in reads it."""
        self._layers = layers
        return self


PLUGIN_TABLES = tuple(name for name, field in Settings.model_fields.items() if field.exclude)
LISTS: Mapping[str, type[Section]] = {
    "watchlists": WatchlistSettings,
    "accounts": AccountSettings,
    "strategies": StrategySettings,
    "subscriptions": SubscriptionSettings,
    "feeds": FeedSettings,
}
