"""Requests with an idempotency key: done once, and answered alike however often they are sent."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from typing import Annotated

from fastapi import Depends, Header, Request
from fastapi.responses import Response

from algo_trading.bootstrap import App
from algo_trading.web.gate import application_of, user_of
from algo_trading.web.refusals import RefusedError

REMEMBERED = timedelta(days=1)

IdempotencyKey = Annotated[
    str | None,
    Header(
        min_length=1,
        max_length=200,
        description="What is sent again with the same key is not done again; its answer is that of the first time.",
    ),
]


@dataclass(frozen=True, slots=True)
class Once:
    """A request of a user; `key` is empty where they sent none, and then it is done whenever it comes."""

    application: App
    user: str
    key: str
    digest: str

    def __call__(self, do: Callable[[], Response]) -> Response:
        """The answer of `do`, or the one that it had given before.

        Raises:
            RefusedError: the key came with another request, or the first one is still being worked on.
        """
        if not self.key:
            return do()
        now, kept = self.application.clock.now(), self.application.api_answers
        known = kept.begin(self.user, self.key, self.digest, now, now - REMEMBERED)
        if known is None:
            try:
                response = do()
            except BaseException:
                kept.forget(self.user, self.key)
                raise
            kept.keep(self.user, self.key, response.status_code, bytes(response.body))
            return response
        if known.digest != self.digest:
            raise RefusedError(422, "This does not fit", "The key was sent before with another request.")
        if not known.status:
            raise RefusedError(409, "This is being worked on", "Ask again with the same key in a moment.", 1)
        return Response(known.body, known.status, {"Idempotent-Replayed": "true"}, "application/json")


async def once_of(request: Request, idempotency_key: IdempotencyKey = None) -> Once:
    """What a route calls with what it does."""
    asked = json.dumps([request.method, request.url.path, request.url.query]).encode() + await request.body()
    key = idempotency_key or ""
    application = await application_of(request)
    return Once(application, user_of(request).name, key, sha256(asked).hexdigest())


DoneOnce = Annotated[Once, Depends(once_of)]
