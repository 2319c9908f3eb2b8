"""How often somebody may ask the API."""

from collections import OrderedDict
from dataclasses import dataclass, field
from threading import Lock
from time import monotonic

PER_SECOND, AT_ONCE = 10.0, 100.0
REMEMBERED = 10_000  # people and addresses


@dataclass
class RateLimit:
    """A bucket of requests for each key, refilled steadily; the keys that asked longest ago are forgotten first."""

    per_second: float = PER_SECOND
    at_once: float = AT_ONCE
    _buckets: OrderedDict[str, tuple[float, float]] = field(default_factory=OrderedDict)
    _lock: Lock = field(default_factory=Lock)

    def wait(self, key: str, now: float | None = None) -> float:
        """Take a request out of the bucket; returns the seconds to wait, 0 where there was one."""
        moment = monotonic() if now is None else now
        with self._lock:
            left, since = self._buckets.pop(key, (self.at_once, moment))
            left = min(self.at_once, left + (moment - since) * self.per_second)
            allowed = left >= 1
            self._buckets[key] = (left - 1 if allowed else left), moment
            if len(self._buckets) > REMEMBERED:
                self._buckets.popitem(last=False)
        return 0.0 if allowed else (1 - left) / self.per_second
