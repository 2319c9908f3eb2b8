"""Regular mails, zones and quiet hours in memory."""

from dataclasses import replace
from datetime import datetime

from algo_trading.domain.notice import Content, Notice, dedupe_key
from algo_trading.domain.regular_mail import MailKind, Recipient, RegularMail
from fakes.notices import FakeNotices


class FakeRegularMails:
    """Implements RegularMailRepository."""

    def __init__(self, notices: FakeNotices | None = None) -> None:
        self.notices = notices or FakeNotices()
        self._stored: dict[tuple[str, MailKind], RegularMail] = {}

    def put(self, mail: RegularMail) -> bool:
        new = (mail.address, mail.kind) not in self._stored
        self._stored[mail.address, mail.kind] = mail
        return new

    def remove(self, address: str, kind: MailKind | None = None) -> int:
        gone = [key for key in self._stored if key[0] == address and kind in {None, key[1]}]
        for key in gone:
            del self._stored[key]
        return len(gone)

    def all(self) -> list[RegularMail]:
        return [mail for _, mail in sorted(self._stored.items())]

    def find(self, address: str, kind: MailKind) -> RegularMail | None:
        return self._stored.get((address, kind))

    def queue(self, mail: RegularMail, due: datetime, content: Content) -> bool:
        stored = self.find(mail.address, mail.kind)
        if stored is None or stored.start != mail.start or (stored.sent is not None and stored.sent >= due):
            return False
        key = dedupe_key(mail.address, content.key)
        self.notices.stored[key] = Notice(key, content, mail.address, mail.channel)
        self._stored[mail.address, mail.kind] = replace(stored, sent=due)
        return True


class FakeRecipients:
    """Implements RecipientRepository."""

    def __init__(self) -> None:
        self._stored: dict[str, Recipient] = {}

    def put(self, recipient: Recipient) -> None:
        self._stored[recipient.address] = recipient

    def get(self, address: str) -> Recipient:
        return self._stored.get(address, Recipient(address))

    def all(self) -> list[Recipient]:
        return [recipient for _, recipient in sorted(self._stored.items())]
