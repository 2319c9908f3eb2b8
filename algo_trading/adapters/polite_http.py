"""Asking an HTTP service politely: with time limits, a bounded number of tries and the pauses it asks for.

Errors are one clear sentence without anything secret: of an address only host and path are named, of a failure its
kind.
"""

import logging
import re
import ssl
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import lru_cache
from urllib.parse import urlsplit

import httpx
from pydantic import SecretStr
from tenacity import RetryCallState, Retrying, retry_if_exception_type, stop_after_attempt

from algo_trading.errors import ConfigError, RateLimitedError, SourceError

LONGEST_PAUSE = 60.0  # seconds; who is asked to wait longer gives the worker back and is tried again later
TIMEOUT = 20.0  # seconds without a byte
LONGEST_REPLY = 60.0  # seconds from the request to the last byte
LARGEST_REPLY = 16 * 2**20  # bytes, unpacked
BUSY = {408, 420, 429, 500, 502, 503, 504, 520, 521, 522, 523, 524}  # statuses after which asking again can help
SLOW_DOWN = {420, 429}
CREDENTIAL = re.compile(r"[!-~]+")  # what a header can carry
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Reply:
    """A whole reply; `headers` are found in any case."""

    status: int
    content: bytes
    headers: httpx.Headers = field(default_factory=httpx.Headers)


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


class Patience:
    """Tries a request up to `attempts` times, with doubling pauses or those that the service asks for.

    `who` is the service's name in errors. Between two requests it waits `pause_seconds`.
    """

    def __init__(
        self, who: str, *, attempts: int, pause_seconds: float, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self.who = who
        self._attempts = attempts
        self._pause_seconds = pause_seconds
        self._sleep = sleep
        self._asked = False

    def ask(self, send: Callable[[], Reply]) -> Reply:
        """The reply to `send`, whose status is below 400.

        `send` raises what `lost` gives where no whole reply came.

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
            before_sleep=self._say,
            sleep=self._sleep,
            reraise=True,
        )
        try:
            return retrying(self._attempt, send)
        except _TryLaterError as failure:
            raise failure.error from None

    def lost(self, what: str) -> Exception:
        """What `send` raises where no whole reply came, for a reason that may pass."""
        return _TryLaterError(SourceError(f"{self.who} {what}: check the network, or try again later"))

    def bear(self, url: str, size: int, began: float) -> None:
        """Give a reply up that has become too large or takes too long: `size` bytes since `began` (monotonic).

        Raises:
            SourceError: it is too large. What `lost` gives: it takes too long.
        """
        if size > LARGEST_REPLY:
            raise SourceError(
                f"{self.who} sends more than {LARGEST_REPLY >> 20} MB from {shown(url)}: no feed is that large"
            )
        if time.monotonic() - began > LONGEST_REPLY:
            raise self.lost(f"took longer than {LONGEST_REPLY:.0f} s to answer")

    def _attempt(self, send: Callable[[], Reply]) -> Reply:
        reply = send()
        if reply.status in SLOW_DOWN or (reply.status == 503 and "retry-after" in reply.headers):
            wait = asked_pause(reply.headers)
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
        return max(self._pause_seconds * 2.0 ** (state.attempt_number - 1), failure.wait or 0.0)

    def _give_up(self, state: RetryCallState) -> bool:
        return stop_after_attempt(self._attempts)(state) or self._pause(state) > LONGEST_PAUSE

    def _say(self, state: RetryCallState) -> None:
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


class PoliteClient:
    """GET over httpx, with `Patience`.

    `headers` (credentials, perhaps) go with every request and never into an error; redirects are followed only where
    `redirects` says so, which it should not beside credentials.
    """

    def __init__(
        self, patience: Patience, *, headers: Mapping[str, str] | None = None, redirects: bool = False
    ) -> None:
        self._patience = patience
        self._headers = {"User-Agent": user_agent(), **(headers or {})}
        self._redirects = redirects

    def get(self, url: str, params: Mapping[str, str] | None = None, headers: Mapping[str, str] | None = None) -> Reply:
        """The reply, whose status is below 400 (304 where `headers` make the request conditional).

        Raises:
            RateLimitedError, RefusedError, SourceError: as `Patience.ask`.
        """
        with httpx.Client(
            verify=_trusted(),
            headers=self._headers,
            timeout=httpx.Timeout(TIMEOUT),
            follow_redirects=self._redirects,
            max_redirects=5,
        ) as client:
            return self._patience.ask(lambda: self._send(client, url, params, headers))

    def _send(
        self, client: httpx.Client, url: str, params: Mapping[str, str] | None, headers: Mapping[str, str] | None
    ) -> Reply:
        who = self._patience.who
        began = time.monotonic()
        try:
            with client.stream("GET", url, params=params, headers=headers) as response:
                content = bytearray()
                for part in response.iter_bytes():
                    content += part
                    self._patience.bear(url, len(content), began)
                reply = Reply(response.status_code, bytes(content), response.headers)
        except (httpx.UnsupportedProtocol, httpx.LocalProtocolError, httpx.TooManyRedirects, httpx.InvalidURL) as error:
            # Their own words may quote a header.
            raise SourceError(f"{shown(url)} cannot be asked for ({type(error).__name__}): check the address") from None
        except httpx.TimeoutException:
            raise self._patience.lost(f"did not answer within {TIMEOUT:.0f} s ({shown(url)})") from None
        except httpx.ConnectError as error:
            raise self._patience.lost(f"cannot be reached at {shown(url)} ({cause(error)})") from None
        except httpx.RequestError as error:
            raise self._patience.lost(f"broke off its answer from {shown(url)} ({type(error).__name__})") from None
        except (UnicodeError, ValueError):
            raise SourceError(f"{shown(url)} is no address that can be asked for") from None
        if reply.status in {301, 302, 303, 307, 308}:
            raise RefusedError(f"{who} sends us elsewhere from {shown(url)} (HTTP {reply.status})", reply)
        return reply


@lru_cache(maxsize=1)
def _trusted() -> ssl.SSLContext:
    """The certificates that httpx trusts; reading them takes longer than many a request."""
    return httpx.create_ssl_context()


def cause(error: BaseException) -> str:
    """Why no connection came about, in few words."""
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, ssl.SSLError):
            return "its certificate is not accepted" if isinstance(seen, ssl.SSLCertVerificationError) else "TLS fails"
        if isinstance(seen, ConnectionRefusedError):
            return "connection refused"
        seen = seen.__cause__ or seen.__context__
    return "no connection"


def asked_pause(headers: Mapping[str, str]) -> float | None:
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


def shown(url: str) -> str:
    """Host and path of an address; what may be secret (user, password, query) is left out."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return "the address"
    return f"{host}{port}{parts.path}" or "the address"


def credential(secret: SecretStr, variable: str, purpose: str) -> str:
    """A credential fit for a header.

    Raises:
        ConfigError: it is not set, or holds what no credential does; `variable` is named.
    """
    value = secret.get_secret_value().strip()
    if not value:
        raise ConfigError(f"{purpose} needs a credential: set {variable} in the environment")
    if not CREDENTIAL.fullmatch(value):
        raise ConfigError(f"{variable} holds a blank or a character that no credential has: copy it anew")
    return value


def user_agent() -> str:
    """Who we are, for services that want to know."""
    from importlib.metadata import version

    return f"algo-trading/{version('algo-trading')}"
