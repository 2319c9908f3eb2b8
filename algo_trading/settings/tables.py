"""The tables of the configuration and what their keys may hold."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PrivateAttr,
    SecretStr,
    field_validator,
    model_validator,
)

from algo_trading.domain.account_rules import AccountRules
from algo_trading.domain.exits import Exits
from algo_trading.domain.limits import Limits, TradeWindow
from algo_trading.domain.post import Level, PostKind
from algo_trading.domain.scores import DEFAULT_POINTS, PointsTable
from algo_trading.domain.sentiment import Topic
from algo_trading.domain.subscription import EVERY
from algo_trading.domain.symbol import normal_symbol
from algo_trading.domain.time import Interval
from algo_trading.domain.venue import AssetClass, venue_of
from algo_trading.errors import UnknownNameError
from algo_trading.notification.addresses import email_address
from algo_trading.risk.targets import TargetTable, parse_steps
from algo_trading.settings.layers import Layers

ADDRESS = re.compile(
    r"(?P<scheme>[a-z][a-z0-9+.-]*://)(?:(?P<user>[^/?#]*)@)?(?P<place>[^?#]*)(?P<rest>[?#].*)?",
    re.IGNORECASE | re.DOTALL,
)
NAME = re.compile(r"[a-z][a-z0-9_-]*")
MOST_HOURS = 87_660
AUTO = "auto"
MOST_DIGITS, DECIMALS = 28, 8  # of an amount of money: of a coin, too


class Section(BaseModel):
    """A table of the configuration; unknown keys are mistakes."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def _name(text: str) -> str:
    if not NAME.fullmatch(text):
        raise ValueError(f"{text!r} is not a name: use lower-case letters, digits, - and _, a letter first")
    return text


def _venue(code: str) -> str:
    try:
        return venue_of(code).code
    except UnknownNameError as error:
        raise ValueError(str(error)) from error


def _venue_or_every(code: str) -> str:
    return code if code == EVERY else _venue(code)


def _interval(value: object) -> object:
    return Interval.parse(value) if isinstance(value, str) else value


def _symbol(text: str) -> str:
    if not text or text != text.strip() or not text.isprintable():
        raise ValueError(f"{text!r} is not a symbol")
    return normal_symbol(text)


def _address(text: str) -> str:
    email_address(text)
    return text


def _once(values: tuple[str, ...] | None) -> tuple[str, ...] | None:
    twice = sorted({value for value in values or () if (values or ()).count(value) > 1})
    if twice:
        raise ValueError(f"{', '.join(twice)} is there twice")
    return values


Name = Annotated[str, AfterValidator(_name)]
VenueCode = Annotated[str, AfterValidator(_venue)]
Symbols = Annotated[tuple[Annotated[str, AfterValidator(_symbol)], ...], Field(min_length=1), AfterValidator(_once)]
Intervals = Annotated[
    tuple[Annotated[Interval, BeforeValidator(_interval)], ...], Field(min_length=1), AfterValidator(_once)
]
Money = Annotated[Decimal, Field(max_digits=MOST_DIGITS, decimal_places=DECIMALS)]
Fraction = Annotated[float, Field(gt=0, lt=1, strict=True)]


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


class AccountRulesSettings(Section):
    """Rules for the entries of an account (domain/account_rules.py)."""

    approve_above: Money | None = Field(default=None, ge=0)
    approve_below: Level | None = None
    approval_hours: float = Field(default=12, gt=0, le=MOST_HOURS, allow_inf_nan=False)
    max_daily_loss: Decimal | None = Field(default=None, gt=0, le=1)
    max_instrument: Decimal | None = Field(default=None, gt=0)
    max_strategy: Decimal | None = Field(default=None, gt=0)
    max_exposure: Decimal | None = Field(default=None, gt=0)

    @property
    def rules(self) -> AccountRules:
        """What they mean."""
        return AccountRules(**self.model_dump())


class AccountSettings(Section):
    """An account. Without `start` it begins with the first period that is processed after it was opened."""

    name: Name
    broker: str = "paper"
    currency: str | None = None  # the venue's
    mode: Literal["paper"] = "paper"  # live is what `algo-trading account live` makes it
    owner: str = Field(default="owner", min_length=1)
    cash: Money = Field(default=Decimal(100_000), gt=0)
    start: date | None = None
    position_fraction: Decimal = Field(default=Decimal("0.15"), gt=0, le=1)
    commission: Decimal = Field(default=Decimal("0.001"), ge=0, lt=1)  # of the traded value
    commission_fixed: Money = Field(default=Decimal(0), ge=0)  # of each fill
    slippage_bps: Decimal = Field(default=Decimal(5), ge=0, lt=10_000)
    shorts: bool = False  # whether strategies may sell what they do not hold
    rules: AccountRulesSettings = AccountRulesSettings()


class LimitsSettings(Section):
    """Rules for a strategy's signals; what is left out is as the strategy has it (domain/limits.py)."""

    mail_from: Level | None = None
    order_from: Level | None = None
    trade_window: TradeWindow | None = None  # "12:00-06:00" in the venue's zone; "00:00-00:00" is always
    max_price_age: timedelta | None = None  # hours
    max_move: float | None = Field(default=None, gt=0, strict=True, allow_inf_nan=False)
    max_positions: int | None = Field(default=None, ge=0, strict=True)

    @field_validator("trade_window", mode="before")
    @classmethod
    def _read_window(cls, value: object) -> object:
        return TradeWindow.parse(value) if isinstance(value, str) else value

    @field_validator("max_price_age", mode="before")
    @classmethod
    def _read_hours(cls, value: object) -> object:
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= MOST_HOURS:
            raise ValueError(f"{value!r} is not a number of hours greater than 0 and up to {MOST_HOURS} (ten years)")
        return timedelta(hours=value)

    def over(self, limits: Limits) -> Limits:
        """`limits` with what is given here instead."""
        given = {name: value for name in type(self).model_fields if (value := getattr(self, name)) is not None}
        return replace(limits, **given)


class ExitsSettings(Section):
    """Where a position is left without a signal, as fractions of the entry price; of the best price for `trailing`."""

    stop: Fraction | None = None
    target: float | None = Field(default=None, gt=0, strict=True, allow_inf_nan=False)
    trailing: Fraction | None = None
    max_age: float | None = Field(default=None, gt=0, le=MOST_HOURS, allow_inf_nan=False)  # hours
    by_rank: bool = False  # the target is that of the table [targets]

    @model_validator(mode="after")
    def _have_one_target(self) -> Self:
        _ = self.exits
        return self

    @property
    def exits(self) -> Exits:
        """What they mean."""
        return Exits(**self.model_dump())


class TargetSettings(Section):
    """Gains at which positions with the exit `by_rank` are sold (risk/targets.py)."""

    by_rank: str = "10:0.02 50:0.04 200:0.08 *:0.15"  # rank by capitalisation : fraction of the entry price
    by_volume: str = "0.005:1.5"  # volume of 24 hours in the capitalisation : factor
    by_price: str = ""  # price in US dollars : factor
    least: Fraction = 0.01
    most: float = Field(default=0.25, gt=0, allow_inf_nan=False)

    @model_validator(mode="after")
    def _can_be_read(self) -> Self:
        _ = self.table
        if self.least > self.most:
            raise ValueError(f"targets.least ({self.least}) must not be above targets.most ({self.most})")
        return self

    @property
    def table(self) -> TargetTable:
        """The table that these lines are."""
        ranks, rest = parse_steps(self.by_rank)
        (volumes, more), (prices, yet_more) = parse_steps(self.by_volume), parse_steps(self.by_price)
        if rest is None or more is not None or yet_more is not None:
            raise ValueError("targets.by_rank, and only this, must end with the gain of all others, such as *:0.15")
        return TargetTable(ranks, rest, volumes, prices, self.least, self.most)


class StrategySettings(Section):
    """A strategy at work: on all series of its watchlist unless symbols or intervals are named."""

    name: str
    watchlist: str | None = None
    symbols: Symbols | None = None
    intervals: Intervals | None = None
    account: str | None = None
    owner: str | None = Field(default=None, min_length=1)  # the account's
    params: dict[str, int | float | str | bool] = {}
    limits: LimitsSettings = LimitsSettings()
    exits: ExitsSettings = ExitsSettings()


class SubscriptionSettings(Section):
    """A subscription that exists from the first start on; further ones are made with `algo-trading subscribe`."""

    address: Annotated[str, AfterValidator(_address)]
    symbol: Annotated[str, AfterValidator(normal_symbol)] = EVERY
    strategy: str = EVERY
    venue: Annotated[str, AfterValidator(_venue_or_every)] = EVERY
    start: date | None = None


class MailSettings(Section):
    """Mails."""

    sender: str
    outbox_limit: int = Field(gt=0)


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
    event_weights: dict[Topic, Annotated[float, Field(ge=0, allow_inf_nan=False)]] = {}  # of a topic in an impact

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
    quote_assets: dict[VenueCode, Annotated[str, AfterValidator(_symbol)]] = {}  # of venues, if not their currency
    database_url: SecretStr = SecretStr("")
    live_trading: str = ""  # the account that may trade real money; from the environment alone
    watchlists: tuple[WatchlistSettings, ...] = ()
    accounts: tuple[AccountSettings, ...] = ()
    strategies: tuple[StrategySettings, ...] = ()
    subscriptions: tuple[SubscriptionSettings, ...] = ()
    feeds: tuple[FeedSettings, ...] = ()
    mail: MailSettings
    imports: ImportSettings = ImportSettings()
    sentiment: SentimentSettings
    scores: ScoreSettings = ScoreSettings()
    targets: TargetSettings = TargetSettings()
    watch: WatchSettings = WatchSettings()
    airflow: AirflowSettings
    web: WebSettings
    sources: PluginTables
    brokers: PluginTables
    channels: PluginTables
    platforms: PluginTables
    listings: PluginTables
    scorers: PluginTables
    object_stores: PluginTables

    @property
    def watched(self) -> tuple[str, ...]:
        """The watchlists whose candles are scored before they end."""
        return tuple(one.name for one in self.watchlists if one.watch)

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
