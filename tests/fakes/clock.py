"""A Clock that tests set."""

from datetime import UTC, datetime, timedelta


class FakeClock:
    """Stands still until it is moved."""

    def __init__(self, now: datetime = datetime(2026, 11, 20, 22, tzinfo=UTC)) -> None:
        self.time = now

    def now(self) -> datetime:
        return self.time

    def move(self, by: timedelta) -> None:
        self.time += by
