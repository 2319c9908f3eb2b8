"""Named work that nobody else does."""

from collections.abc import Iterator
from contextlib import contextmanager


class FakeLocks:
    """Implements ExclusiveWork for one process; `held` are the names now held, `taken` all that ever were."""

    def __init__(self) -> None:
        self.held: set[str] = set()
        self.taken: list[str] = []

    @contextmanager
    def exclusively(self, work: str) -> Iterator[None]:
        assert work not in self.held, f"{work} would wait for itself"
        self.held.add(work)
        self.taken.append(work)
        try:
            yield
        finally:
            self.held.remove(work)
