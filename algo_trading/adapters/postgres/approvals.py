"""Approvals in PostgreSQL."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Row, Select, select, update

from algo_trading.adapters.postgres.database import Database
from algo_trading.adapters.postgres.schema.trading import accounts, approvals, orders
from algo_trading.domain.approval import Answer, Approval


class PostgresApprovals:
    """Implements ApprovalRepository."""

    def __init__(self, database: Database) -> None:
        self._engine = database.engine

    def find(self, client_order_id: str) -> Approval | None:
        found = self._read(_select().where(orders.c.client_order_id == client_order_id))
        return found[0] if found else None

    def waiting(self) -> list[Approval]:
        return self._read(_select().where(approvals.c.answer.is_(None)).order_by(approvals.c.asked_at, orders.c.id))

    def newest(self, limit: int) -> list[Approval]:
        return self._read(_select().order_by(approvals.c.asked_at.desc(), orders.c.id.desc()).limit(limit))

    def answer(self, client_order_id: str, answer: Answer, at: datetime, by: str, where: str) -> bool:
        order_id = select(orders.c.id).where(orders.c.client_order_id == client_order_id).scalar_subquery()
        given = {"answer": str(answer), "answered_at": at, "answered_by": by, "answered_from": where}
        statement = (
            update(approvals).where(approvals.c.order_id == order_id, approvals.c.answer.is_(None)).values(given)
        )
        with self._engine.begin() as connection:
            return connection.execute(statement.returning(approvals.c.order_id)).one_or_none() is not None

    def _read(self, query: Select[Any]) -> list[Approval]:
        with self._engine.connect() as connection:
            return [_approval_of(row) for row in connection.execute(query)]


def approval_row(order_id: int, approval: Approval) -> Mapping[str, Any]:
    """The row of a question."""
    return {
        "order_id": order_id,
        "reason": approval.reason,
        "asked_at": approval.asked_at,
        "expires_at": approval.expires_at,
    }


def _select() -> Select[Any]:
    tables = approvals.join(orders).join(accounts)
    return select(approvals, orders.c.client_order_id, accounts.c.name).select_from(tables)


def _approval_of(row: Row[Any]) -> Approval:
    return Approval(
        row.client_order_id,
        row.name,
        row.reason,
        row.asked_at.astimezone(UTC),
        row.expires_at.astimezone(UTC),
        None if row.answer is None else Answer(row.answer),
        None if row.answered_at is None else row.answered_at.astimezone(UTC),
        row.answered_by or "",
        row.answered_from or "",
    )
