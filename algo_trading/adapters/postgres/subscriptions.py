"""Subscriptions in PostgreSQL."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Row, delete, func, select
from sqlalchemy.dialects.postgresql import insert

from algo_trading.adapters.postgres.database import Database
from algo_trading.adapters.postgres.schema.notices import subscriptions
from algo_trading.domain.subscription import Subscription


class PostgresSubscriptions:
    """Implements SubscriptionRepository."""

    def __init__(self, database: Database) -> None:
        self._engine = database.engine

    def add(self, subscription: Subscription) -> bool:
        row = {
            "address": subscription.address,
            "channel": subscription.channel,
            "symbol": subscription.symbol,
            "strategy": subscription.strategy,
            "venue": subscription.venue,
            "start": subscription.start,
            "min_confidence": subscription.min_confidence,
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
        by_key = (column.collate("C") for column in (c.address, c.symbol, c.strategy, c.venue, c.channel))
        with self._engine.connect() as connection:
            return [_subscription(row) for row in connection.execute(select(subscriptions).order_by(*by_key))]

    def earliest(self) -> datetime | None:
        with self._engine.connect() as connection:
            found: datetime | None = connection.execute(select(func.min(subscriptions.c.start))).scalar()
        return found and found.astimezone(UTC)


def _subscription(row: Row[Any]) -> Subscription:
    return Subscription(
        row.address, row.symbol, row.strategy, row.venue, row.start.astimezone(UTC), row.channel, row.min_confidence
    )
