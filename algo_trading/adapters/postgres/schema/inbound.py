"""Mails that came in."""

from sqlalchemy import BigInteger, Column, Index, Table, Text

from algo_trading.adapters.postgres.schema.base import Time, metadata

inbound_mails = Table(
    "inbound_mails",
    metadata,
    Column("mailbox", Text, primary_key=True, comment="user and folder"),
    Column("uid_validity", BigInteger, primary_key=True, autoincrement=False, comment="as IMAP has it"),
    Column("uid", BigInteger, primary_key=True, autoincrement=False),
    Column("digest", Text, nullable=False, comment="SHA-256 of the mail"),
    Column("sender", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("handled_at", Time, nullable=False, index=True),
    Index(None, "mailbox", "digest"),
    Index(None, "sender", "handled_at"),
    comment="Mails that were handled, each in the transaction of its effect and of the reply.",
)
