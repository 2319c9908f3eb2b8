"""From a rendered notice to a mail for each recipient.

What everybody gets alike is encoded once. Of a text only the lines with something of the recipient's own are encoded
for each of them; quoted-printable encodes every line by itself.
"""

import re
import secrets
import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8
from email.quoprimime import body_encode
from email.utils import format_datetime
from functools import cached_property
from html import escape
from itertools import groupby

from algo_trading.errors import ConfigError
from algo_trading.gateways.channels import Mail, UndeliverableError
from algo_trading.notification.addresses import email_address
from algo_trading.notification.rendering import COMMAND, PICTURE, RECIPIENT, Rendering, picture_id

SAFE_KEY = re.compile(r"[A-Za-z0-9_-]{1,64}")
OWN = re.compile(f"{RECIPIENT}|{COMMAND}|{PICTURE}")
LONGEST_UNFOLDED = 72  # characters of an address that fit into the line of its header
BODY, LATER = (secrets.token_hex(12) for _ in range(2))  # stand in the skeleton for texts, and for headers

Line = Callable[[Mapping[str, str]], bytes]
"""A piece of a mail, made of what stands for the placeholders."""


def sender_address(sender: str) -> Address:
    """Parse the `mail.sender` setting: an address, or a name and an address in angle brackets.

    Raises:
        ConfigError: it is neither.
    """
    name, bracket, rest = sender.rpartition("<")
    try:
        address = email_address(rest.removesuffix(">") if bracket else sender)
    except ValueError:
        address = None
    if address is None or not address.addr_spec.isascii() or not name.isprintable():
        raise ConfigError(f"mail.sender is {sender!r}; write name@host or 'Name <name@host>'")
    return Address(name.strip().strip('"'), address.username, address.domain)


@dataclass(frozen=True)
class MailForm:
    """A rendered notice as a mail that is to be filled in for each recipient."""

    rendering: Rendering
    sender: Address

    def fill(self, recipient: str, key: str, at: datetime) -> Mail:
        """The mail for `recipient`, dated `at` (aware); the Message-ID is made of `key`, the notice's dedupe key.

        Raises:
            UndeliverableError: the address or the subject cannot stand in a mail header.
            ValueError: the key has other characters than letters, digits, _ and -, or more than 64.
        """
        try:
            address = email_address(recipient)
        except ValueError as error:
            raise UndeliverableError(str(error)) from error
        if not SAFE_KEY.fullmatch(key):
            raise ValueError(f"{key!r} cannot name a mail: it must fit into a header and a file name")
        own = {
            RECIPIENT: recipient,
            COMMAND: f"algo-trading unsubscribe {shlex.quote(recipient)}",
            PICTURE: f"{key[:16]}@chart",  # short: a long one would be folded, and no longer found
        }
        head, *pieces = self._ascii if recipient.isascii() else self._utf8
        assert isinstance(head, bytes)
        headers = f"Date: {format_datetime(at)}\r\nMessage-ID: <{key}@{self.sender.domain}>\r\n".encode()
        content = b"".join((head, _to(address), headers, *(p if isinstance(p, bytes) else p(own) for p in pieces)))
        return Mail(key, self.sender.addr_spec, recipient, content)

    @cached_property
    def _ascii(self) -> list[bytes | Line]:
        return self._pieces(EmailMessage(SMTP))

    @cached_property
    def _utf8(self) -> list[bytes | Line]:
        return self._pieces(EmailMessage(SMTPUTF8))

    def _pieces(self, empty: EmailMessage) -> list[bytes | Line]:
        """The mail cut where recipients differ; the headers that do so belong after the first piece."""
        if not self.rendering.subject.isprintable():
            raise UndeliverableError(
                f"the subject {self.rendering.subject!r} has characters that no mail header may have"
            )
        head, rest = self._skeleton(empty).split(f"X-Own: {LATER}\r\n".encode())
        before, between, after = rest.split(f"{BODY}\r\n".encode())
        width = SMTP.max_line_length or 0
        pieces: list[bytes | Line] = [head, before, *_lines(self.rendering.text, width, str)]
        pieces += [between, *_lines(self.rendering.html, width, escape)]
        for number, piece in enumerate(after.split(PICTURE.encode())):
            pieces += [_picture_id] * bool(number) + [piece]
        return pieces

    def _skeleton(self, mail: EmailMessage) -> bytes:
        """The mail, made of an empty one, without its texts and the headers that are a recipient's own."""
        mail["Subject"] = self.rendering.subject
        mail["From"] = self.sender
        mail["X-Own"] = LATER
        mail["Auto-Submitted"] = "auto-replied" if self.rendering.answers else "auto-generated"
        if self.rendering.answers:
            mail["In-Reply-To"] = mail["References"] = self.rendering.answers
        # Quoted-printable is ASCII on the wire: no server on the way may refuse or rewrite it.
        mail.set_content(BODY, cte="quoted-printable")
        mail.add_alternative(BODY, subtype="html", cte="quoted-printable")
        html_part = list(mail.iter_parts())[-1]
        assert isinstance(html_part, EmailMessage)
        for number, picture in enumerate(self.rendering.pictures):
            name = f"chart{number + 1 if number else ''}.png"
            cid = f"<{picture_id(number)}>"
            html_part.add_related(picture, "image", "png", cid=cid, disposition="inline", filename=name)
        for attachment in self.rendering.attachments:
            mail.add_attachment(attachment.csv, subtype="csv", cte="base64", filename=attachment.name)
        # Neither encoding of our parts has a line with "=_".
        for number, part in enumerate(part for part in mail.walk() if part.is_multipart()):
            part.set_boundary(f"=_{number}_=")
        return mail.as_bytes()


def _to(address: Address) -> bytes:
    if len(address.addr_spec) <= LONGEST_UNFOLDED:
        return f"To: {address.addr_spec}\r\n".encode()
    header = EmailMessage(SMTP if address.addr_spec.isascii() else SMTPUTF8)
    header["To"] = address
    return header.as_bytes().removesuffix(b"\r\n")


def _lines(text: str, width: int, shown: Callable[[str], str]) -> list[bytes | Line]:
    """A text in quoted-printable; its lines with placeholders wait for what they stand for, written as `shown`."""
    pieces: list[bytes | Line] = []
    for own, group in groupby(text.encode().splitlines(), lambda line: OWN.search(line.decode()) is not None):
        lines = list(group)
        if own:
            pieces += [_OwnLine(line.decode(), width, shown) for line in lines]
        else:
            pieces.append(_quoted(b"\n".join(lines), width))
    return pieces


@dataclass(frozen=True)
class _OwnLine:
    line: str
    width: int
    shown: Callable[[str], str]

    def __call__(self, own: Mapping[str, str]) -> bytes:
        filled = OWN.sub(lambda found: self.shown(own[found.group()]), self.line)
        return _quoted(filled.encode(), self.width)


def _quoted(lines: bytes, width: int) -> bytes:
    encoded: str = body_encode(lines.decode("latin-1") + "\n", width)
    return encoded.encode("ascii").replace(b"\n", b"\r\n")


def _picture_id(own: Mapping[str, str]) -> bytes:
    return own[PICTURE].encode()
