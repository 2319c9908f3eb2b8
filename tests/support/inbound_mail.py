"""Mails as the receiving server hands them on."""

from datetime import UTC, datetime
from email.message import EmailMessage

from algo_trading.domain.inbound import MailKey, RawMail

AUTHSERV = "mx.example.net"
VOUCHED = f"Authentication-Results: {AUTHSERV}; dmarc=pass header.from=example.com\r\n"
ARRIVED = datetime(2026, 11, 20, 12, tzinfo=UTC)


def a_mail(text: str, subject: str = "Hello", sender: str = "Ann <ann@example.com>", **headers: str) -> bytes:
    """A mail of Ann's, for whom the receiving server vouches."""
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = sender, "algo@example.net", subject
    mail["Message-ID"] = "<1@example.com>"
    for name, value in headers.items():
        mail[name] = value
    mail.set_content(text)
    domain = sender.rpartition("@")[2].rstrip(">").lower()
    return VOUCHED.replace("example.com", domain).encode() + mail.as_bytes()


def raw(uid: int, content: bytes) -> RawMail:
    """The mail as it lies in a mailbox."""
    return RawMail(MailKey("algo/INBOX", 7, uid), content, len(content), ARRIVED)
