"""An OutboxRepository in memory."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from threading import Lock

from algo_trading.domain.subscription import OutboxItem, OutboxStatus

LONG_AGO = datetime.min.replace(tzinfo=UTC)


class FakeClaim:
    """Keeps the result until the block of the claim ends."""

    def __init__(self, item: OutboxItem) -> None:
        self.item = item
        self.result: OutboxItem | None = None
        self.not_before = LONG_AGO

    def sent(self, at: datetime) -> None:
        self._set(status=OutboxStatus.SENT, sent_at=at, last_error="")

    def retry(self, error: str, not_before: datetime) -> None:
        self._set(last_error=error)
        self.not_before = not_before

    def failed(self, error: str) -> None:
        self._set(status=OutboxStatus.FAILED, last_error=error)

    def _set(self, **changes: object) -> None:
        self.result = replace(self.item, attempts=self.item.attempts + 1, **changes)  # type: ignore[arg-type]  # by name


class FakeOutbox:
    """`stored` are the items by dedupe key, `not_before` when those that are put off are due."""

    def __init__(self, *items: OutboxItem) -> None:
        self.stored = {item.dedupe_key: item for item in items}
        self.not_before: dict[str, datetime] = {}
        self._held: set[str] = set()
        self._lock = Lock()

    @contextmanager
    def claim(self, now: datetime) -> Iterator[FakeClaim | None]:
        item = self._take(now)
        if item is None:
            yield None
            return
        claim = FakeClaim(item)
        try:
            yield claim
            if claim.result is not None:  # reached only without an error: that is the commit
                self.not_before[item.dedupe_key] = claim.not_before
                self.stored[item.dedupe_key] = claim.result
        finally:
            self._held.remove(item.dedupe_key)

    def _take(self, now: datetime) -> OutboxItem | None:
        with self._lock:
            due = (
                item
                for key, item in self.stored.items()
                if item.status is OutboxStatus.PENDING
                and key not in self._held
                and self.not_before.get(key, LONG_AGO) <= now
            )
            item = min(due, key=lambda item: item.session, default=None)
            if item is not None:
                self._held.add(item.dedupe_key)
            return item

    def counts(self) -> Mapping[str, int]:
        return {str(status): sum(item.status is status for item in self.stored.values()) for status in OutboxStatus}

    def items(self, limit: int | None = None) -> list[OutboxItem]:
        newest_first = sorted(self.stored.values(), key=lambda item: item.session)[::-1]
        return newest_first[:limit]
