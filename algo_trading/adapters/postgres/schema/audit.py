"""What people did by hand."""

from sqlalchemy import Column, Table, Text
from sqlalchemy.dialects.postgresql import JSONB

from algo_trading.adapters.postgres.schema.base import Time, metadata, row_id

audit = Table(
    "audit",
    metadata,
    row_id(),
    Column("at", Time, nullable=False),
    Column("actor", Text, nullable=False),
    Column("action", Text, nullable=False, comment="thing.verb, such as account.live"),
    Column("subject", Text, nullable=False, index=True, comment="what it was done to"),
    Column("detail", JSONB, nullable=False),
    comment="What people changed by hand; only added to.",
)
