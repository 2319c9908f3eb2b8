"""Who did what by hand: changes of accounts, switches, users and what else people steer."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """An action of a person.

    `action` names it in the form thing.verb (`account.live`), `subject` is what it was done to, and `detail` holds
    values of JSON that say more, such as the caps of an account.
    """

    at: datetime
    actor: str
    action: str
    subject: str
    detail: Mapping[str, Any] = field(default_factory=dict)


class AuditLog(Protocol):
    """Actions in the order in which they were recorded; entries are only ever added."""

    def add(self, entry: AuditEntry) -> None:
        """Record an action."""
        ...

    def newest(self, limit: int, subject: str | None = None) -> list[AuditEntry]:
        """The newest entries first, those of a subject alone if one is given."""
        ...
