"""The outbox in PostgreSQL."""

import contextlib
import secrets
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ARRAY, Connection, Row, Text, any_, func, literal, select, text, update

from algo_trading.adapters.postgres.database import Database
from algo_trading.adapters.postgres.schema.notices import notice_contents, notices
from algo_trading.domain.notice import Content, Notice, NoticeKind, NoticeStatus
from algo_trading.repositories.notices import Outcome

SENDERS = 0x6E6F74  # the class of advisory locks that senders hold

# A sender's lock goes with its connection, so what a killed one had claimed is free at once. The lease is for one that
# hangs, or whose connection the server still believes in.
# The list names those who are gone rather than those who are there: when another sender has claimed a row meanwhile,
# PostgreSQL judges the new row by the list it made before, in which a sender that has just begun is missing.
CLAIM = text("""
UPDATE notices n SET sender = :sender, leased_until = :until
FROM notice_contents c
WHERE c.id = n.content_id AND n.id IN (
    SELECT id FROM notices
    WHERE status = 'pending' AND (not_before IS NULL OR not_before <= :due)
        AND channel <> ALL (CAST(:without AS text[]))
        AND recipient <> ALL (CAST(:resting AS text[]))
        AND (sender IS NULL OR leased_until <= :due OR sender = ANY (ARRAY(
            SELECT sender FROM notices WHERE status = 'pending' AND sender IS NOT NULL
            EXCEPT
            SELECT CAST(objid AS bigint) FROM pg_locks
            WHERE locktype = 'advisory' AND classid = :senders AND objsubid = 2 AND granted
                AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
        )))
    ORDER BY at, id LIMIT :limit
    FOR UPDATE SKIP LOCKED
)
RETURNING n.*, c.kind, c.key, c.details
""")

SETTLE = text("""
UPDATE notices n SET
    status = o.status,
    attempts = n.attempts + 1,
    last_error = o.error,
    sent_at = CASE WHEN o.status = 'sent' THEN o.at END,
    not_before = CASE WHEN o.status = 'pending' THEN o.at END,
    sender = NULL,
    leased_until = NULL
FROM unnest(
    CAST(:keys AS text[]), CAST(:statuses AS text[]), CAST(:ats AS timestamptz[]), CAST(:errors AS text[])
) AS o (dedupe_key, status, at, error)
WHERE n.dedupe_key = o.dedupe_key AND n.status = 'pending'
""")


class PostgresOutbox:
    """Implements Outbox."""

    def __init__(self, database: Database) -> None:
        self._engine = database.engine

    @contextlib.contextmanager
    def sender(self) -> "Iterator[PostgresSender]":
        number = secrets.randbelow(2**31)
        with self._engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.detach()  # closed at the end, however it ends, which gives the lock back
            connection.execute(select(func.pg_advisory_lock(SENDERS, number)))
            yield PostgresSender(connection, number)

    def counts(self) -> Mapping[str, int]:
        counts = {str(status): 0 for status in NoticeStatus}
        query = select(notices.c.status, func.count()).group_by(notices.c.status)
        with self._engine.connect() as connection:
            counts.update((status, number) for status, number in connection.execute(query))
        return counts

    def notices(self, limit: int | None = None) -> list[Notice]:
        columns = (notices, notice_contents.c.kind, notice_contents.c.key, notice_contents.c.details)
        query = select(*columns).join(notice_contents).order_by(notices.c.at.desc(), notices.c.id.desc()).limit(limit)
        with self._engine.connect() as connection:
            return [notice_of(row) for row in connection.execute(query)]

    def errors(self, limit: int) -> Mapping[str, int]:
        query = (
            select(notices.c.last_error, func.count().label("number"))
            .where(notices.c.status == str(NoticeStatus.FAILED))
            .group_by(notices.c.last_error)
            .order_by(func.count().desc(), notices.c.last_error.collate("C"))
            .limit(limit)
        )
        with self._engine.connect() as connection:
            return {row.last_error: row.number for row in connection.execute(query)}


@dataclass(frozen=True)
class PostgresSender:
    """Implements Sender; each call is a transaction of its own, and none is open between them."""

    _connection: Connection
    _number: int

    def claim(
        self, due: datetime, until: datetime, limit: int, without: Collection[str] = (), resting: Collection[str] = ()
    ) -> list[Notice]:
        claimed = self._connection.execute(
            CLAIM,
            {
                "sender": self._number,
                "senders": SENDERS,
                "due": due,
                "until": until,
                "limit": limit,
                "without": list(without),
                "resting": list(resting),
            },
        )
        return [notice_of(row) for row in sorted(claimed, key=lambda row: (row.at, row.id))]

    def extend(self, claimed: Sequence[Notice], until: datetime) -> None:
        keys = literal([notice.dedupe_key for notice in claimed], ARRAY(Text))
        mine = (notices.c.sender == self._number, notices.c.dedupe_key == any_(keys))
        self._connection.execute(update(notices).where(*mine).values(leased_until=until))

    def settle(self, outcomes: Sequence[Outcome]) -> None:
        if outcomes:
            self._connection.execute(
                SETTLE,
                {
                    "keys": [outcome.dedupe_key for outcome in outcomes],
                    "statuses": [str(outcome.status) for outcome in outcomes],
                    "ats": [outcome.at for outcome in outcomes],
                    "errors": [outcome.error for outcome in outcomes],
                },
            )


def notice_of(row: Row[Any]) -> Notice:
    """The notice of a row with the kind, key and details of its content."""
    return Notice(
        dedupe_key=row.dedupe_key,
        content=Content(NoticeKind(row.kind), row.key, row.at.astimezone(UTC), row.details),
        recipient=row.recipient,
        channel=row.channel,
        status=NoticeStatus(row.status),
        attempts=row.attempts,
        last_error=row.last_error,
        sent_at=row.sent_at and row.sent_at.astimezone(UTC),
    )
