"""Configuration: packaged defaults, the source's own layer, the user's file, the environment. The last one wins.

The one place that reads the environment. Secrets (passwords, keys, a database URL) are refused in files.
"""

import hashlib
import itertools
import json
import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any, Literal, Self, get_origin

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from algo_trading.domain.limits import Limits, TradeWindow
from algo_trading.domain.post import Level, PostKind
from algo_trading.domain.sentiment import Topic
from algo_trading.domain.subscription import EVERY
from algo_trading.errors import ConfigError
from algo_trading.notification.addresses import check_address

USER_FILE = "algo-trading.toml"
SECRETS = {
    ("database_url",),
    ("smtp", "password"),
    ("minio", "access_key"),
    ("minio", "secret_key"),
    ("reddit", "client_id"),
    ("reddit", "client_secret"),
    ("x", "bearer_token"),
    ("newsapi", "api_key"),
    ("coin_listings", "api_key"),
}
ADDRESS = re.compile(
    r"(?P<scheme>[a-z][a-z0-9+.-]*://)(?:(?P<user>[^/?#]*)@)?(?P<place>[^?#]*)(?P<rest>[?#].*)?",
    re.IGNORECASE | re.DOTALL,
)


MOST_HOURS = 87_660


class Section(BaseModel):
    """A table of the configuration; unknown keys are mistakes."""

    model_config = ConfigDict(extra="forbid", frozen=True)


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


class StrategySettings(Section):
    """A strategy at work on some symbols."""

    name: str
    symbols: tuple[str, ...] = Field(min_length=1)
    params: dict[str, int | float | str | bool] = {}
    limits: LimitsSettings = LimitsSettings()


class AccountSettings(Section):
    """The paper account. Without `start` it begins with the first session that `make run` works through."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_-]*$")
    cash: Decimal = Field(gt=0, max_digits=20, decimal_places=2)  # as the database keeps it
    start: date | None = None
    position_fraction: Decimal = Field(gt=0, le=1)
    commission: Decimal = Field(ge=0, lt=1)
    slippage_bps: Decimal = Field(ge=0, lt=10_000)


class SubscriptionSettings(Section):
    """A subscription that exists from the first start on; further ones are made with `algo-trading subscribe`."""

    address: Annotated[str, AfterValidator(check_address)]
    symbol: str = EVERY
    strategy: str = EVERY
    start: date | None = None


class MailSettings(Section):
    """Mails."""

    sender: str
    outbox_limit: int = Field(gt=0)


class SmtpSettings(Section):
    """The mail server; the password comes from ALGO_SMTP__PASSWORD."""

    host: str
    port: int = Field(gt=0, lt=65536)
    user: str
    password: SecretStr = SecretStr("")
    starttls: bool


class MinioSettings(Section):
    """The S3 server; the keys come from ALGO_MINIO__ACCESS_KEY and ALGO_MINIO__SECRET_KEY."""

    endpoint: str
    bucket: str
    secure: bool
    access_key: SecretStr = SecretStr("")
    secret_key: SecretStr = SecretStr("")


class CsvFilesSettings(Section):
    """The folder that the csv_files source reads: one file per symbol."""

    folder: str


class ImportSettings(Section):
    """How large files of bars may be; what is larger is refused with the name of the limit."""

    max_unpacked_mb: int = Field(default=2048, ge=1)
    max_ratio: float = Field(default=200, gt=1)  # bytes unpacked for each byte packed
    max_line_kb: int = Field(default=1024, ge=1)


class YahooSettings(Section):
    """Rate limits and retries of Yahoo."""

    pause_seconds: float = Field(ge=0)
    attempts: int = Field(ge=1)


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


class PoliteSettings(Section):
    """Where a platform answers, its rate limits and retries."""

    base_url: str
    pause_seconds: float = Field(ge=0)
    attempts: int = Field(ge=1)


class RedditSettings(PoliteSettings):
    """Reddit; the application's id and secret come from ALGO_REDDIT__CLIENT_ID and ALGO_REDDIT__CLIENT_SECRET."""

    oauth_url: str
    client_id: SecretStr = SecretStr("")
    client_secret: SecretStr = SecretStr("")


class XSettings(PoliteSettings):
    """X; the token comes from ALGO_X__BEARER_TOKEN."""

    bearer_token: SecretStr = SecretStr("")


class NewsApiSettings(PoliteSettings):
    """NewsAPI; the key comes from ALGO_NEWSAPI__API_KEY."""

    api_key: SecretStr = SecretStr("")


class RssSettings(Section):
    """Limits of RSS and Atom feeds."""

    pause_seconds: float = Field(ge=0)
    attempts: int = Field(ge=1)
    max_items: int = Field(default=2000, ge=1)  # of a feed
    allow_private: bool = False  # addresses within this machine or its network, and redirects to them


class CoinListingsSettings(Section):
    """Names, ranks and prices of coins; CoinMarketCap's key comes from ALGO_COIN_LISTINGS__API_KEY."""

    source: str  # coingecko, coinmarketcap, or empty for the packaged list alone
    base_url: str = ""  # empty: the source's own
    pages: int = Field(ge=1)
    pause_seconds: float = Field(ge=0)
    attempts: int = Field(ge=1)
    api_key: SecretStr = SecretStr("")


class SentimentSettings(Section):
    """How texts are understood."""

    scorer: str
    names: str  # a file of further names; empty for the packaged ones alone
    expressions: str = ""  # a table of further expressions for the scorer finance; empty for the packaged ones alone
    medium: float = Field(ge=0, le=1)  # confidence from which it is called medium
    high: float = Field(ge=0, le=1)
    event_weights: dict[Topic, Annotated[float, Field(ge=0, allow_inf_nan=False)]] = {}  # of a topic in an impact

    @model_validator(mode="after")
    def _ascend(self) -> Self:
        if self.medium > self.high:
            raise ValueError(f"sentiment.medium ({self.medium}) must not be above sentiment.high ({self.high})")
        return self


class AirflowSettings(Section):
    """Airflow as `make run` starts it."""

    port: int = Field(gt=0, lt=65536)
    parallelism: int = Field(ge=1)


class Settings(BaseSettings):
    """The whole configuration."""

    model_config = SettingsConfigDict(env_prefix="ALGO_", env_nested_delimiter="__", extra="forbid", frozen=True)

    home: Annotated[Path, AfterValidator(lambda path: path.expanduser().resolve())]
    market_data: str
    object_store: Literal["local", "minio"]
    channel: str
    venue: str
    shard_size: int = Field(gt=0)
    database_url: SecretStr = SecretStr("")
    strategies: tuple[StrategySettings, ...] = ()
    subscriptions: tuple[SubscriptionSettings, ...] = ()
    account: AccountSettings
    mail: MailSettings
    smtp: SmtpSettings
    minio: MinioSettings
    csv_files: CsvFilesSettings
    imports: ImportSettings = ImportSettings()
    yahoo: YahooSettings
    feeds: tuple[FeedSettings, ...] = ()
    reddit: RedditSettings
    x: XSettings
    newsapi: NewsApiSettings
    rss: RssSettings
    coin_listings: CoinListingsSettings
    sentiment: SentimentSettings
    airflow: AirflowSettings

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003 - pydantic-settings passes all of them by name
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Put the environment above the files, which `load_settings` passes as arguments."""
        return env_settings, init_settings

    @property
    def symbols(self) -> tuple[str, ...]:
        """Every symbol that a strategy watches, sorted."""
        return tuple(sorted({symbol for strategy in self.strategies for symbol in strategy.symbols}))


TABLES = {
    name
    for name, field in Settings.model_fields.items()
    if get_origin(field.annotation) is tuple or hasattr(field.annotation, "model_fields")
}


def default_home() -> Path:
    """Where data lives: `var/` of the checkout this package is installed from, else the user's data folder."""
    checkout = Path(__file__).resolve().parent.parent
    if (checkout / "pyproject.toml").exists():
        return checkout / "var"
    base = os.environ.get("XDG_DATA_HOME") or str(Path.home() / ".local" / "share")
    return Path(base) / "algo-trading"


def load_settings() -> Settings:
    """Read every layer.

    The user's file is ALGO_CONFIG, else algo-trading.toml in the current folder, else beside the data folder.

    Raises:
        ConfigError: names the file (or variable), the key and what is allowed.
    """
    home = Path(os.environ.get("ALGO_HOME") or default_home()).expanduser().resolve()
    packaged = files("algo_trading") / "config"
    user_file = _user_file(home)
    layers: list[tuple[str, dict[str, Any]]] = [("defaults.toml", _parse(str(packaged / "defaults.toml")))]
    user = (str(user_file), _parse(str(user_file))) if user_file else None
    if user:
        _refuse_secrets(*user)
    source = os.environ.get("ALGO_MARKET_DATA") or (user and user[1].get("market_data")) or layers[0][1]["market_data"]
    of_source = packaged / f"{source}.toml"
    if str(source).isidentifier() and of_source.is_file():
        layers.append((of_source.name, _parse(str(of_source))))
    if user:
        layers.append(user)
    layers += _variables()
    merged: dict[str, Any] = {}
    for name, layer in layers:
        if not name.startswith("ALGO_"):  # pydantic-settings reads those itself
            merged = _merge(merged, layer)
    try:
        return Settings(**{"home": home, **merged})
    except ValidationError as error:
        raise ConfigError(_explain(error, layers)) from error


def _user_file(home: Path) -> Path | None:
    named = os.environ.get("ALGO_CONFIG")
    if named:
        path = Path(named).expanduser()
        if not path.is_file():
            raise ConfigError(f"ALGO_CONFIG names {path}, which is no file")
        return path
    for folder in (Path.cwd(), home.parent):
        if (folder / USER_FILE).is_file():
            return folder / USER_FILE
    return None


def _parse(path: str) -> dict[str, Any]:
    try:
        return tomllib.loads(Path(path).read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} is not valid TOML: {error}") from error
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror}") from error


def _merge(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(below)
    for key, value in above.items():
        old = merged.get(key)
        merged[key] = _merge(old, value) if isinstance(old, dict) and isinstance(value, dict) else value
    return merged


def _lookup(layer: Mapping[str, Any], location: tuple[int | str, ...]) -> bool:
    value: Any = layer
    for part in location:
        try:
            value = value[part]
        except (KeyError, IndexError, TypeError):
            return False
    return True


def _refuse_secrets(path: str, layer: Mapping[str, Any]) -> None:
    for secret in sorted(SECRETS):
        if _lookup(layer, secret):
            variable = "ALGO_" + "__".join(secret).upper()
            raise ConfigError(f"{path}: {'.'.join(secret)} is a secret; set {variable} in the environment instead")


def _variables() -> list[tuple[str, dict[str, Any]]]:
    """Each ALGO_ variable as a layer, to tell whose a mistake is.

    Raises:
        ConfigError: nobody reads the variable, or it is a whole table and no JSON.
    """
    known = {"ALGO_CONFIG"} | {f"ALGO_{name.upper()}" for name in Settings.model_fields}
    layers = []
    for variable in sorted(name for name in os.environ if name.startswith("ALGO_") and name != "ALGO_CONFIG"):
        if variable.split("__")[0] not in known:
            raise ConfigError(f"{variable} sets nothing; known are: {', '.join(sorted(known))} (tables with __)")
        *tables, key = variable.removeprefix("ALGO_").lower().split("__")
        value: Any = os.environ[variable]
        if not tables and key in TABLES:
            try:
                value = json.loads(value)
            except ValueError as error:
                raise ConfigError(f"{variable} sets a whole table and is not valid JSON: {error}") from error
        layer = {key: value}
        for table in reversed(tables):
            layer = {table: layer}
        layers.append((variable, layer))
    return layers


def _explain(error: ValidationError, layers: list[tuple[str, dict[str, Any]]]) -> str:
    sentences = []
    for problem in error.errors(include_url=False, include_input=False):
        location = tuple(part for part in problem["loc"] if part not in {"int", "float", "str", "bool", "[key]"})
        key = ".".join(str(part) for part in location)
        # A list of one layer replaces that of another: the mistake is of who wrote the list.
        written = tuple(itertools.takewhile(lambda part: isinstance(part, str), location))
        origin = next((name for name, layer in reversed(layers) if _lookup(layer, written)), "the configuration")
        message = problem["msg"][:1].lower() + problem["msg"][1:]
        if problem["type"] == "extra_forbidden":
            known = _known_keys(location[:-1])
            message = f"there is no such key; known here are: {', '.join(known)}"
        sentence = f"{origin}: {key}: {message}"
        if sentence not in sentences:
            sentences.append(sentence)
    return "; ".join(sentences)


def _known_keys(location: tuple[int | str, ...]) -> list[str]:
    model: Any = Settings
    for part in location:
        if isinstance(part, int):
            continue
        annotation = model.model_fields[part].annotation
        model = next(
            (a for a in (annotation, *getattr(annotation, "__args__", ())) if hasattr(a, "model_fields")), None
        )
        if model is None:
            return []
    return sorted(model.model_fields)
