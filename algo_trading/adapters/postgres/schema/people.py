"""Users, and how they show who they are."""

from sqlalchemy import ARRAY, CheckConstraint, Column, ForeignKey, Index, Integer, LargeBinary, Table, Text, text

from algo_trading.adapters.postgres.schema.base import Time, metadata, row_id

users = Table(
    "users",
    metadata,
    Column("name", Text, primary_key=True),
    Column("role", Text, CheckConstraint("role IN ('owner', 'member')", name="role"), nullable=False),
    Column("address", Text, nullable=False, comment="for notices; empty: none"),
    Column("password_hash", Text, nullable=False, comment="argon2id"),
    Column("created_at", Time, nullable=False),
    Index("uq_users_address", text("lower(address)"), unique=True, postgresql_where=text("address <> ''")),
    comment="People who may log in.",
)

sessions = Table(
    "sessions",
    metadata,
    Column("digest", Text, primary_key=True, comment="SHA-256 of the secret that the browser keeps"),
    Column("user_name", ForeignKey("users.name", ondelete="CASCADE"), nullable=False, index=True),
    Column("opened_at", Time, nullable=False),
    Column("expires_at", Time, nullable=False, index=True),
)

api_tokens = Table(
    "api_tokens",
    metadata,
    row_id(),
    Column("digest", Text, nullable=False, unique=True, comment="SHA-256 of the token"),
    Column("user_name", ForeignKey("users.name", ondelete="CASCADE"), nullable=False),
    Column("name", Text, nullable=False),
    Column("scopes", ARRAY(Text), nullable=False),
    Column("created_at", Time, nullable=False),
    Column("expires_at", Time, comment="null: never"),
    Column("revoked_at", Time),
    Index("uq_api_tokens_name", "user_name", "name", unique=True, postgresql_where=text("revoked_at IS NULL")),
    comment="What programs show instead of a password.",
)

login_attempts = Table(
    "login_attempts",
    metadata,
    row_id(),
    Column("key", Text, nullable=False, comment="login name, or where the attempt came from"),
    Column("at", Time, nullable=False, index=True),
    Index(None, "key", "at"),
    comment="Those that have not succeeded, of the last minutes.",
)

api_answers = Table(
    "api_answers",
    metadata,
    Column("user_name", ForeignKey("users.name", ondelete="CASCADE"), primary_key=True),
    Column("key", Text, primary_key=True, comment="the Idempotency-Key of the request"),
    Column("digest", Text, nullable=False, comment="SHA-256 of the request"),
    Column("status", Integer, nullable=False, server_default="0", comment="0: it is being worked on"),
    Column("body", LargeBinary, nullable=False, server_default=""),
    Column("at", Time, nullable=False, index=True),
    comment="What requests with an idempotency key were answered, of the last day.",
)

signing_keys = Table(
    "signing_keys",
    metadata,
    Column("purpose", Text, primary_key=True),
    Column("key", LargeBinary, nullable=False),
    comment="Keys with which links of mails are signed, made when they are first needed.",
)

join_requests = Table(
    "join_requests",
    metadata,
    Column("address", Text, primary_key=True, comment="in lower case"),
    Column("asked_at", Time, nullable=False, index=True),
    Column("confirmed_at", Time, comment="when somebody who reads its mails said so; null: not yet"),
    comment="People who want to become users.",
)

symbol_requests = Table(
    "symbol_requests",
    metadata,
    row_id(),
    Column("symbol", Text, nullable=False),
    Column("venue", Text, nullable=False),
    Column("watchlist", Text, nullable=False),
    Column("user_name", ForeignKey("users.name", ondelete="CASCADE"), nullable=False),
    Column("address", Text, nullable=False, comment="where the outcome is told"),
    Column("asked_at", Time, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("finished_at", Time, comment="null: its history is to be loaded and backtested"),
    Index(
        "uq_symbol_requests_open", "symbol", "venue", "user_name", unique=True,
        postgresql_where=text("finished_at IS NULL"),
    ),
    Index(None, "user_name", "asked_at"),
    comment="Symbols that people ask for and that were not tracked.",
)  # fmt: skip
