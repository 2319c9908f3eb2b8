"""A Channel that keeps the mails."""

from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_string, policy
from email.message import EmailMessage

from algo_trading.errors import ServiceUnavailableError
from algo_trading.gateways.channels import Mail


class FakeChannel:
    """`errors` maps an address to the error that its mails meet; `down` is the sentence of a channel that is."""

    name = "fake"

    def __init__(self) -> None:
        self.delivered: dict[str, Mail] = {}
        self.errors: dict[str, Exception] = {}
        self.down = ""
        self.sessions = 0

    @property
    def mails(self) -> dict[str, EmailMessage]:
        """What a reader's program makes of the mails, by their keys."""
        return {key: read_mail(mail.content) for key, mail in self.delivered.items()}

    @contextmanager
    def session(self) -> "Iterator[FakeChannel]":
        self.sessions += 1
        yield self

    def deliver(self, mail: Mail) -> None:
        if self.down:
            raise ServiceUnavailableError(self.down)
        if error := self.errors.get(mail.recipient):
            raise error
        self.delivered.setdefault(mail.key, mail)

    def location(self) -> str:
        return "memory"


def read_mail(content: bytes) -> EmailMessage:
    """Parse a mail; what is not ASCII in it is UTF-8."""
    return message_from_string(content.decode(), policy=policy.default)
