"""Instruments, their bars and what is known of them."""

from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    Double,
    Identity,
    Integer,
    Numeric,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from algo_trading.adapters.postgres.schema.base import Time, instrument_ref, metadata, written_at
from algo_trading.domain.bars import COLUMNS, TURNOVER
from algo_trading.domain.corporate_actions import ActionKind
from algo_trading.indicators.panel import COLUMNS as INDICATORS
from algo_trading.repositories.trading_rules import RULE_NUMBERS

instruments = Table(
    "instruments",
    metadata,
    Column("id", Integer, Identity(always=True), primary_key=True),
    Column("symbol", Text, nullable=False, comment="the name that it has now"),
    Column("venue", Text, nullable=False, comment="exchange_calendars code"),
    UniqueConstraint("symbol", "venue"),
)


former_names = Table(
    "former_names",
    metadata,
    Column("symbol", Text, primary_key=True),
    Column("venue", Text, primary_key=True),
    Column("until", Date, primary_key=True, comment="the first date of the next name; from then on this one is free"),
    instrument_ref(),
    Column("source", Text, nullable=False),
    written_at("seen_at"),
    comment="What instruments were called before they were renamed.",
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
    *(Column(name, Double) for name in TURNOVER),
    Column("source", Text, nullable=False),
    written_at("updated_at"),
    comment="As traded. Partitioned by year.",
    postgresql_partition_by="RANGE (opened_at)",
)


series = Table(
    "series",
    metadata,
    instrument_ref(primary_key=True),
    Column("interval", Text, primary_key=True),
    Column("first_opened_at", Time, nullable=False),
    Column("last_opened_at", Time, nullable=False),
    Column("bars", BigInteger, nullable=False),
    comment="How much is stored of each series: written in the transaction that adds or removes bars.",
)


def _action_columns() -> list[Column[Any]]:
    kinds = ", ".join(f"'{kind}'" for kind in ActionKind if kind is not ActionKind.RENAMED)
    return [
        instrument_ref(primary_key=True),
        Column("ex_date", Date, primary_key=True),
        Column("kind", Text, CheckConstraint(f"kind IN ({kinds})", name="kind"), primary_key=True),
        Column("value", Double, nullable=False, comment="new shares for one old, or cash per share"),
        Column("target", Text, nullable=False, server_default=text("''"), comment="the symbol that took its place"),
        Column("source", Text, nullable=False),
    ]


corporate_actions = Table("corporate_actions", metadata, *_action_columns(), written_at("seen_at"))


withdrawn_actions = Table(
    "withdrawn_actions",
    metadata,
    *_action_columns(),
    Column("seen_at", Time, primary_key=True),
    Column("withdrawn_at", Time, nullable=False),
    comment="Versions of corporate actions that hold no longer: withdrawn, or told otherwise since.",
)


indicators = Table(
    "indicators",
    metadata,
    instrument_ref(primary_key=True),
    Column("interval", Text, primary_key=True),
    Column("opened_at", Time, primary_key=True),
    *(Column(name, Double) for name in INDICATORS),
    written_at("updated_at"),
    comment="What each session saw, on closes adjusted as of that session.",
)


trading_rules = Table(
    "trading_rules",
    metadata,
    instrument_ref(primary_key=True),
    Column("base", Text, nullable=False, comment="what is traded"),
    Column("quote", Text, nullable=False, comment="what it is paid in"),
    Column("status", Text, nullable=False, comment="the venue's own word"),
    Column("order_types", ARRAY(Text), nullable=False),
    *(Column(name, Numeric, nullable=False) for name in RULE_NUMBERS),
    Column("notional_for_market", Boolean, nullable=False),
    Column("max_notional_for_market", Boolean, nullable=False),
    Column("listed_at", Time),
    Column("delisted_at", Time),
    written_at("updated_at"),
    comment="What a venue asks of orders, as of the newest refresh; a zero asks nothing.",
)


fundamentals = Table(
    "fundamentals",
    metadata,
    instrument_ref(primary_key=True),
    Column("seen_at", Time, primary_key=True),
    Column("pe_ratio", Double),
    Column("market_cap", Double),
    Column("source", Text, nullable=False),
    comment="Each counts from when it was seen until the next.",
)


listings = Table(
    "listings",
    metadata,
    instrument_ref(primary_key=True),
    Column("name", Text, nullable=False),
    Column("aliases", ARRAY(Text), nullable=False),
    Column("ambiguous", ARRAY(Text), nullable=False, comment="names that are everyday words too"),
    Column("rank", Integer),
    Column("market_cap", Double),
    Column("volume", Double),
    Column("price", Double),
    written_at("updated_at"),
    comment="Names of instruments; capitalisation, volume and price in US dollars.",
)


listing_history = Table(
    "listing_history",
    metadata,
    instrument_ref(primary_key=True),
    Column("seen_at", Time, primary_key=True),
    Column("rank", Integer),
    Column("market_cap", Double),
    Column("volume", Double),
    Column("price", Double),
    comment="What each refresh of the listings said, in US dollars.",
)
