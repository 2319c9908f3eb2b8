"""The exchange's time: it can run fast, stand still and be moved forward."""

import time
from collections.abc import Callable


class Clock:
    """Milliseconds since 1970 on a clock that runs `speed` times as fast as the machine's.

    Beside it runs a steady clock from the same start at the machine's own pace: rate limits, bans and the life of a
    connection go by it, as they concern the client and not the market. At speed 1 the two are the same.
    """

    def __init__(self, start_ms: int, speed: float = 1.0, elapsed: Callable[[], float] = time.monotonic) -> None:
        self._elapsed = elapsed
        self._speed = speed
        self._market_from = float(start_ms)
        self._steady_from = float(start_ms)
        self._since = elapsed()
        self.skew = 0  # ms added to the time that clients see, a fault

    @property
    def speed(self) -> float:
        """How many seconds of the market pass in one second."""
        return self._speed

    def now(self) -> int:
        """Time of the market, ms."""
        return int(self._market_from + (self._elapsed() - self._since) * 1000 * self._speed)

    def steady(self) -> int:
        """Time at the machine's pace since the same start, ms."""
        return int(self._steady_from + (self._elapsed() - self._since) * 1000)

    def server_time(self) -> int:
        """Time of the market as clients see it, ms."""
        return self.now() + self.skew

    def advance(self, ms: int) -> None:
        """Move both clocks forward."""
        if ms < 0:
            raise ValueError("the clock does not go back")
        self._market_from += ms
        self._steady_from += ms

    def run(self, speed: float) -> None:
        """Go on at another speed from now."""
        elapsed = self._elapsed()
        passed = (elapsed - self._since) * 1000
        self._market_from += passed * self._speed
        self._steady_from += passed
        self._since, self._speed = elapsed, speed

    def accepts(self, timestamp: int, window_ms: int) -> bool:
        """Whether a signed request of that time may still be processed.

        The exchange's rule is timestamp < server time + 1 s and server time - timestamp <= window. A client measures
        its offset to our clock now and then and goes on at its own pace, so on a fast clock the lower bound is that
        of a client that measured it at the very start.
        """
        now, steady = self.now(), self.steady()
        return min(now, steady) + self.skew - window_ms <= timestamp < max(now, steady) + self.skew + 1000


__all__ = ["Clock"]
