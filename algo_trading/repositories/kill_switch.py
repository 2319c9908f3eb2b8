"""The switch that stops new entries everywhere."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class KillSwitch:
    """How the switch stands since `at`, who put it there and why."""

    engaged: bool
    at: datetime
    by: str
    reason: str = ""


class KillSwitchRepository(Protocol):
    """Every change of the switch, which survives restarts."""

    def add(self, change: KillSwitch) -> None:
        """Record a change; the newest one counts."""
        ...

    def current(self) -> KillSwitch | None:
        """How it stands; None where nobody has touched it yet."""
        ...

    def history(self, limit: int) -> list[KillSwitch]:
        """The newest changes first."""
        ...
