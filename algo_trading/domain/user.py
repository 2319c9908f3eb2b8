"""People who use the pipeline, and what their programs may do."""

import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

NAME = re.compile(r"[a-z][a-z0-9_-]{0,39}")


class Role(StrEnum):
    """An owner sees and steers everything; a member sees the market and what is their own."""

    OWNER = "owner"
    MEMBER = "member"


class Scope(StrEnum):
    """What a token of the API may do, within what its user may."""

    READ = "read"  # see what the user sees
    WRITE = "write"  # change subscriptions and send notifications
    POSTS = "posts"  # hand in posts, as a collector does
    TRADE = "trade"  # answer approvals, buy and sell


@dataclass(frozen=True, slots=True)
class User:
    """A person.

    `name` is what accounts and assignments call their owner. Notices go to `address`, an email address, empty where
    there is none; no two users share one.

    Raises:
        ValueError: the name has other characters than lower-case letters, digits, - and _, or more than 40.
    """

    name: str
    role: Role
    created_at: datetime
    address: str = ""

    def __post_init__(self) -> None:
        if not NAME.fullmatch(self.name):
            raise ValueError(f"{self.name!r} is not a user name: use up to 40 of a-z, 0-9, - and _, a letter first")

    @property
    def is_owner(self) -> bool:
        """Whether they see and steer everything."""
        return self.role is Role.OWNER


@dataclass(frozen=True, slots=True)
class ApiToken:
    """The right of a user's program to use the API.

    `name` tells a user's tokens apart. It works until it is revoked or `expires_at` (None: never) has come.
    """

    user: str
    name: str
    scopes: frozenset[Scope]
    created_at: datetime
    expires_at: datetime | None = None
    revoked_at: datetime | None = None

    def works(self, now: datetime) -> bool:
        """Whether it may still be used."""
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)
