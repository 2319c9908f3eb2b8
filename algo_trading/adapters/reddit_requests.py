"""What lies between praw and Reddit: rate limits and retries, clear errors, and the replies as they came.

praw asks for tokens, renews them and keeps to Reddit's quota; statuses are judged here, before praw sees them.
"""

import io
import time
from dataclasses import dataclass
from typing import Any

import requests
from prawcore import Requestor

from algo_trading.adapters.http_client import HttpClient
from algo_trading.adapters.retries import RefusedError, Reply, Retries
from algo_trading.errors import SourceError

TOKEN_PATH = "/api/v1/access_token"  # noqa: S105 - a path
EXPIRED = 401


@dataclass
class Memory:
    """The newest reply's body, and when Reddit's quota allows the next request (monotonic seconds)."""

    content: bytes = b""
    free_at: float = 0.0


class RetryingRequestor(Requestor):
    """Hands praw good replies only, and the first 401 in a row: praw then gets a new token and asks again."""

    def __init__(self, *, retries: Retries, memory: Memory, **options: Any) -> None:  # noqa: ANN401 - for prawcore
        super().__init__(**options)
        self._retries = retries
        self._client = HttpClient(retries)
        self._memory = memory
        self._expired = False

    def request(self, *args: Any, timeout: float | None = None, **options: Any) -> requests.Response:  # noqa: ANN401, ARG002 - as prawcore has it
        """Send a request (method, url).

        Raises:
            RateLimitedError, RefusedError, SourceError: as `Retries.ask`.
        """
        method, url = args
        is_token = TOKEN_PATH in url
        # What prawcore gives: params, data, files, json, headers, auth and allow_redirects; the last one is ours.
        given = {name: value for name, value in options.items() if value is not None and name != "allow_redirects"}
        if "data" in given:
            given["data"] = dict(given["data"])  # pairs, for requests
        newest = Reply(0, b"")

        def send() -> Reply:
            nonlocal newest
            newest = self._client.send(method, url, **given)
            if newest.status == EXPIRED and not is_token and not self._expired:
                return Reply(200, b"")  # for praw
            return newest

        try:
            self._retries.ask(send)
        except RefusedError as error:
            if is_token:
                raise SourceError(
                    f"Reddit refuses the application's credentials (HTTP {error.reply.status}): check "
                    "ALGO_PLATFORMS__REDDIT__CLIENT_ID and ALGO_PLATFORMS__REDDIT__CLIENT_SECRET"
                ) from None
            raise
        if not is_token:
            self._expired = newest.status == EXPIRED
            self._memory.content = newest.content
            self._memory.free_at = _free_at(newest)
        return _as_response(newest, url)


def _as_response(reply: Reply, url: str) -> requests.Response:
    response = requests.Response()
    response.status_code, response.url = reply.status, url
    response.headers = requests.structures.CaseInsensitiveDict(reply.headers)
    response.raw = io.BytesIO(reply.content)
    return response


def _free_at(reply: Reply) -> float:
    """When the quota is free again, if this reply used it up."""
    try:
        if float(reply.headers["x-ratelimit-remaining"]) <= 0:
            return time.monotonic() + float(reply.headers["x-ratelimit-reset"])
    except (KeyError, ValueError):
        pass
    return 0.0
