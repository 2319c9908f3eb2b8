"""Mails that programs send, and that nobody should answer (RFC 3834)."""

from collections.abc import Collection
from email.message import EmailMessage

PRECEDENCES = {"bulk", "junk", "list", "auto_reply"}
SENDERS = {"mailer-daemon", "postmaster", "noreply", "no-reply", "donotreply", "do-not-reply", "bounces"}
MARKS = (
    "X-Auto-Response-Suppress", "X-Autoreply", "X-Autorespond", "X-Loop", "List-Id", "List-Post", "List-Unsubscribe",
)  # fmt: skip


def automatic_because(mail: EmailMessage, sender: str, own: Collection[str]) -> str:
    """By what a mail shows that no person wrote it to us; empty where it does not.

    `own` are our addresses: what comes from them went in a circle.
    """
    name = sender.partition("@")[0].lower()
    submitted = _first(mail, "Auto-Submitted").partition(";")[0].strip().lower()
    precedence = _first(mail, "Precedence").strip().lower()
    marked = next((header for header in MARKS if header in mail), "")
    signs = {
        "it comes from our own address": sender.lower() in {one.lower() for one in own},
        f"{sender} is a program's address": name in SENDERS,
        "its return path is empty, as that of bounces": _first(mail, "Return-Path").strip() == "<>",
        f"Auto-Submitted: {submitted}": submitted not in {"", "no"},
        f"Precedence: {precedence}": precedence in PRECEDENCES,
        f"it has the header {marked}": bool(marked),
        "it is a report about another mail": mail.get_content_type() == "multipart/report",
    }
    return next((sign for sign, shown in signs.items() if shown), "")


def _first(mail: EmailMessage, name: str) -> str:
    return str(mail.get(name, ""))
