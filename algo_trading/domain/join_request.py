"""People who want to become users."""

import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

OTHERS = re.compile(r"[^a-z0-9_-]+")
LONGEST = 36  # with room for a number


class Joining(StrEnum):
    """Who may join: nobody; who confirms their address and is accepted by an owner; who confirms it."""

    CLOSED = "closed"
    ACCEPTED = "accepted"
    OPEN = "open"


@dataclass(frozen=True, slots=True)
class JoinRequest:
    """An address, in lower case, whose owner asked to join; whether it is theirs is known once it is confirmed."""

    address: str
    asked_at: datetime
    confirmed_at: datetime | None = None


def name_from(address: str) -> str:
    """A user name that is made of an address: Ann.Lee@example.com is ann-lee."""
    local = OTHERS.sub("-", address.rpartition("@")[0].lower()).strip("-_")[:LONGEST]
    return local if local[:1].isalpha() else f"user-{local}".rstrip("-")[:LONGEST]
