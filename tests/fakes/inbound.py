"""Mails that came in, in memory."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime

from algo_trading.domain.inbound import InboundMail, InboundOutcome, MailKey, RawMail


class FakeInboundMails:
    """Implements InboundMails."""

    def __init__(self) -> None:
        self.mails: dict[MailKey, InboundMail] = {}

    def take(self, key: MailKey) -> bool:
        return key not in self.mails

    def knows(self, mailbox: str, digest: str) -> bool:
        return any((one.key.mailbox, one.digest) == (mailbox, digest) for one in self.mails.values())

    def record(self, mail: InboundMail) -> None:
        self.mails[mail.key] = mail

    def newest(self, mailbox: str, uid_validity: int) -> int:
        own = (key for key in self.mails if (key.mailbox, key.uid_validity) == (mailbox, uid_validity))
        return max((key.uid for key in own), default=0)

    def answered_since(self, sender: str, since: datetime) -> int:
        answered = (one for one in self.mails.values() if one.outcome is InboundOutcome.ANSWERED)
        return sum(one.sender == sender and one.handled_at >= since for one in answered)

    def recent(self, limit: int) -> list[InboundMail]:
        return sorted(self.mails.values(), key=lambda one: (one.handled_at, one.key.uid), reverse=True)[:limit]

    @contextmanager
    def attempt(self) -> Iterator[None]:
        yield


class FakeMailbox:
    """Implements Mailbox and its session: mails by their number."""

    name, address, uid_validity = "algo/INBOX", "algo@example.net", 7

    def __init__(self) -> None:
        self.mails: list[RawMail] = []
        self.waited: list[float] = []

    def put(self, content: bytes, arrived_at: datetime) -> None:
        """Have a mail arrive."""
        key = MailKey(self.name, self.uid_validity, len(self.mails) + 1)
        self.mails.append(RawMail(key, content, len(content), arrived_at))

    @contextmanager
    def session(self) -> Iterator["FakeMailbox"]:
        yield self

    def after(self, uid: int, since: datetime, most_bytes: int, count: int) -> Iterator[RawMail]:
        found = [one for one in self.mails if one.key.uid > uid and one.arrived_at >= since]
        return (replace(one, content=one.content[: most_bytes + 1]) for one in found[:count])

    def wait(self, seconds: float) -> None:
        self.waited.append(seconds)
