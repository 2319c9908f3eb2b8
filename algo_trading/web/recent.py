"""What several requests ask at nearly the same time is read once."""

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from threading import Lock
from time import monotonic
from typing import Any, TypeVar

Value = TypeVar("Value")

SECONDS = 2.0
MOST = 200  # answers that are kept before those whose time is over are looked for


@dataclass(frozen=True, slots=True)
class _Kept:
    value: Any
    until: float


class Recent:
    """Answers of the last seconds by key. Any change that is made through the pages lets all of them be read anew."""

    def __init__(self, seconds: float = SECONDS) -> None:
        """`seconds`: how long an answer is kept where nothing else is asked for; 0: nothing is kept at all."""
        self._seconds = seconds
        self._kept: dict[Hashable, _Kept] = {}
        self._reading: dict[Hashable, Lock] = {}
        self._lock = Lock()
        self._changes, self._most = 0, MOST

    def known(self, key: Hashable) -> _Kept | None:
        """The answer that is kept, if there is one."""
        kept = self._kept.get(key)
        return kept if kept is not None and monotonic() < kept.until else None

    def of(self, key: Hashable, read: Callable[[], Value], times: float = 1.0) -> Value:
        """The answer that is kept, else the one that `read` gives, which is kept `times` as long as others.

        Of several that ask for the same at once one reads, and the others wait for it.
        """
        if not self._seconds:
            return read()
        kept = self.known(key)
        if kept is None:
            with self._lock:
                reading = self._reading.setdefault(key, Lock())
            with reading:
                kept = self.known(key) or self._read(key, read, times)
        value: Value = kept.value
        return value

    def forget(self) -> None:
        """Something has changed; what is being read at this moment is not kept either."""
        with self._lock:
            self._changes += 1
            self._kept, self._reading = {}, {}

    def _read(self, key: Hashable, read: Callable[[], Value], times: float) -> _Kept:
        before = self._changes
        kept = _Kept(read(), monotonic() + self._seconds * times)
        with self._lock:
            if before == self._changes:
                if len(self._kept) >= self._most:
                    self._tidy()
                self._kept[key] = kept
        return kept

    def _tidy(self) -> None:
        """Let go of what is out of date; looked for again when there is twice as much as is left."""
        now = monotonic()
        self._kept = {key: kept for key, kept in self._kept.items() if now < kept.until}
        self._reading = {key: lock for key, lock in self._reading.items() if key in self._kept or lock.locked()}
        self._most = max(MOST, 2 * len(self._kept))
