"""Mails that came in, in PostgreSQL."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Row, exists, func, insert, select, text

from algo_trading.adapters.postgres.database import Database
from algo_trading.adapters.postgres.schema.inbound import inbound_mails
from algo_trading.domain.inbound import InboundMail, InboundOutcome, MailKey

COLUMNS = inbound_mails.c
LOCK = text("SELECT pg_advisory_xact_lock(hashtextextended(:mailbox, 15))")


class PostgresInboundMails:
    """Implements InboundMails."""

    def __init__(self, database: Database) -> None:
        self._engine = database.engine

    def take(self, key: MailKey) -> bool:
        place = (COLUMNS.mailbox == key.mailbox, COLUMNS.uid_validity == key.uid_validity, COLUMNS.uid == key.uid)
        with self._engine.begin() as connection:
            connection.execute(LOCK, {"mailbox": key.mailbox})
            return not connection.execute(select(exists().where(*place))).scalar_one()

    def knows(self, mailbox: str, digest: str) -> bool:
        same = exists().where(COLUMNS.mailbox == mailbox, COLUMNS.digest == digest)
        with self._engine.connect() as connection:
            return bool(connection.execute(select(same)).scalar_one())

    def record(self, mail: InboundMail) -> None:
        row = {
            "mailbox": mail.key.mailbox, "uid_validity": mail.key.uid_validity, "uid": mail.key.uid,
            "digest": mail.digest, "sender": mail.sender, "subject": mail.subject,
            "outcome": str(mail.outcome), "reason": mail.reason, "handled_at": mail.handled_at,
        }  # fmt: skip
        with self._engine.begin() as connection:
            connection.execute(insert(inbound_mails).values(row))

    def newest(self, mailbox: str, uid_validity: int) -> int:
        query = select(func.coalesce(func.max(COLUMNS.uid), 0)).where(
            COLUMNS.mailbox == mailbox, COLUMNS.uid_validity == uid_validity
        )
        with self._engine.connect() as connection:
            return int(connection.execute(query).scalar_one())

    def answered_since(self, sender: str, since: datetime) -> int:
        query = select(func.count()).where(
            COLUMNS.sender == sender, COLUMNS.handled_at >= since, COLUMNS.outcome == str(InboundOutcome.ANSWERED)
        )
        with self._engine.connect() as connection:
            return connection.execute(query).scalar_one()

    def recent(self, limit: int) -> list[InboundMail]:
        query = select(inbound_mails).order_by(COLUMNS.handled_at.desc(), COLUMNS.uid.desc()).limit(limit)
        with self._engine.connect() as connection:
            return [_mail(row) for row in connection.execute(query)]

    @contextmanager
    def attempt(self) -> Iterator[None]:
        with self._engine.begin():
            yield


def _mail(row: Row[Any]) -> InboundMail:
    return InboundMail(
        MailKey(row.mailbox, row.uid_validity, row.uid), row.digest, row.sender, row.subject,
        InboundOutcome(row.outcome), row.reason, row.handled_at.astimezone(UTC),
    )  # fmt: skip
