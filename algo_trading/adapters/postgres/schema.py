"""Tables of the market database. Changes come with a migration in sql/migrations; a test holds the two together."""

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    Double,
    ForeignKey,
    Identity,
    Index,
    Integer,
    MetaData,
    Numeric,
    Table,
    Text,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from algo_trading.domain.bars import COLUMNS
from algo_trading.repositories.bars import INDICATORS

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    }
)

Time = DateTime(timezone=True)


def _id() -> Column[int]:
    return Column("id", BigInteger, Identity(always=True), primary_key=True)


def _instrument(*, primary_key: bool = False) -> Column[int]:
    return Column("instrument_id", ForeignKey("instruments.id"), nullable=False, primary_key=primary_key)


def _written(name: str = "created_at") -> Column[object]:
    return Column(name, Time, nullable=False, server_default=func.now())


instruments = Table(
    "instruments",
    metadata,
    Column("id", Integer, Identity(always=True), primary_key=True),
    Column("symbol", Text, nullable=False),
    Column("venue", Text, nullable=False, comment="exchange_calendars code"),
    UniqueConstraint("symbol", "venue"),
)

bars = Table(
    "bars",
    metadata,
    # No foreign key: ids come from `instruments` in the same transaction, nothing deletes there, and a check for each
    # row took 40 % of a bulk load.
    Column("instrument_id", Integer, primary_key=True, autoincrement=False),
    Column("interval", Text, primary_key=True),
    Column("opened_at", Time, primary_key=True, comment="for daily bars 00:00 UTC of the session date, a label"),
    Column("closed_at", Time, nullable=False),
    *(Column(name, Double, nullable=False) for name in COLUMNS),
    Column("source", Text, nullable=False),
    _written("updated_at"),
    comment="As traded. Partitioned by year.",
    postgresql_partition_by="RANGE (opened_at)",
)

corporate_actions = Table(
    "corporate_actions",
    metadata,
    _instrument(primary_key=True),
    Column("ex_date", Date, primary_key=True),
    Column("kind", Text, CheckConstraint("kind IN ('split', 'dividend')", name="kind"), primary_key=True),
    Column("value", Double, nullable=False, comment="new shares for one old, or cash per share"),
    Column("source", Text, nullable=False),
    _written("updated_at"),
)

indicators = Table(
    "indicators",
    metadata,
    _instrument(primary_key=True),
    Column("interval", Text, primary_key=True),
    Column("opened_at", Time, primary_key=True),
    *(Column(name, Double) for name in INDICATORS),
    _written("updated_at"),
    comment="What each session saw, on closes adjusted as of that session.",
)

signals = Table(
    "signals",
    metadata,
    _id(),
    Column("strategy", Text, nullable=False),
    Column("params", Text, nullable=False),
    _instrument(),
    Column("interval", Text, nullable=False),
    Column("session", Date, nullable=False),
    Column("side", Text, CheckConstraint("side IN ('buy', 'sell', 'hold')", name="side"), nullable=False),
    Column("confidence", Double, nullable=False),
    Column("size", Double, nullable=False),
    Column("close", Double, nullable=False),
    Column("reason", Text, nullable=False),
    Column("inputs_hash", Text, nullable=False),
    _written("decided_at"),
    Column("shares", Double, comment="the most to buy; null: as many as the budget buys"),
    Column("post", Text, nullable=False, server_default="", comment="platform:id; empty: decided at the bar's close"),
    Column("available_at", Time, comment="when the post could be known"),
    UniqueConstraint("strategy", "params", "instrument_id", "interval", "session", "post"),
    Index(None, "session"),
    Index(None, "instrument_id"),
    Index(None, "available_at", postgresql_where=text("available_at IS NOT NULL")),
)

sessions = Table(
    "sessions",
    metadata,
    Column("venue", Text, primary_key=True),
    Column("session", Date, primary_key=True),
    Column("stage", Text, CheckConstraint("stage IN ('ingested', 'decided')", name="stage"), primary_key=True),
    _written("reached_at"),
    comment="Which sessions have been through which stage.",
)

accounts = Table(
    "accounts",
    metadata,
    Column("id", Integer, Identity(always=True), primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("venue", Text, nullable=False),
    Column("start_session", Date, nullable=False),
    Column("cursor_session", Date),
    Column("cash", Numeric(20, 2), nullable=False),
    _written(),
)

positions = Table(
    "positions",
    metadata,
    Column("account_id", ForeignKey("accounts.id"), primary_key=True),
    Column("strategy", Text, primary_key=True),
    Column("params", Text, primary_key=True),
    _instrument(primary_key=True),
    Column("quantity", Numeric(24, 8), CheckConstraint("quantity > 0", name="quantity"), nullable=False),
)

orders = Table(
    "orders",
    metadata,
    _id(),
    Column("account_id", ForeignKey("accounts.id"), nullable=False),
    Column("client_order_id", Text, nullable=False, unique=True),
    Column("strategy", Text, nullable=False),
    Column("params", Text, nullable=False),
    _instrument(),
    Column("side", Text, CheckConstraint("side IN ('buy', 'sell')", name="side"), nullable=False),
    Column("budget", Numeric(20, 2)),
    Column("decided_session", Date, nullable=False),
    Column(
        "status", Text, CheckConstraint("status IN ('pending', 'filled', 'refused')", name="status"), nullable=False
    ),
    Column("reason", Text, nullable=False),
    _written(),
    Column("quantity", Numeric(24, 8), comment="the most shares to buy; null: as many as the budget buys"),
    Index("ix_orders_account_id_pending", "account_id", postgresql_where=text("status = 'pending'")),
)

fills = Table(
    "fills",
    metadata,
    Column("order_id", ForeignKey("orders.id"), primary_key=True),
    Column("session", Date, nullable=False),
    Column("quantity", Numeric(24, 8), nullable=False),
    Column("price", Numeric(20, 6), nullable=False),
    Column("commission", Numeric(20, 2), nullable=False),
)

entries = Table(
    "entries",
    metadata,
    _id(),
    Column("account_id", ForeignKey("accounts.id"), nullable=False),
    Column("session", Date, nullable=False),
    Column("kind", Text, CheckConstraint("kind IN ('fill', 'split', 'dividend')", name="kind"), nullable=False),
    Column("strategy", Text, nullable=False),
    Column("params", Text, nullable=False),
    _instrument(),
    Column("cash", Numeric(20, 2), nullable=False),
    Column("quantity", Numeric(24, 8), nullable=False),
    UniqueConstraint("account_id", "session", "kind", "strategy", "params", "instrument_id"),
    comment="The accounts' books.",
)

subscriptions = Table(
    "subscriptions",
    metadata,
    _id(),
    Column("address", Text, nullable=False),
    Column("symbol", Text, nullable=False, comment="* for every symbol"),
    Column("strategy", Text, nullable=False, comment="* for every strategy"),
    Column("venue", Text, nullable=False),
    Column("start_session", Date, nullable=False),
    Column("cursor_session", Date),
    _written(),
    UniqueConstraint("address", "symbol", "strategy", "venue"),
)

outbox = Table(
    "outbox",
    metadata,
    _id(),
    Column("dedupe_key", Text, nullable=False, unique=True),
    Column("address", Text, nullable=False),
    Column("signal_key", Text, nullable=False),
    Column("session", Date, nullable=False),
    Column("status", Text, CheckConstraint("status IN ('pending', 'sent', 'failed')", name="status"), nullable=False),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("not_before", Time, nullable=False, server_default=func.now()),
    Column("last_error", Text, nullable=False, server_default=""),
    Column("sent_at", Time),
    _written(),
    Index("ix_outbox_pending", "not_before", postgresql_where=text("status = 'pending'")),
)

quarantine = Table(
    "quarantine",
    metadata,
    _id(),
    Column("source", Text, nullable=False),
    Column("place", Text, nullable=False, comment="file and line, or request"),
    Column("symbol", Text, nullable=False),
    Column("session", Text, nullable=False, comment="as it came"),
    Column("reason", Text, nullable=False),
    Column("row", JSONB, nullable=False),
    Column("fingerprint", Text, nullable=False, unique=True, comment="hash of source, place, reason and row"),
    _written(),
    Index(None, "reason"),
)

quality_results = Table(
    "quality_results",
    metadata,
    _id(),
    Column("suite", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("batch", Text, nullable=False),
    Column("evaluated", Integer, nullable=False),
    Column("passed", Integer, nullable=False),
    Column("expectations", JSONB, nullable=False),
    Column("holes", JSONB, nullable=False),
    Column("errors", JSONB, nullable=False),
    _written("judged_at"),
    UniqueConstraint("suite", "source", "batch"),
)

imported_files = Table(
    "imported_files",
    metadata,
    Column("fingerprint", Text, primary_key=True),
    Column("path", Text, nullable=False),
    Column("read", Integer, nullable=False),
    _written("imported_at"),
)

recommendations = Table(
    "recommendations",
    metadata,
    _id(),
    _instrument(),
    Column("session", Date, nullable=False),
    Column("strategy", Text, comment="null: none survived"),
    Column("params", Text),
    Column("reason", Text, nullable=False),
    Column("trials", Integer, nullable=False, comment="settings tried"),
    Column("data_hash", Text, nullable=False),
    Column("report", Text, nullable=False, comment="key in the object store"),
    _written("reviewed_at"),
    UniqueConstraint("instrument_id", "session"),
    comment="What the reviews of strategies recommend.",
)

backtests = Table(
    "backtests",
    metadata,
    Column("recommendation_id", ForeignKey("recommendations.id"), primary_key=True),
    Column("rank", Integer, primary_key=True, autoincrement=False, comment="0 is the best"),
    Column("strategy", Text, nullable=False),
    Column("params", Text, nullable=False),
    Column("first_session", Date, nullable=False),
    Column("last_session", Date, nullable=False),
    Column("statistics", JSONB, nullable=False, comment="out of sample"),
    Column("deflated_sharpe", Double),
    Column("objection", Text, nullable=False, comment="why it is not recommended"),
    comment="What the recommendations were chosen from.",
)

posts = Table(
    "posts",
    metadata,
    _id(),
    Column("platform", Text, nullable=False),
    Column("platform_id", Text, nullable=False, comment="the platform's own"),
    Column("feed", Text, nullable=False, comment="that brought it first"),
    Column("kind", Text, CheckConstraint("kind IN ('post', 'article')", name="kind"), nullable=False),
    Column("author", Text, nullable=False),
    Column("published_at", Time, nullable=False),
    Column("seen_at", Time, nullable=False),
    Column("available_at", Time, nullable=False, comment="the later of published and seen"),
    Column("title", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("url", Text, nullable=False),
    Column("language", Text, nullable=False, comment="ISO 639-1, und: cannot be told"),
    Column("read_at", Time, comment="when it was understood; null: waits"),
    Column("sentiment", Double, comment="of the whole text, -1 to 1"),
    Column("topic", Text),
    _written(),
    UniqueConstraint("platform", "platform_id"),
    Index(None, "published_at"),
    Index(None, "platform", "author"),
    Index("ix_posts_unread", "available_at", postgresql_where=text("read_at IS NULL")),
    comment="Posts and news articles, written once.",
)

mentions = Table(
    "mentions",
    metadata,
    Column("post_id", ForeignKey("posts.id"), primary_key=True),
    _instrument(primary_key=True),
    Column("available_at", Time, nullable=False, comment="of the post"),
    Column("matched", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("confidence", Double, nullable=False),
    Column("sentiment", Double, nullable=False, comment="about this instrument, -1 to 1"),
    Column("topic", Text, nullable=False),
    Column("impact", Double, nullable=False),
    Column("influencer", Boolean, nullable=False),
    Index(None, "instrument_id", "available_at"),
    comment="What a post says about an instrument.",
)

feeds = Table(
    "feeds",
    metadata,
    Column("name", Text, primary_key=True),
    Column("newest_at", Time, comment="publication of the newest post read"),
    Column("newest_id", Text, nullable=False),
    Column("token", Text, nullable=False, comment="what the server wants back"),
    Column("tried_at", Time, nullable=False),
    Column("error", Text, nullable=False, comment="of the last try; empty: it worked"),
    Column("asked_until", Time, comment="end of what was asked for so far"),
    comment="How far each feed has been read.",
)

listings = Table(
    "listings",
    metadata,
    _instrument(primary_key=True),
    Column("name", Text, nullable=False),
    Column("aliases", ARRAY(Text), nullable=False),
    Column("ambiguous", ARRAY(Text), nullable=False, comment="names that are everyday words too"),
    Column("rank", Integer),
    Column("market_cap", Double),
    Column("volume", Double),
    Column("price", Double),
    _written("updated_at"),
    comment="Names of instruments; capitalisation, volume and price in US dollars.",
)

fundamentals = Table(
    "fundamentals",
    metadata,
    _instrument(primary_key=True),
    Column("seen_at", Time, primary_key=True),
    Column("pe_ratio", Double),
    Column("market_cap", Double),
    Column("source", Text, nullable=False),
    comment="Each counts from when it was seen until the next.",
)
