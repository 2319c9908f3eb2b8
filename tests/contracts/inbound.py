"""What every repository of mails that came in does."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from algo_trading.domain.inbound import InboundMail, InboundOutcome, MailKey
from algo_trading.repositories.inbound import InboundMails

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def a_mail(uid: int, at: datetime = NOW, mailbox: str = "algo/INBOX", validity: int = 7) -> InboundMail:
    """An answered mail of Ann's."""
    key = MailKey(mailbox, validity, uid)
    return InboundMail(key, f"{uid:064}", "ann@example.com", "help", InboundOutcome.ANSWERED, "help", at)


class InboundContract:
    """Subclasses give the fixture `inbound`, an empty repository."""

    def test_a_mail_is_handled_once(self, inbound: InboundMails) -> None:
        mail = a_mail(3)
        assert inbound.take(mail.key)
        inbound.record(mail)
        assert not inbound.take(mail.key)
        assert inbound.take(replace(mail.key, uid=4))
        assert inbound.take(replace(mail.key, uid_validity=8))
        assert inbound.knows("algo/INBOX", mail.digest)
        assert not inbound.knows("other/INBOX", mail.digest)
        assert not inbound.knows("algo/INBOX", "0")

    def test_the_newest_number_is_that_of_its_folder_and_validity(self, inbound: InboundMails) -> None:
        assert inbound.newest("algo/INBOX", 7) == 0
        for mail in (a_mail(5), a_mail(3), a_mail(9, validity=6), a_mail(11, mailbox="algo/Other")):
            inbound.record(mail)
        assert inbound.newest("algo/INBOX", 7) == 5

    def test_answers_of_a_sender_are_counted(self, inbound: InboundMails) -> None:
        inbound.record(a_mail(1, NOW - 2 * HOUR))
        inbound.record(a_mail(2, NOW - HOUR))
        inbound.record(a_mail(3))
        inbound.record(replace(a_mail(4), outcome=InboundOutcome.SPOOFED))
        inbound.record(replace(a_mail(5), sender="bob@example.com"))
        assert inbound.answered_since("ann@example.com", NOW - HOUR) == 2

    def test_the_newest_ones_come_first(self, inbound: InboundMails) -> None:
        mails = [a_mail(1, NOW - HOUR), a_mail(2), a_mail(3)]
        for mail in mails:
            inbound.record(mail)
        assert inbound.recent(2) == [mails[2], mails[1]]
