"""What every repository of regular mails, zones and quiet hours does."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from algo_trading.domain.notice import Content, NoticeKind
from algo_trading.domain.regular_mail import MailKind, Recipient, RegularMail
from algo_trading.repositories.notices import Outbox
from algo_trading.repositories.regular_mails import RecipientRepository, RegularMailRepository

START = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
HOUR = timedelta(hours=1)
ANN = RegularMail("ann@localhost", MailKind.UPDATE, "4h", START)


@dataclass
class Regularly:
    """The repositories, and where notices go."""

    mails: RegularMailRepository
    recipients: RecipientRepository
    outbox: Outbox


class RegularMailContract:
    """Subclasses give the fixture `regularly`, empty."""

    def test_a_mail_is_put_changed_and_removed(self, regularly: Regularly) -> None:
        mails, digest = regularly.mails, replace(ANN, kind=MailKind.DIGEST, every="weekly", hour=6, channel="smtp")
        assert mails.all() == []
        assert mails.find(ANN.address, ANN.kind) is None
        assert (mails.put(ANN), mails.put(digest), mails.put(ANN)) == (True, True, False)
        assert mails.all() == [digest, ANN]
        assert mails.put(replace(ANN, every="daily", start=START + HOUR, sent=START)) is False
        assert mails.find(ANN.address, ANN.kind) == replace(ANN, every="daily", start=START + HOUR, sent=START)
        assert mails.remove(ANN.address, MailKind.UPDATE) == 1
        assert mails.remove("bob@localhost") == 0
        assert mails.remove(ANN.address) == 1
        assert mails.all() == []

    def test_each_due_moment_is_queued_once(self, regularly: Regularly) -> None:
        mails = regularly.mails
        first, later = (Content(NoticeKind.UPDATE, f"ann@localhost {number}", START) for number in (1, 2))
        assert mails.queue(ANN, START, first) is False  # nobody wants it
        mails.put(ANN)
        assert mails.queue(ANN, START, first) is True
        assert mails.queue(ANN, START, later) is False
        assert mails.queue(ANN, START - HOUR, later) is False
        assert mails.queue(ANN, START + 4 * HOUR, later) is True
        assert mails.find(ANN.address, ANN.kind) == replace(ANN, sent=START + 4 * HOUR)
        assert {notice.content.key for notice in regularly.outbox.notices()} == {first.key, later.key}
        assert mails.queue(replace(ANN, start=START + HOUR), START + 8 * HOUR, first) is False  # as it was before

    def test_zones_and_quiet_hours_are_kept(self, regularly: Regularly) -> None:
        recipients, ann = regularly.recipients, Recipient("ann@localhost", "Europe/Berlin", 22, 7)
        assert recipients.all() == []
        assert recipients.get("ann@localhost") == Recipient("ann@localhost")
        recipients.put(ann)
        recipients.put(replace(ann, quiet_from=None, quiet_to=None))
        recipients.put(replace(ann, address="B@localhost"))
        assert recipients.get("ann@localhost") == Recipient("ann@localhost", "Europe/Berlin")
        assert [one.address for one in recipients.all()] == ["B@localhost", "ann@localhost"]

    def test_who_rests_is_left_out(self, regularly: Regularly) -> None:
        regularly.mails.put(ANN)
        regularly.mails.queue(ANN, START, Content(NoticeKind.UPDATE, "ann@localhost 1", START))
        with regularly.outbox.sender() as sender:
            assert sender.claim(START + HOUR, START + 2 * HOUR, 10, (), {"bob@localhost", "ann@localhost"}) == []
            assert len(sender.claim(START + HOUR, START + 2 * HOUR, 10, (), {"bob@localhost"})) == 1
