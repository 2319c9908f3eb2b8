"""Notices to people, and the state of their delivery."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class NoticeKind(StrEnum):
    """What a notice is about; `notification` has a module with a renderer for each kind."""

    SIGNAL = "signal"
    SCORE = "score"
    UPDATE = "update"
    DIGEST = "digest"
    OUTAGE = "outage"
    STRATEGY = "strategy"
    APPROVAL = "approval"
    SENT_SIGNAL = "sent_signal"
    REPLY = "reply"
    LETTER = "letter"


class NoticeStatus(StrEnum):
    """Pending until the channel accepts it; failed when trying again cannot help."""

    PENDING = "pending"
    SENT = "sent"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Content:
    """What all recipients of a notice get alike, so that it is rendered once.

    `key` names what it is about among those of its kind (of a signal `Signal.key`). Contents with an earlier `at` are
    delivered first. `details` are what is stored nowhere else, as the kind has them.
    """

    kind: NoticeKind
    key: str
    at: datetime
    details: str = ""


@dataclass(frozen=True, slots=True)
class Notice:
    """A content on its way to one recipient.

    `dedupe_key` is unique: a channel that knows it has delivered the notice before. `channel` is a channel's name, ""
    the configured one.
    """

    dedupe_key: str
    content: Content
    recipient: str
    channel: str = ""
    status: NoticeStatus = NoticeStatus.PENDING
    attempts: int = 0
    last_error: str = ""
    sent_at: datetime | None = None


def dedupe_key(recipient: str, key: str) -> str:
    """The key of the notice about the content `key` for `recipient`: 32 hexadecimal digits."""
    return hashlib.sha256(f"{recipient}\n{key}".encode()).hexdigest()[:32]
