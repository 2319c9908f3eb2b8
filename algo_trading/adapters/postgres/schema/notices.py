"""Who gets which notices, and what waits to be delivered."""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from algo_trading.adapters.postgres.schema.base import Time, metadata, row_id, written_at

subscriptions = Table(
    "subscriptions",
    metadata,
    row_id(),
    Column("address", Text, nullable=False),
    Column("channel", Text, nullable=False, comment="empty: the configured one"),
    Column("symbol", Text, nullable=False, comment="* for every symbol"),
    Column("strategy", Text, nullable=False, comment="* for every strategy"),
    Column("venue", Text, nullable=False, comment="* for every venue"),
    Column("start", Time, nullable=False, comment="bars that close later and posts from then on count"),
    Column("min_confidence", Double, nullable=False, comment="of signals, from 0 to 1"),
    written_at(),
    UniqueConstraint("address", "symbol", "strategy", "venue", "channel"),
    Index(None, "symbol"),
    Index(None, "start"),
)


score_subscriptions = Table(
    "score_subscriptions",
    metadata,
    row_id(),
    Column("address", Text, nullable=False),
    Column("channel", Text, nullable=False, comment="empty: the configured one"),
    Column("symbol", Text, nullable=False),
    Column("venue", Text, nullable=False),
    Column("threshold", Integer, comment="points; null: the tuned ones"),
    Column("bull", Integer, nullable=False, comment="highest score told since it reached the threshold; 0: below it"),
    Column("bear", Integer, nullable=False),
    written_at(),
    UniqueConstraint("address", "symbol", "venue"),
    Index(None, "symbol", "venue"),
    comment="Who is told of high scores of a pair.",
)


regular_mails = Table(
    "regular_mails",
    metadata,
    row_id(),
    Column("address", Text, nullable=False),
    Column("kind", Text, CheckConstraint("kind IN ('update', 'digest')", name="kind"), nullable=False),
    Column("every", Text, nullable=False, comment="4h, daily or weekly"),
    Column("hour", Integer, nullable=False, comment="of the reader's day, for daily and weekly ones"),
    Column("start", Time, nullable=False, comment="when it was asked for; hours count from then"),
    Column("channel", Text, nullable=False, comment="empty: the configured one"),
    Column("sent", Time, comment="the newest moment at which one was due that is queued"),
    written_at(),
    UniqueConstraint("address", "kind"),
    comment="Updates and digests.",
)


recipients = Table(
    "recipients",
    metadata,
    Column("address", Text, primary_key=True),
    Column("zone", Text, nullable=False, comment="IANA name"),
    Column("quiet_from", Integer, comment="hour of their day from which nothing is delivered; null: always"),
    Column("quiet_to", Integer),
    comment="How people like to be reached.",
)


notice_contents = Table(
    "notice_contents",
    metadata,
    row_id(),
    Column("kind", Text, nullable=False),
    Column("key", Text, nullable=False, comment="of a signal its natural key"),
    Column("at", Time, nullable=False, comment="earlier ones are delivered first"),
    Column("details", Text, nullable=False, server_default="", comment="what is stored nowhere else"),
    written_at(),
    UniqueConstraint("kind", "key"),
    comment="What the recipients of a notice get alike.",
)


notices = Table(
    "notices",
    metadata,
    row_id(),
    Column("dedupe_key", Text, nullable=False, unique=True),
    Column("content_id", BigInteger, ForeignKey("notice_contents.id"), nullable=False),
    Column("recipient", Text, nullable=False),
    Column("channel", Text, nullable=False, comment="empty: the configured one"),
    Column("at", Time, nullable=False, comment="of the content"),
    Column("status", Text, CheckConstraint("status IN ('pending', 'sent', 'failed')", name="status"), nullable=False),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("not_before", Time, comment="null: due at once, whatever a clock says"),
    Column("sender", Integer, comment="who is delivering it; an advisory lock shows that it is alive"),
    Column("leased_until", Time, comment="when others may take it from the sender"),
    Column("last_error", Text, nullable=False, server_default=""),
    Column("sent_at", Time),
    written_at(),
    Index("ix_notices_pending", "at", "id", postgresql_where=text("status = 'pending'")),
    Index(None, "recipient", "id"),
    Index("ix_notices_failed", "id", postgresql_where=text("status = 'failed'")),
    comment="The outbox: one row for each recipient of a content.",
)
