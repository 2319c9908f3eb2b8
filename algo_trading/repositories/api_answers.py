"""Answers to requests of the API that have an idempotency key."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class KeptAnswer:
    """What a user's request with a key was answered; `status` is 0 as long as it is being worked on.

    `digest` is that of the whole request: the same key with another one is a mistake of the program.
    """

    digest: str
    status: int = 0
    body: bytes = b""


class ApiAnswerRepository(Protocol):
    """Answers by user and key."""

    def begin(self, user: str, key: str, digest: str, at: datetime, since: datetime) -> KeptAnswer | None:
        """Take a key for a request; None where it is the first one, else what is kept for it.

        Keys that were taken before `since` are forgotten. Of several at once one alone is the first.
        """
        ...

    def keep(self, user: str, key: str, status: int, body: bytes) -> None:
        """Keep the answer of the first one."""
        ...

    def forget(self, user: str, key: str) -> None:
        """The first one has failed: the next one is the first."""
        ...
