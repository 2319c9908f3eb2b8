"""What is kept about a person beside their account, in PostgreSQL."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Column, delete, exists, func, select

from algo_trading.adapters.postgres.database import Database
from algo_trading.adapters.postgres.schema.inbound import inbound_mails
from algo_trading.adapters.postgres.schema.notices import notice_contents, notices, recipients
from algo_trading.adapters.postgres.schema.people import join_requests
from algo_trading.domain.notice import NoticeKind

# Kinds of contents that are for one person and may say something about them.
PERSONAL = [str(kind) for kind in (NoticeKind.REPLY, NoticeKind.LETTER, NoticeKind.UPDATE, NoticeKind.DIGEST)]
OWN = (notices.c.recipient, inbound_mails.c.sender, recipients.c.address, join_requests.c.address)


class PostgresPersonalData:
    """Implements PersonalData."""

    def __init__(self, database: Database) -> None:
        self._engine = database.engine

    def of(self, address: str) -> Mapping[str, Sequence[Mapping[str, Any]]]:
        told = (
            select(notice_contents.c.kind, notices.c.at, notices.c.status, notices.c.channel, notices.c.sent_at)
            .join(notice_contents)
            .where(_is(notices.c.recipient, address))
            .order_by(notices.c.id)
        )
        columns = (inbound_mails.c[name] for name in ("handled_at", "subject", "outcome", "reason"))
        written = select(*columns).where(_is(inbound_mails.c.sender, address)).order_by(inbound_mails.c.handled_at)
        with self._engine.connect() as connection:
            return {
                name: [dict(row) for row in connection.execute(query).mappings()]
                for name, query in (("notices", told), ("mails", written))
            }

    def forget(self, address: str) -> int:
        with self._engine.begin() as connection:
            gone = [connection.execute(delete(column.table).where(_is(column, address))).rowcount for column in OWN]
            read_by_nobody = ~exists().where(notices.c.content_id == notice_contents.c.id)
            connection.execute(delete(notice_contents).where(notice_contents.c.kind.in_(PERSONAL), read_by_nobody))
        return sum(gone)


def _is(column: Column[str], address: str) -> Any:  # noqa: ANN401 - SQLAlchemy's condition
    return func.lower(column) == address.lower()
