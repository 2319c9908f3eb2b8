"""What several requests ask at nearly the same time is read once."""

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from threading import Lock
from time import monotonic
from typing import Any, TypeVar

Value = TypeVar("Value")

SECONDS = 2.0
MOST = 1_000  # answers that are kept


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
        self._changes = 0

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
                if len(self._kept) >= MOST:
                    self._kept, self._reading = {}, {}
                self._kept[key] = kept
        return kept
