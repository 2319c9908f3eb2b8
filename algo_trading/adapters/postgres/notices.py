"""The queue of notices in PostgreSQL."""

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import ColumnElement, Connection, and_, func, select, text, update
from sqlalchemy.dialects.postgresql import insert

from algo_trading.adapters.postgres.database import Database
from algo_trading.adapters.postgres.schema.decisions import periods
from algo_trading.adapters.postgres.schema.notices import notice_contents, notices
from algo_trading.domain.notice import Content, NoticeKind, NoticeStatus, dedupe_key
from algo_trading.domain.subscription import EVERY
from algo_trading.domain.time import Interval
from algo_trading.repositories.notices import Announcement
from algo_trading.repositories.periods import Stage

# Subscribers are found, and their notices made, within the database; the dedupe key is that of domain/notice.py.
# The planner takes the arrays for a handful of rows, and would compare thousands of them with each other in a loop.
HASH_JOINS = text("SET LOCAL enable_nestloop = off")
QUEUE = text("""
WITH wanted AS (
    SELECT *
    FROM unnest(
        CAST(:kinds AS text[]), CAST(:keys AS text[]), CAST(:ats AS timestamptz[]), CAST(:venues AS text[]),
        CAST(:symbols AS text[]), CAST(:strategies AS text[]), CAST(:bounds AS timestamptz[]),
        CAST(:confidences AS double precision[])
    ) WITH ORDINALITY AS w (kind, key, at, venue, symbol, strategy, begun_before, confidence, place)
    WHERE (SELECT c.id FROM notice_contents c WHERE c.kind = w.kind AND c.key = w.key) IS NULL
),
matched AS (
    SELECT DISTINCT ON (w.kind, w.key, s.address) w.kind, w.key, w.at, w.place, s.address, s.channel
    FROM wanted w
    JOIN subscriptions s ON s.symbol IN (:every, w.symbol) AND s.strategy IN (:every, w.strategy)
        AND s.venue IN (:every, w.venue) AND s.start < w.begun_before AND s.min_confidence <= w.confidence
    ORDER BY w.kind, w.key, s.address, s.id
),
contents AS (
    INSERT INTO notice_contents (kind, key, at)
    SELECT DISTINCT ON (kind, key) kind, key, at FROM matched ORDER BY kind, key, place
    ON CONFLICT DO NOTHING
    RETURNING id, kind, key
)
INSERT INTO notices (dedupe_key, content_id, recipient, channel, at, status)
SELECT left(encode(sha256(convert_to(m.address || E'\\n' || m.key, 'UTF8')), 'hex'), 32),
    c.id, m.address, m.channel, m.at, 'pending'
FROM matched m JOIN contents c ON c.kind = m.kind AND c.key = m.key
ORDER BY m.place, m.address COLLATE "C"
ON CONFLICT DO NOTHING
""")


class PostgresNoticeQueue:
    """Implements NoticeQueue."""

    def __init__(self, database: Database) -> None:
        self._engine = database.engine

    def waiting(self) -> list[tuple[str, Interval]]:
        query = select(periods.c.watchlist, periods.c.interval).where(_to_notify()).distinct()
        with self._engine.connect() as connection:
            found = [(row.watchlist, Interval(row.interval)) for row in connection.execute(query)]
        return sorted(found, key=lambda pair: (pair[0], pair[1].order))

    def due(self, watchlist: str, interval: Interval) -> list[datetime]:
        query = (
            select(periods.c.opened_at)
            .where(_to_notify(), periods.c.watchlist == watchlist, periods.c.interval == str(interval))
            .order_by(periods.c.opened_at)
        )
        with self._engine.connect() as connection:
            return [moment.astimezone(UTC) for moment in connection.execute(query).scalars()]

    def newest(self, watchlist: str, interval: Interval) -> datetime | None:
        query = select(func.max(periods.c.opened_at)).where(
            periods.c.watchlist == watchlist, periods.c.interval == str(interval), periods.c.notified_at.is_not(None)
        )
        with self._engine.connect() as connection:
            newest: datetime | None = connection.execute(query).scalar()
        return newest and newest.astimezone(UTC)

    def pass_over(self, watchlist: str, interval: Interval, last: datetime | None) -> None:
        statement = update(periods).where(
            _to_notify(), periods.c.watchlist == watchlist, periods.c.interval == str(interval)
        )
        if last is not None:
            statement = statement.where(periods.c.opened_at <= last)
        with self._engine.begin() as connection:
            connection.execute(statement.values(notified_at=func.now()))

    def pending(self) -> int:
        query = select(func.count()).where(notices.c.status == str(NoticeStatus.PENDING))
        with self._engine.connect() as connection:
            return connection.execute(query).scalar_one()

    def keys(self, kind: NoticeKind) -> list[str]:
        query = select(notice_contents.c.key).where(notice_contents.c.kind == str(kind)).order_by(notice_contents.c.id)
        with self._engine.connect() as connection:
            return list(connection.execute(query).scalars())

    def tell(self, content: Content, recipients: Sequence[str], channel: str = "") -> int:
        with self._engine.begin() as connection:
            return add_notices(connection, content, [(recipient, channel) for recipient in recipients])

    @contextlib.contextmanager
    def step(self) -> "Iterator[PostgresQueueStep]":
        with self._engine.begin() as connection:
            yield PostgresQueueStep(connection)


@dataclass(frozen=True)
class PostgresQueueStep:
    """Implements QueueStep within one transaction."""

    _connection: Connection

    def take(self, watchlist: str, interval: Interval, opened_at: datetime) -> bool:
        statement = update(periods).where(
            _to_notify(),
            periods.c.watchlist == watchlist,
            periods.c.interval == str(interval),
            periods.c.opened_at == opened_at,
        )
        return self._connection.execute(statement.values(notified_at=func.now())).rowcount > 0

    def queue(self, announcements: Sequence[Announcement]) -> int:
        if not announcements:
            return 0
        self._connection.execute(HASH_JOINS)
        return self._connection.execute(
            QUEUE,
            {
                "kinds": [str(one.content.kind) for one in announcements],
                "keys": [one.content.key for one in announcements],
                "ats": [one.content.at for one in announcements],
                "venues": [one.venue for one in announcements],
                "symbols": [one.symbol for one in announcements],
                "strategies": [one.strategy for one in announcements],
                "bounds": [one.begun_before for one in announcements],
                "confidences": [one.confidence for one in announcements],
                "every": EVERY,
            },
        ).rowcount


def add_notices(connection: Connection, content: Content, recipients: Sequence[tuple[str, str]]) -> int:
    """Put a notice for each of these addresses and channels into the outbox, unless the content is there."""
    row = {"kind": str(content.kind), "key": content.key, "at": content.at, "details": content.details}
    add = insert(notice_contents).values(row).on_conflict_do_nothing().returning(notice_contents.c.id)
    made = connection.execute(add).scalar()
    if made is None or not recipients:
        return 0
    rows = [
        {
            "dedupe_key": dedupe_key(recipient, content.key),
            "content_id": made,
            "recipient": recipient,
            "channel": channel,
            "at": content.at,
            "status": str(NoticeStatus.PENDING),
        }
        for recipient, channel in recipients
    ]
    connection.execute(insert(notices).on_conflict_do_nothing(), rows)
    return len(rows)


def _to_notify() -> ColumnElement[bool]:
    return and_(periods.c.stage == str(Stage.DECIDED), periods.c.notified_at.is_(None))
