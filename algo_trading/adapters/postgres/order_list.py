"""Orders as people read them, in PostgreSQL."""

from collections.abc import Sequence
from datetime import UTC
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, func, select

from algo_trading.adapters.postgres import account_rows as rows
from algo_trading.adapters.postgres.database import Database
from algo_trading.adapters.postgres.schema.decisions import strategies
from algo_trading.adapters.postgres.schema.market import instruments
from algo_trading.adapters.postgres.schema.trading import accounts, fills, orders
from algo_trading.queries.orders import FilledPart, OrderLine
from algo_trading.queries.selection import Selection

PRICE_DIGITS = Decimal("0.00000001")  # of an average


class PostgresOrderList:
    """Implements OrderList with two queries, however many orders there are."""

    def __init__(self, database: Database) -> None:
        self._engine = database.engine

    def listed(self, selection: Selection, limit: int) -> list[OrderLine]:
        wanted = [
            column == value
            for column, value in (
                (instruments.c.symbol, selection.symbol),
                (strategies.c.name, selection.strategy),
                (accounts.c.name, selection.account),
            )
            if value is not None
        ]
        if selection.opened_from is not None:
            wanted.append(orders.c.opened_at >= selection.opened_from)
        if selection.opened_before is not None:
            wanted.append(orders.c.opened_at < selection.opened_before)
        newest = orders.c.decided_at.desc(), orders.c.id.desc()
        with self._engine.connect() as connection:
            found = connection.execute(rows.select_orders().where(*wanted).order_by(*newest).limit(limit)).all()
            parts = filled_parts(connection, [row.id for row in found])
        return [OrderLine(rows.order_of(row), parts.get(row.id)) for row in found]


def filled_parts(connection: Connection, order_ids: Sequence[int]) -> dict[int, FilledPart]:
    """What of some orders is filled; those without an execution are left out."""
    filled = (
        select(
            fills.c.order_id,
            func.max(fills.c.at).label("at"),
            func.sum(fills.c.quantity).label("quantity"),
            func.sum(fills.c.quantity * fills.c.price).label("paid"),
            func.sum(fills.c.commission).label("commission"),
        )
        .where(fills.c.order_id.in_(order_ids))
        .group_by(fills.c.order_id)
    )
    return {row.order_id: _part(row) for row in connection.execute(filled)}


def _part(row: Any) -> FilledPart:  # noqa: ANN401 - a row of these columns
    price = (row.paid / row.quantity).quantize(PRICE_DIGITS)
    return FilledPart(row.at.astimezone(UTC), rows.plain(row.quantity), rows.plain(price), rows.money(row.commission))
