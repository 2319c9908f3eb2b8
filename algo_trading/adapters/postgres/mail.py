"""Subscriptions and the outbox in PostgreSQL."""

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert

from algo_trading.adapters.postgres.database import Database
from algo_trading.adapters.postgres.schema import outbox, subscriptions
from algo_trading.domain.subscription import OutboxItem, OutboxStatus, Subscription

DUE_AT_ONCE = datetime(1970, 1, 1, tzinfo=UTC)  # now() is the server's, and its clock may be ahead of ours


class PostgresSubscriptions:
    """Implements SubscriptionRepository."""

    def __init__(self, database: Database) -> None:
        self._engine = database.engine

    def add(self, subscription: Subscription) -> bool:
        row = {
            "address": subscription.address,
            "symbol": subscription.symbol,
            "strategy": subscription.strategy,
            "venue": subscription.venue,
            "start_session": subscription.start,
            "cursor_session": subscription.cursor,
        }
        statement = insert(subscriptions).values(row).on_conflict_do_nothing().returning(subscriptions.c.id)
        with self._engine.begin() as connection:
            return connection.execute(statement).first() is not None

    def remove(self, address: str, symbol: str | None = None, strategy: str | None = None) -> int:
        statement = delete(subscriptions).where(subscriptions.c.address == address)
        if symbol is not None:
            statement = statement.where(subscriptions.c.symbol == symbol)
        if strategy is not None:
            statement = statement.where(subscriptions.c.strategy == strategy)
        with self._engine.begin() as connection:
            return len(connection.execute(statement.returning(subscriptions.c.id)).all())

    def all(self) -> list[Subscription]:
        c = subscriptions.c
        by_key = (column.collate("C") for column in (c.address, c.symbol, c.strategy, c.venue))
        with self._engine.connect() as connection:
            rows = connection.execute(select(subscriptions).order_by(*by_key))
            return [_subscription(row) for row in rows]

    @contextlib.contextmanager
    def locked(self, subscription: Subscription) -> "Iterator[PostgresLockedSubscription]":
        with self._engine.begin() as connection:
            query = select(subscriptions).where(_is(subscription)).with_for_update()
            row = connection.execute(query).one_or_none()
            if row is None:
                raise KeyError(subscription.address)
            yield PostgresLockedSubscription(connection, _subscription(row))


@dataclass
class PostgresLockedSubscription:
    """Implements LockedSubscription within one transaction."""

    _connection: Connection
    subscription: Subscription

    def advance(self, session: date) -> None:
        self._connection.execute(update(subscriptions).where(_is(self.subscription)).values(cursor_session=session))
        self.subscription = replace(self.subscription, cursor=session)

    def queue(self, items: Sequence[OutboxItem]) -> int:
        if not items:
            return 0
        rows = [
            {
                "dedupe_key": item.dedupe_key,
                "address": item.address,
                "signal_key": item.signal_key,
                "session": item.session,
                "status": str(item.status),
                "not_before": DUE_AT_ONCE,
            }
            for item in items
        ]
        statement = insert(outbox).on_conflict_do_nothing().returning(outbox.c.id)
        return len(self._connection.execute(statement, rows).all())


class PostgresOutbox:
    """Implements OutboxRepository."""

    def __init__(self, database: Database) -> None:
        self._engine = database.engine

    @contextlib.contextmanager
    def claim(self, now: datetime) -> "Iterator[PostgresClaim | None]":
        query = (
            select(outbox)
            .where(outbox.c.status == str(OutboxStatus.PENDING), outbox.c.not_before <= now)
            .order_by(outbox.c.session, outbox.c.id)
            .limit(1)
            .with_for_update(skip_locked=True)
        )
        with self._engine.begin() as connection:
            row = connection.execute(query).one_or_none()
            yield None if row is None else PostgresClaim(connection, row.id, _item(row))

    def counts(self) -> Mapping[str, int]:
        counts = {str(status): 0 for status in OutboxStatus}
        with self._engine.connect() as connection:
            counts.update(
                (status, number)
                for status, number in connection.execute(select(outbox.c.status, func.count()).group_by("status"))
            )
        return counts

    def items(self, limit: int | None = None) -> list[OutboxItem]:
        query = select(outbox).order_by(outbox.c.session.desc(), outbox.c.id.desc()).limit(limit)
        with self._engine.connect() as connection:
            return [_item(row) for row in connection.execute(query)]


@dataclass(frozen=True)
class PostgresClaim:
    """Implements ClaimedItem within one transaction."""

    _connection: Connection
    _id: int
    item: OutboxItem

    def sent(self, at: datetime) -> None:
        self._write(status=str(OutboxStatus.SENT), sent_at=at, last_error="")

    def retry(self, error: str, not_before: datetime) -> None:
        self._write(last_error=error, not_before=not_before)

    def failed(self, error: str) -> None:
        self._write(status=str(OutboxStatus.FAILED), last_error=error)

    def _write(self, **changes: object) -> None:
        changes["attempts"] = outbox.c.attempts + 1
        self._connection.execute(update(outbox).where(outbox.c.id == self._id).values(**changes))


def _is(subscription: Subscription) -> ColumnElement[bool]:
    c = subscriptions.c
    return and_(
        c.address == subscription.address,
        c.symbol == subscription.symbol,
        c.strategy == subscription.strategy,
        c.venue == subscription.venue,
    )


def _subscription(row: Row[Any]) -> Subscription:
    return Subscription(row.address, row.symbol, row.strategy, row.venue, row.start_session, row.cursor_session)


def _item(row: Row[Any]) -> OutboxItem:
    return OutboxItem(
        dedupe_key=row.dedupe_key,
        address=row.address,
        signal_key=row.signal_key,
        session=row.session,
        status=OutboxStatus(row.status),
        attempts=row.attempts,
        last_error=row.last_error,
        sent_at=row.sent_at,
    )
