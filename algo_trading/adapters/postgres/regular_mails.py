"""Regular mails, zones and quiet hours in PostgreSQL."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Row, delete, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from algo_trading.adapters.postgres.database import Database
from algo_trading.adapters.postgres.notices import add_notices
from algo_trading.adapters.postgres.schema.notices import recipients, regular_mails
from algo_trading.domain.notice import Content
from algo_trading.domain.regular_mail import MailKind, Recipient, RegularMail

MAILS = regular_mails.c


class PostgresRegularMails:
    """Implements RegularMailRepository."""

    def __init__(self, database: Database) -> None:
        self._engine = database.engine

    def put(self, mail: RegularMail) -> bool:
        values = {
            "every": mail.every, "hour": mail.hour, "start": mail.start, "channel": mail.channel, "sent": mail.sent,
        }  # fmt: skip
        key = {"address": mail.address, "kind": str(mail.kind)}
        statement = insert(regular_mails).values({**key, **values}).on_conflict_do_nothing()
        with self._engine.begin() as connection:
            if connection.execute(statement.returning(MAILS.id)).first() is not None:
                return True
            own = (MAILS.address == mail.address, MAILS.kind == str(mail.kind))
            connection.execute(update(regular_mails).where(*own).values(values))
        return False

    def remove(self, address: str, kind: MailKind | None = None) -> int:
        statement = delete(regular_mails).where(MAILS.address == address)
        if kind is not None:
            statement = statement.where(MAILS.kind == str(kind))
        with self._engine.begin() as connection:
            return len(connection.execute(statement.returning(MAILS.id)).all())

    def all(self) -> list[RegularMail]:
        query = select(regular_mails).order_by(MAILS.address.collate("C"), MAILS.kind.collate("C"))
        with self._engine.connect() as connection:
            return [_mail(row) for row in connection.execute(query)]

    def find(self, address: str, kind: MailKind) -> RegularMail | None:
        query = select(regular_mails).where(MAILS.address == address, MAILS.kind == str(kind))
        with self._engine.connect() as connection:
            row = connection.execute(query).first()
        return _mail(row) if row else None

    def queue(self, mail: RegularMail, due: datetime, content: Content) -> bool:
        statement = (
            update(regular_mails)
            .where(MAILS.address == mail.address, MAILS.kind == str(mail.kind), MAILS.start == mail.start)
            .where(or_(MAILS.sent.is_(None), MAILS.sent < due))
        )
        with self._engine.begin() as connection:
            if not connection.execute(statement.values(sent=due)).rowcount:
                return False
            return add_notices(connection, content, [(mail.address, mail.channel)]) > 0


class PostgresRecipients:
    """Implements RecipientRepository."""

    def __init__(self, database: Database) -> None:
        self._engine = database.engine

    def put(self, recipient: Recipient) -> None:
        values = {"zone": recipient.zone, "quiet_from": recipient.quiet_from, "quiet_to": recipient.quiet_to}
        statement = insert(recipients).values({"address": recipient.address, **values})
        with self._engine.begin() as connection:
            connection.execute(statement.on_conflict_do_update(index_elements=["address"], set_=values))

    def get(self, address: str) -> Recipient:
        with self._engine.connect() as connection:
            row = connection.execute(select(recipients).where(recipients.c.address == address)).first()
        return _recipient(row) if row else Recipient(address)

    def all(self) -> list[Recipient]:
        query = select(recipients).order_by(recipients.c.address.collate("C"))
        with self._engine.connect() as connection:
            return [_recipient(row) for row in connection.execute(query)]


def _mail(row: Row[Any]) -> RegularMail:
    return RegularMail(
        row.address, MailKind(row.kind), row.every, row.start.astimezone(UTC), row.hour, row.channel,
        row.sent and row.sent.astimezone(UTC),
    )  # fmt: skip


def _recipient(row: Row[Any]) -> Recipient:
    return Recipient(row.address, row.zone, row.quiet_from, row.quiet_to)
