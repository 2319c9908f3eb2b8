"""From a notice to a mail for one reader."""

import re
import shlex
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8
from functools import cache
from typing import TYPE_CHECKING

from algo_trading.domain.subscription import OutboxItem
from algo_trading.errors import ConfigError
from algo_trading.notification.addresses import check_address
from algo_trading.notification.chart import MARKS, WIDTH
from algo_trading.notification.notice import Notice
from algo_trading.repositories.subscriptions import UndeliverableError

if TYPE_CHECKING:
    from jinja2 import Environment

SAFE_KEY = re.compile(r"[A-Za-z0-9_-]{1,64}")


def sender_address(sender: str) -> Address:
    """Parse the `mail.sender` setting: an address, or a name and an address in angle brackets.

    Raises:
        ConfigError: it is neither.
    """
    name, bracket, rest = sender.rpartition("<")
    try:
        address = _address(rest.removesuffix(">") if bracket else sender)
    except UndeliverableError:
        address = None
    if address is None or not address.addr_spec.isascii() or not name.isprintable():
        raise ConfigError(f"mail.sender is {sender!r}; write name@host or 'Name <name@host>'")
    return Address(name.strip().strip('"'), address.username, address.domain)


def compose(notice: Notice, item: OutboxItem, sender: Address, at: datetime) -> EmailMessage:
    """The mail about `notice` for the reader of `item`, dated `at` (aware).

    The same item and notice give the same mail but for its date; the Message-ID is made of the dedupe key.

    Raises:
        UndeliverableError: the address or the subject cannot stand in a mail header.
        ValueError: the dedupe key has other characters than letters, digits, _ and -, or more than 64.
    """
    reader = _address(item.address)
    if not notice.subject.isprintable():
        raise UndeliverableError(f"the subject {notice.subject!r} has characters that no mail header may have")
    key = item.dedupe_key
    if not SAFE_KEY.fullmatch(key):
        raise ValueError(f"{key!r} cannot name a mail: it must fit into a header and a file name")
    chart_id = f"{key[:16]}@chart"  # short: a long one would be folded, and no longer found
    command = f"algo-trading unsubscribe {shlex.quote(item.address)}"
    context = {"notice": notice, "address": item.address, "command": command}
    mail = EmailMessage(SMTP if reader.addr_spec.isascii() else SMTPUTF8)
    mail["Subject"] = notice.subject
    mail["From"] = sender
    mail["To"] = reader
    mail["Date"] = at
    mail["Message-ID"] = f"<{key}@{sender.domain}>"
    mail["Auto-Submitted"] = "auto-generated"
    text = _templates().get_template("signal.txt.j2").render(context)
    html = (
        _templates()
        .get_template("signal.html.j2")
        .render(context, chart_id=chart_id, width=WIDTH, color=MARKS[notice.signal.side][1])
    )
    # Quoted-printable is ASCII on the wire: no server on the way may refuse or rewrite it.
    mail.set_content(text, cte="quoted-printable")
    mail.add_alternative(html, subtype="html", cte="quoted-printable")
    html_part = list(mail.iter_parts())[-1]
    assert isinstance(html_part, EmailMessage)
    html_part.add_related(notice.chart, "image", "png", cid=f"<{chart_id}>", disposition="inline", filename="chart.png")
    for number, part in enumerate(part for part in mail.walk() if part.is_multipart()):
        part.set_boundary(f"={number}={key}=")
    return mail


def _address(text: str) -> Address:
    try:
        check_address(text)
    except ValueError as error:
        raise UndeliverableError(str(error)) from None
    username, _, domain = text.rpartition("@")
    return Address(username=username, domain=domain)


@cache
def _templates() -> "Environment":
    from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

    return Environment(
        loader=PackageLoader("algo_trading.notification"),
        autoescape=select_autoescape(enabled_extensions=("html.j2",)),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
