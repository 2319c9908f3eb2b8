"""What strategies decided, and which of them are recommended."""

from sqlalchemy import (
    ARRAY,
    CheckConstraint,
    Column,
    Date,
    Double,
    ForeignKey,
    Identity,
    Index,
    Integer,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from algo_trading.adapters.postgres.schema.base import Time, instrument_ref, metadata, row_id, strategy_ref, written_at

strategies = Table(
    "strategies",
    metadata,
    Column("id", Integer, Identity(always=True), primary_key=True),
    Column("name", Text, nullable=False),
    Column("params", Text, nullable=False, comment="canonical JSON"),
    UniqueConstraint("name", "params"),
    comment="Two settings of one strategy are two strategies.",
)

signals = Table(
    "signals",
    metadata,
    row_id(),
    strategy_ref(),
    instrument_ref(),
    Column("interval", Text, nullable=False),
    Column("opened_at", Time, nullable=False, comment="of the bar at whose close it was decided"),
    Column("side", Text, CheckConstraint("side IN ('buy', 'sell', 'hold')", name="side"), nullable=False),
    Column("confidence", Double, nullable=False),
    Column("size", Double, nullable=False),
    Column("close", Double, nullable=False),
    Column("reason", Text, nullable=False),
    Column("inputs_hash", Text, nullable=False),
    written_at("decided_at"),
    Column("shares", Double, comment="the most to buy; null: as many as the budget buys"),
    Column("post_id", ForeignKey("posts.id"), comment="what it was decided on; null: the bar's close"),
    Column("available_at", Time, comment="when the post could be known"),
    Index(
        "uq_signals_at_close",
        "strategy_id",
        "instrument_id",
        "interval",
        "opened_at",
        unique=True,
        postgresql_where=text("post_id IS NULL"),
    ),
    Index(
        "uq_signals_on_post",
        "strategy_id",
        "instrument_id",
        "interval",
        "post_id",
        unique=True,
        postgresql_where=text("post_id IS NOT NULL"),
    ),
    Index(None, "opened_at"),
    Index(None, "instrument_id"),
    Index(None, "available_at", postgresql_where=text("available_at IS NOT NULL")),
)

strategy_failures = Table(
    "strategy_failures",
    metadata,
    row_id(),
    Column("strategy", Text, nullable=False),
    Column("params", Text, nullable=False, comment="canonical JSON"),
    Column("symbol", Text, nullable=False),
    Column("venue", Text, nullable=False),
    Column("interval", Text, nullable=False),
    Column("since", Time, nullable=False, comment="when the first period opened in which it failed"),
    Column("newest", Time, nullable=False, comment="when the last one did"),
    Column("error", Text, nullable=False, comment="of the last one"),
    Column("over", Time, comment="when the period opened in which it decided again; null: it has not yet"),
    written_at(),
    UniqueConstraint("strategy", "params", "symbol", "venue", "interval", "since", name="uq_strategy_failures_key"),
    Index("ix_strategy_failures_open", "strategy", postgresql_where=text("over IS NULL")),
    comment="Strategies that raised errors instead of deciding, a row for each streak.",
)

periods = Table(
    "periods",
    metadata,
    Column("watchlist", Text, primary_key=True),
    Column("interval", Text, primary_key=True),
    Column("opened_at", Time, primary_key=True),
    Column("stage", Text, CheckConstraint("stage IN ('accepted', 'decided')", name="stage"), primary_key=True),
    written_at("reached_at"),
    Column("notified_at", Time, comment="when the notices about a decided period were queued"),
    Index(
        "ix_periods_to_notify",
        "watchlist",
        "interval",
        "opened_at",
        postgresql_where=text("stage = 'decided' AND notified_at IS NULL"),
    ),
    comment="Which periods of which watchlists have been through which stage.",
)

period_runs = Table(
    "period_runs",
    metadata,
    Column("watchlist", Text, primary_key=True),
    Column("interval", Text, primary_key=True),
    Column("opened_at", Time, primary_key=True),
    Column("dag", Text, nullable=False),
    Column("run", Text, nullable=False, comment="as the scheduler names it"),
    written_at("begun_at"),
    comment="The newest run of the scheduler that worked on a period.",
)

watchlists = Table(
    "watchlists",
    metadata,
    Column("name", Text, primary_key=True),
    Column("venue", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("intervals", ARRAY(Text), nullable=False),
    Column("symbols", ARRAY(Text), nullable=False),
    Column(
        "monitored",
        ARRAY(Text),
        nullable=False,
        server_default="{}",
        comment="series beside the configured ones, such as INJUSDT_4h",
    ),
    Column("dropped", ARRAY(Text), nullable=False, server_default="{}", comment="configured series that are left out"),
    written_at("updated_at"),
    comment="What is watched; changed while the program runs.",
)

assignments = Table(
    "assignments",
    metadata,
    row_id(),
    strategy_ref(),
    instrument_ref(),
    Column("interval", Text, nullable=False),
    Column("watchlist", ForeignKey("watchlists.name"), nullable=False),
    Column("account", Text, nullable=False, comment="it may be opened later"),
    Column("owner", Text, nullable=False),
    Column("limits", JSONB, nullable=False),
    Column("exits", JSONB, nullable=False),
    written_at("updated_at"),
    UniqueConstraint("strategy_id", "instrument_id", "interval", "account"),
    comment="Which strategy trades which series for which account.",
)

recommendations = Table(
    "recommendations",
    metadata,
    row_id(),
    instrument_ref(),
    Column("interval", Text, nullable=False),
    Column("session", Date, nullable=False),
    Column("strategy", Text, comment="null: none survived"),
    Column("params", Text),
    Column("reason", Text, nullable=False),
    Column("trials", Integer, nullable=False, comment="settings tried"),
    Column("data_hash", Text, nullable=False),
    Column("report", Text, nullable=False, comment="key in the object store"),
    written_at("reviewed_at"),
    UniqueConstraint("instrument_id", "interval", "session"),
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
