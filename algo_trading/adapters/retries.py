"""Rate limits and retries, for every service that is asked over HTTP.

Errors are one clear sentence without anything secret.
"""

import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from tenacity import RetryCallState, Retrying, retry_if_exception_type, stop_after_attempt

from algo_trading.errors import RateLimitedError, SourceError

LONGEST_PAUSE = 60.0  # seconds; asked to wait longer, we give the worker back and try again later
BUSY = {408, 420, 429, 500, 502, 503, 504, 520, 521, 522, 523, 524}  # statuses after which asking again can help
SLOW_DOWN = {418, 420, 429}  # 418: an address that is banned for a time
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Reply:
    """A whole reply; `headers` are found in any case."""

    status: int
    content: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


class RefusedError(SourceError):
    """The service said no, and asking again cannot help: a status from 300 on, and what came with it."""

    def __init__(self, sentence: str, reply: Reply) -> None:
        super().__init__(sentence)
        self.reply = reply


class _TryLaterError(Exception):
    """Asking again may help, after `wait` seconds (None: nobody said how long); if not, `error` is the answer."""

    def __init__(self, error: SourceError, wait: float | None = None) -> None:
        super().__init__()
        self.error = error
        self.wait = wait


class Retries:
    """Sends a request up to `attempts` times, with doubling pauses or those that the service asks for.

    `who` is the service's name in errors. Between two requests it waits `pause_seconds`; the pause before a second try
    is `first_pause`, where that is another one.
    """

    def __init__(
        self,
        who: str,
        *,
        attempts: int,
        pause_seconds: float,
        first_pause: float | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.who = who
        self._attempts = attempts
        self._pause_seconds = pause_seconds
        self._first_pause = pause_seconds if first_pause is None else first_pause
        self._sleep = sleep
        self._asked = False

    def ask(self, send: Callable[[], Reply]) -> Reply:
        """The reply to `send`, whose status is below 400.

        `send` raises what `connection_failed` gives where no whole reply came.

        Raises:
            RateLimitedError: the service asks to slow down, for longer than we wait or again and again.
            RefusedError: it refuses.
            SourceError: it cannot be reached or is out of order.
        """
        if self._asked and self._pause_seconds:
            self._sleep(self._pause_seconds)
        self._asked = True
        retrying = Retrying(
            retry=retry_if_exception_type(_TryLaterError),
            stop=self._give_up,
            wait=self._pause,
            before_sleep=self._log_retry,
            sleep=self._sleep,
            reraise=True,
        )
        try:
            return retrying(self._attempt, send)
        except _TryLaterError as failure:
            raise failure.error from None

    def connection_failed(self, what: str) -> Exception:
        """What `send` raises where no whole reply came, for a reason that may pass."""
        return _TryLaterError(SourceError(f"{self.who} {what}: check the network, or try again later"))

    def _attempt(self, send: Callable[[], Reply]) -> Reply:
        reply = send()
        if reply.status in SLOW_DOWN or (reply.status == 503 and "retry-after" in reply.headers):
            wait = requested_wait(reply.headers)
            when = f"in {wait:.0f} seconds" if wait else "in some minutes"
            raise _TryLaterError(
                RateLimitedError(f"{self.who} asks to slow down (HTTP {reply.status}): try again {when}"), wait
            )
        if reply.status in BUSY:
            raise _TryLaterError(SourceError(f"{self.who} is out of order (HTTP {reply.status}): try again later"))
        if reply.status >= 400:
            raise RefusedError(f"{self.who} refuses the request (HTTP {reply.status})", reply)
        return reply

    def _pause(self, state: RetryCallState) -> float:
        failure = _failure(state)
        return max(self._first_pause * 2.0 ** (state.attempt_number - 1), failure.wait or 0.0)

    def _give_up(self, state: RetryCallState) -> bool:
        return stop_after_attempt(self._attempts)(state) or self._pause(state) > LONGEST_PAUSE

    def _log_retry(self, state: RetryCallState) -> None:
        log.warning(
            "%s; try %d of %d in %.0f s",
            _failure(state).error,
            state.attempt_number + 1,
            self._attempts,
            self._pause(state),
        )


def _failure(state: RetryCallState) -> _TryLaterError:
    failure = state.outcome.exception() if state.outcome else None
    assert isinstance(failure, _TryLaterError)
    return failure


def requested_wait(headers: Mapping[str, str]) -> float | None:
    """The seconds that a reply asks to wait: Retry-After (seconds or a date), else x-rate-limit-reset (epoch)."""
    said = (headers.get("retry-after") or "").strip()
    reset = (headers.get("x-rate-limit-reset") or "").strip()
    try:
        if said:
            seconds = (parsedate_to_datetime(said) - datetime.now(UTC)).total_seconds() if " " in said else float(said)
        elif reset:
            seconds = float(reset) - time.time()
        else:
            return None
    except (ValueError, TypeError, OverflowError):
        return None
    return max(seconds, 0.0) if seconds < float("inf") else None
