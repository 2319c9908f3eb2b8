"""The audit log in memory."""

from algo_trading.repositories.audit import AuditEntry


class FakeAuditLog:
    """Implements AuditLog."""

    def __init__(self) -> None:
        self._entries: list[AuditEntry] = []

    def add(self, entry: AuditEntry) -> None:
        self._entries.append(entry)

    def newest(self, limit: int, subject: str | None = None) -> list[AuditEntry]:
        return [entry for entry in reversed(self._entries) if subject in {None, entry.subject}][:limit]
