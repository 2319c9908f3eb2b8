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
from itertools import groupby
from typing import TYPE_CHECKING

from algo_trading.errors import ConfigError
from algo_trading.gateways.channels import Mail, UndeliverableError
from algo_trading.notification.addresses import email_address
from algo_trading.notification.rendering import ENDING, ENDING_HTML, PICTURE, RECIPIENT, Rendering, picture_id

if TYPE_CHECKING:
    from markupsafe import Markup

SAFE_KEY = re.compile(r"[A-Za-z0-9_-]{1,64}")
OWN = re.compile(f"{RECIPIENT}|{ENDING}|{ENDING_HTML}|{PICTURE}")
LONGEST_UNFOLDED = 72  # characters of an address that fit into the line of its header
BODY, LATER = (secrets.token_hex(12) for _ in range(2))  # stand in the skeleton for texts, and for headers

ONE_CLICK = "List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"  # RFC 8058
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
class Unsubscribing:
    """How the recipient of a mail ends what it belongs to.

    `link` gives an address of a page for the recipient, "" where there are no pages; `mailbox` is where a mail with the
    subject `unsubscribe` does it, empty without.
    """

    link: Callable[[str], str] = lambda _recipient: ""
    mailbox: str = ""


@dataclass(frozen=True)
class MailForm:
    """A rendered notice as a mail that is to be filled in for each recipient.

    Without `unsubscribing` there is nothing that a recipient could end.
    """

    rendering: Rendering
    sender: Address
    unsubscribing: Unsubscribing | None = None

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
        link = self.unsubscribing.link(recipient) if self.unsubscribing else ""
        text, html = _ending(recipient, link)
        own = {
            RECIPIENT: recipient,
            ENDING: text,
            ENDING_HTML: html,
            PICTURE: f"{key[:16]}@chart",  # short: a long one would be folded, and no longer found
        }
        head, *pieces = self._ascii if recipient.isascii() else self._utf8
        assert isinstance(head, bytes)
        lines = f"Date: {format_datetime(at)}\r\nMessage-ID: <{key}@{self.sender.domain}>\r\n"
        headers = (lines + self._list_headers(link)).encode()
        content = b"".join((head, _to(address), headers, *(p if isinstance(p, bytes) else p(own) for p in pieces)))
        return Mail(key, self.sender.addr_spec, recipient, content)

    def _list_headers(self, link: str) -> str:
        """What mail programs make a button of: the page, which has to be one of https, and the mailbox."""
        secure = link.startswith("https://")
        mailbox = self.unsubscribing.mailbox if self.unsubscribing else ""
        ways = [f"<{link}>"] * secure + [f"<mailto:{mailbox}?subject=unsubscribe>"] * bool(mailbox)
        return f"List-Unsubscribe: {', '.join(ways)}\r\n{ONE_CLICK if secure else ''}" if ways else ""

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
        pieces += [between, *_lines(self.rendering.html, width, escaped)]
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


def _ending(recipient: str, link: str) -> "tuple[str, Markup]":
    """How to end the subscription, as text and as HTML: by the link, or by a command where there is none."""
    from markupsafe import Markup

    if link:
        return (
            f"End these mails: {link}",
            Markup('<a class="faint" style="color: #616e7c;" href="{}">End these mails</a>').format(link),
        )
    how = "To end the subscription, run this where algo-trading is installed:"
    command = f"algo-trading unsubscribe {shlex.quote(recipient)}"
    code = "font-family: Menlo, Consolas, monospace; font-size: 12px; word-break: break-all;"
    return f"{how}\n{command}", Markup('{}<br>\n    <code style="{}">{}</code>').format(how, code, command)


def escaped(text: str) -> str:
    """A text within HTML; what is HTML already stays."""
    from markupsafe import escape

    return str(escape(text))


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
