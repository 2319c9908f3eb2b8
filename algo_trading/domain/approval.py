"""Orders that wait for a person."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Answer(StrEnum):
    """What became of a question. Nobody's answer in time is a rejection."""

    APPROVED = "approved"
    REJECTED = "rejected"
    TIMED_OUT = "timed out"


@dataclass(frozen=True, slots=True)
class Approval:
    """A question whether an order may be sent, and its answer: the first one counts.

    `answered_by` is who gave it, and `answered_from` where: the command line, the web, a mail, Airflow.
    """

    client_order_id: str
    account: str
    reason: str
    asked_at: datetime
    expires_at: datetime
    answer: Answer | None = None
    answered_at: datetime | None = None
    answered_by: str = ""
    answered_from: str = ""

    @property
    def sentence(self) -> str:
        """How it was answered."""
        if self.answer is None or self.answered_at is None:
            return f"waits for approval until {self.expires_at:%Y-%m-%d %H:%M} UTC"
        if self.answer is Answer.TIMED_OUT:
            return f"nobody approved it before {self.expires_at:%Y-%m-%d %H:%M} UTC"
        where = f" ({self.answered_from})" if self.answered_from else ""
        return f"{self.answer} by {self.answered_by}{where} at {self.answered_at:%Y-%m-%d %H:%M} UTC"


@dataclass(frozen=True, slots=True)
class Invitation:
    """Which order a link is about, and the address that it was sent to."""

    client_order_id: str
    address: str

    @property
    def key(self) -> str:
        """Names it among notices."""
        return f"{self.client_order_id} {self.address}"

    @classmethod
    def parse(cls, key: str) -> "Invitation":
        """The invitation with this key."""
        client_order_id, _, address = key.partition(" ")
        return cls(client_order_id, address)
