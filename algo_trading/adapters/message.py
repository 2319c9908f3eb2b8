"""A mail taken apart, for channels that carry no mails."""

from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage

from algo_trading.gateways.channels import Mail


@dataclass(frozen=True, slots=True)
class Part:
    """A picture or table that comes with a message."""

    name: str
    type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Message:
    """What a mail says: both forms of its text, and what comes with it."""

    subject: str
    text: str
    html: str
    parts: tuple[Part, ...]


def message_of(mail: Mail) -> Message:
    """What a mail says; lines end in a line feed."""
    parsed = message_from_bytes(mail.content, policy=policy.default)
    parts = tuple(
        Part(part.get_filename() or "", part.get_content_type(), part.get_payload(decode=True) or b"")  # type: ignore[arg-type]
        for part in parsed.walk()
        if not part.is_multipart() and part.get_filename()
    )
    return Message(str(parsed["Subject"]), _body(parsed, "plain"), _body(parsed, "html"), parts)


def shortened_to(message: Message, most: int) -> str:
    """Subject and text in at most so many characters; a text that is cut ends in three dots."""
    whole = f"{message.subject}\n\n{message.text}"
    return whole if len(whole) <= most else f"{whole[: most - 1]}…"


def _body(mail: EmailMessage, kind: str) -> str:
    part = mail.get_body((kind,))
    content: str = part.get_content() if part is not None else ""
    return content.replace("\r\n", "\n")
