"""The audit log in PostgreSQL."""

from datetime import UTC

from sqlalchemy import insert, select

from algo_trading.adapters.postgres.database import Database
from algo_trading.adapters.postgres.schema.audit import audit
from algo_trading.repositories.audit import AuditEntry


class PostgresAuditLog:
    """Implements AuditLog."""

    def __init__(self, database: Database) -> None:
        self._engine = database.engine

    def add(self, entry: AuditEntry) -> None:
        row = {"at": entry.at, "actor": entry.actor, "action": entry.action, "subject": entry.subject}
        with self._engine.begin() as connection:
            connection.execute(insert(audit).values(**row, detail=dict(entry.detail)))

    def newest(self, limit: int, subject: str | None = None) -> list[AuditEntry]:
        query = select(audit).order_by(audit.c.id.desc()).limit(limit)
        if subject is not None:
            query = query.where(audit.c.subject == subject)
        with self._engine.connect() as connection:
            return [
                AuditEntry(row.at.astimezone(UTC), row.actor, row.action, row.subject, row.detail)
                for row in connection.execute(query)
            ]
