"""Keeps below the exchange's limit of request weight, and away from it while it bans us."""

import time
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock
from typing import Any

from algo_trading.adapters.retries import LONGEST_PAUSE, requested_wait
from algo_trading.errors import RateLimitedError
from algo_trading.private_files import make_folders

SLOW_DOWN, BANNED = 429, 418
UNASKED = {SLOW_DOWN: 60.0, BANNED: 120.0}  # seconds to stay away where the exchange does not say how long
USED = "x-mbx-used-weight-1m"
MINUTE = 60.0
MARGIN = 0.25  # seconds into the new minute: clocks differ


class WeightLimiter:
    """One for all connections to an exchange.

    The exchange counts the weight of an address's requests in each minute and says with every reply how much it has
    counted, other programs' requests included. `limit` is unknown until `learn` was given the exchange's limits. A ban
    is kept in the file `bans`, so that no other process asks meanwhile and has it prolonged.
    """

    def __init__(
        self,
        who: str,
        share: float,
        *,
        bans: Path | None = None,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._who, self._share, self._clock, self._sleep, self._bans = who, share, clock, sleep, bans
        self._lock = Lock()
        self.limit: int | None = None
        self.used = 0  # in this minute
        self._minute = 0
        self._blocked_until, self._reason = 0.0, 0

    def learn(self, rate_limits: Iterable[Mapping[str, Any]]) -> None:
        """Take the limit of weight in a minute from `rateLimits` of exchangeInfo."""
        for one in rate_limits:
            if (one["rateLimitType"], one["interval"], one["intervalNum"]) == ("REQUEST_WEIGHT", "MINUTE", 1):
                self.limit = int(one["limit"])

    def acquire(self, weight: int) -> None:
        """Wait until a request of this weight fits.

        Raises:
            RateLimitedError: the exchange asked us to stay away for longer than we wait.
        """
        with self._lock:
            self._stay_away()
            self._turn_minute()
            if self.limit is not None and self.used + weight > self.limit * self._share:
                self._sleep(MINUTE - self._clock() % MINUTE + MARGIN)
                self._turn_minute()
            self.used += weight

    def note(self, status: int, headers: Mapping[str, str]) -> None:
        """Take what a reply says about the limits; `headers` have lower-case names."""
        with self._lock:
            counted = headers.get(USED, "")
            if counted.isdecimal():
                self.used = int(counted)
            if status in UNASKED:
                wait = requested_wait(headers)
                until = self._clock() + (UNASKED[status] if wait is None else wait)
                if until > self._blocked_until:
                    self._blocked_until, self._reason = until, status
                    if status == BANNED:
                        self._keep(until)

    def _turn_minute(self) -> None:
        minute = int(self._clock() // MINUTE)
        if minute != self._minute:
            self._minute, self.used = minute, 0

    def _keep(self, until: float) -> None:
        if self._bans is not None:
            make_folders(self._bans.parent)
            self._bans.write_text(f"{until}\n")

    def _kept(self) -> float:
        """When the ban ends that a process was told of; 0 where there is none."""
        try:
            return float(self._bans.read_text()) if self._bans is not None else 0.0
        except (OSError, ValueError):
            return 0.0

    def _stay_away(self) -> None:
        if self._clock() < (kept := self._kept()) and kept > self._blocked_until:
            self._blocked_until, self._reason = kept, BANNED
        wait = self._blocked_until - self._clock()
        if wait > LONGEST_PAUSE:
            until = f"{datetime.fromtimestamp(self._blocked_until, UTC):%Y-%m-%d %H:%M:%S} UTC"
            does = "bans this address" if self._reason == BANNED else "asks to slow down"
            raise RateLimitedError(f"{self._who} {does} until {until} (HTTP {self._reason}); nothing is asked before")
        if wait > 0:
            self._sleep(wait)
