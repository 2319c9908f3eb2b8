"""Updates and digests that are due go into the outbox."""

from dataclasses import dataclass

from algo_trading.domain.notice import Content, NoticeKind
from algo_trading.domain.regular_mail import MailKind, Recipient
from algo_trading.gateways.clock import Clock
from algo_trading.repositories.regular_mails import RecipientRepository, RegularMailRepository

KINDS = {MailKind.UPDATE: NoticeKind.UPDATE, MailKind.DIGEST: NoticeKind.DIGEST}


@dataclass(frozen=True)
class QueueRegularMails:
    """Queue each regular mail once for each moment at which it is due, however many look and whatever dies.

    What was missed while nobody looked is one mail.
    """

    mails: RegularMailRepository
    recipients: RecipientRepository
    clock: Clock

    def __call__(self) -> int:
        """Queue what is due; returns how many notices are new."""
        now, queued = self.clock.now(), 0
        known = {one.address: one for one in self.recipients.all()}
        for mail in self.mails.all():
            due = mail.due(known.get(mail.address, Recipient(mail.address)), now)
            if due is not None:
                content = Content(KINDS[mail.kind], f"{mail.address} {due.isoformat()}", now)
                queued += self.mails.queue(mail, due, content)
        return queued
