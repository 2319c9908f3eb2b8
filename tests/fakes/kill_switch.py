"""The kill switch in memory."""

from algo_trading.repositories.kill_switch import KillSwitch


class FakeKillSwitch:
    """Implements KillSwitchRepository."""

    def __init__(self) -> None:
        self._changes: list[KillSwitch] = []

    def add(self, change: KillSwitch) -> None:
        self._changes.append(change)

    def current(self) -> KillSwitch | None:
        return self._changes[-1] if self._changes else None

    def history(self, limit: int) -> list[KillSwitch]:
        return self._changes[::-1][:limit]
