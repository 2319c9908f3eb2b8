"""What the gate found, and what was read before: files and streams."""

from sqlalchemy import BigInteger, Column, Index, Integer, Table, Text, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB

from algo_trading.adapters.postgres.schema.base import metadata, row_id, written_at

quarantine = Table(
    "quarantine",
    metadata,
    row_id(),
    Column("source", Text, nullable=False),
    Column("place", Text, nullable=False, comment="file and line, or request"),
    Column("symbol", Text, nullable=False),
    Column("session", Text, nullable=False, comment="as it came"),
    Column("reason", Text, nullable=False),
    Column("row", JSONB, nullable=False),
    Column("fingerprint", Text, nullable=False, unique=True, comment="hash of source, place, reason and row"),
    written_at(),
    Index(None, "reason"),
)


quality_results = Table(
    "quality_results",
    metadata,
    row_id(),
    Column("suite", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("batch", Text, nullable=False),
    Column("evaluated", Integer, nullable=False),
    Column("passed", Integer, nullable=False),
    Column("expectations", JSONB, nullable=False),
    Column("gaps", JSONB, nullable=False),
    Column("errors", JSONB, nullable=False),
    written_at("judged_at"),
    UniqueConstraint("suite", "source", "batch"),
)


imported_files = Table(
    "imported_files",
    metadata,
    Column("fingerprint", Text, primary_key=True),
    Column("path", Text, nullable=False),
    Column("read", Integer, nullable=False),
    written_at("imported_at"),
)


stream_offsets = Table(
    "stream_offsets",
    metadata,
    Column("stream", Text, primary_key=True),
    Column("position", BigInteger, nullable=False, comment="a number of the stream's own that grows with it"),
    written_at("moved_at"),
    comment="How far each source that pushes has been read.",
)
