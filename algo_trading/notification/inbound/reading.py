"""A mail that came in, taken apart."""

from collections.abc import Collection
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.headerregistry import AddressHeader, HeaderRegistry
from email.message import EmailMessage
from html.parser import HTMLParser

from algo_trading.notification.addresses import email_address
from algo_trading.notification.inbound.authenticity import doubt_about
from algo_trading.notification.inbound.automatic import automatic_because
from algo_trading.notification.words import one_line

LONGEST_SUBJECT = 200
BLOCKS = {"p", "div", "br", "li", "tr", "h1", "h2", "h3", "blockquote", "pre"}
UNSEEN = {"style", "script", "head", "title"}


class UnreadableMailError(ValueError):
    """A mail without one sender, or that is not one."""


@dataclass(frozen=True, slots=True)
class ReadMail:
    """What a mail says.

    `sender` is the bare address of its From. `automatic` and `doubt` are empty, or say why no person wrote it, and why
    somebody else may have.
    """

    sender: str
    subject: str
    message_id: str
    text: str
    automatic: str
    doubt: str


def read_mail(content: bytes, authserv_id: str, own: Collection[str]) -> ReadMail:
    """Take a mail apart; `own` are our addresses, `authserv_id` is who vouches for senders.

    Raises:
        UnreadableMailError: it has no sender, or several.
    """
    try:
        mail = message_from_bytes(content, policy=policy.default)
        assert isinstance(mail, EmailMessage)
        sender = _sender(mail)
        results = [str(one) for one in mail.get_all("Authentication-Results", [])]
        return ReadMail(
            sender=sender,
            subject=one_line(str(mail.get("Subject", "")))[:LONGEST_SUBJECT],
            message_id=_message_id(str(mail.get("Message-ID", ""))),
            text=_text(mail),
            automatic=automatic_because(mail, sender, own),
            doubt=doubt_about(sender.rpartition("@")[2].lower(), results, authserv_id),
        )
    except UnreadableMailError:
        raise
    except Exception as error:  # the library fails in many ways on what is not a mail
        raise UnreadableMailError(f"it cannot be read ({type(error).__name__})") from error


def _sender(mail: EmailMessage) -> str:
    headers = mail.get_all("From", [])
    if len(headers) != 1:
        raise UnreadableMailError(f"it has {len(headers) or 'no'} headers From")
    header = HeaderRegistry()("From", str(headers[0]))
    assert isinstance(header, AddressHeader)
    if len(header.addresses) != 1:
        raise UnreadableMailError(f"it has {len(header.addresses)} senders")
    try:
        email_address(header.addresses[0].addr_spec)
    except ValueError as error:
        raise UnreadableMailError(str(error)) from error
    return str(header.addresses[0].addr_spec)


def _message_id(text: str) -> str:
    """The id where a header can hold it; else nothing."""
    found = text.strip()
    fits = found.startswith("<") and found.endswith(">") and found.isascii() and found.isprintable()
    return found if fits and " " not in found and len(found) < 250 else ""


def _text(mail: EmailMessage) -> str:
    body = mail.get_body(preferencelist=("plain", "html"))
    if body is None:
        return ""
    assert isinstance(body, EmailMessage)
    try:
        text = str(body.get_content())
    except (LookupError, UnicodeError):  # a character set that nobody knows
        payload = body.get_payload(decode=True)
        text = payload.decode("utf-8", "replace") if isinstance(payload, bytes) else ""
    if body.get_content_subtype() != "html":
        return text
    seen = _Seen()
    seen.feed(text)
    return "".join(seen.parts)


class _Seen(HTMLParser):
    """What a reader of HTML sees of it, a line for each block."""

    def __init__(self) -> None:
        super().__init__()
        self.parts: list[str] = []
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        del attrs
        self._hidden += tag in UNSEEN
        self._begin(tag)

    def handle_endtag(self, tag: str) -> None:
        self._hidden -= tag in UNSEEN
        self._begin(tag)

    def handle_data(self, data: str) -> None:
        if self._hidden <= 0:
            self.parts.append(" ".join(data.split()) if not data.strip() else data.replace("\n", " "))

    def _begin(self, tag: str) -> None:
        if tag in BLOCKS:
            self.parts.append("\n")
