"""Posts and articles, what they say, and how far feeds were read."""

from sqlalchemy import (
    ARRAY,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    Double,
    ForeignKey,
    Index,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from algo_trading.adapters.postgres.schema.base import Time, instrument_ref, metadata, row_id, written_at

posts = Table(
    "posts",
    metadata,
    row_id(),
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
    Column("language", Text, nullable=False, comment="ISO 639-1, und: not determined"),
    Column("read_at", Time, comment="when it was understood; null: waits"),
    Column("sentiment", Double, comment="of the whole text, -1 to 1"),
    Column("topic", Text),
    written_at(),
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
    instrument_ref(primary_key=True),
    Column("available_at", Time, nullable=False, comment="of the post"),
    Column("matched", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("confidence", Double, nullable=False),
    Column("sentiment", Double, nullable=False, comment="about this instrument, -1 to 1"),
    Column("topic", Text, nullable=False),
    Column("impact", Double, nullable=False),
    Column("influencer", Boolean, nullable=False),
    Column(
        "option_direction",
        Text,
        CheckConstraint("option_direction IN ('bullish', 'bearish')", name="option_direction"),
        comment="what options named with it bet on; null: none are named",
    ),
    Column("strikes", ARRAY(Double), nullable=False, comment="of those options, in the currency of the instrument"),
    Column("expiries", ARRAY(Date), nullable=False),
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
