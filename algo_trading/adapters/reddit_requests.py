"""What lies between praw and Reddit: patience, clear errors, and the replies as they came.

praw asks for tokens, renews them and keeps to Reddit's quota; statuses are judged here, before praw sees them.
"""

import io
import time
from dataclasses import dataclass
from typing import Any

import httpx
import requests
from prawcore import Requestor
from urllib3.exceptions import HTTPError, ProtocolError, ReadTimeoutError

from algo_trading.adapters.polite_http import TIMEOUT, Patience, RefusedError, Reply, cause, shown
from algo_trading.errors import SourceError

TOKEN_PATH = "/api/v1/access_token"  # noqa: S105 - a path
EXPIRED = 401
PART = 2**16  # bytes of a reply that are read at once


@dataclass
class Memory:
    """The newest reply's body, and when Reddit's quota allows the next request (monotonic seconds)."""

    content: bytes = b""
    free_at: float = 0.0


class PoliteRequestor(Requestor):
    """Hands praw good replies only, and the first 401 in a row: praw then gets a new token and asks again."""

    def __init__(self, *, patience: Patience, memory: Memory, **options: Any) -> None:  # noqa: ANN401 - for prawcore
        super().__init__(**options)
        self._patience = patience
        self._memory = memory
        self._expired = False

    def request(self, *args: Any, timeout: float | None = None, **options: Any) -> requests.Response:  # noqa: ANN401, ARG002 - as prawcore has it
        """Send a request (method, url).

        Raises:
            RateLimitedError, RefusedError, SourceError: as `Patience.ask`.
        """
        method, url = args
        is_token = TOKEN_PATH in url
        newest: list[requests.Response] = []

        def send() -> Reply:
            response = self._sent(method, url, **options)
            newest[:] = [response]
            reply = Reply(response.status_code, response.content, httpx.Headers(dict(response.headers)))
            if reply.status == EXPIRED and not is_token and not self._expired:
                return Reply(200, b"")  # for praw
            if 300 <= reply.status < 400:
                raise RefusedError(f"Reddit sends us elsewhere (HTTP {reply.status})", reply)
            return reply

        try:
            self._patience.ask(send)
        except RefusedError as error:
            if is_token:
                raise SourceError(
                    f"Reddit refuses the application's credentials (HTTP {error.reply.status}): check "
                    "ALGO_REDDIT__CLIENT_ID and ALGO_REDDIT__CLIENT_SECRET"
                ) from None
            raise
        response = newest[0]
        if not is_token:
            self._expired = response.status_code == EXPIRED
            self._memory.content = response.content
            self._memory.free_at = _free_at(response)
        return response

    def _sent(self, method: str, url: str, **options: Any) -> requests.Response:  # noqa: ANN401 - as requests has it
        began = time.monotonic()
        try:
            with self._http.request(method, url, timeout=TIMEOUT, stream=True, **options) as response:
                return self._whole(response, url, began)
        except (requests.exceptions.Timeout, ReadTimeoutError):
            raise self._patience.lost(f"did not answer within {TIMEOUT:.0f} s ({shown(url)})") from None
        except HTTPError:
            raise self._patience.lost(f"broke off its answer from {shown(url)}") from None
        except requests.exceptions.ConnectionError as error:
            if error.args and isinstance(error.args[0], ProtocolError):
                raise self._patience.lost(f"broke off its answer from {shown(url)}") from None
            raise self._patience.lost(f"cannot be reached at {shown(url)} ({cause(error)})") from None
        except requests.exceptions.RequestException as error:  # its words may quote a header
            raise SourceError(f"{shown(url)} cannot be asked for ({type(error).__name__}): check the address") from None

    def _whole(self, streamed: requests.Response, url: str, began: float) -> requests.Response:
        """The response with its content, which is read as it comes: requests itself would wait for ever for the end."""
        content = bytearray()
        while part := streamed.raw.read1(PART, decode_content=True):
            content += part
            self._patience.bear(url, len(content), began)
        response = requests.Response()
        response.status_code, response.headers, response.url = streamed.status_code, streamed.headers, streamed.url
        response.encoding, response.reason = streamed.encoding, streamed.reason
        response.raw = io.BytesIO(content)
        return response


def _free_at(response: requests.Response) -> float:
    """When the quota is free again, if this reply used it up."""
    try:
        if float(response.headers["x-ratelimit-remaining"]) <= 0:
            return time.monotonic() + float(response.headers["x-ratelimit-reset"])
    except (KeyError, ValueError):
        pass
    return 0.0
