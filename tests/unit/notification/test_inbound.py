"""Mails that came in: who really sent them, whether a person did, and what they ask for."""

from email.message import EmailMessage

import pytest

from algo_trading.notification.inbound.authenticity import doubt_about
from algo_trading.notification.inbound.commands import MOST, find_commands
from algo_trading.notification.inbound.reading import UnreadableMailError, read_mail
from support.inbound_mail import AUTHSERV, VOUCHED, a_mail

pytestmark = pytest.mark.unit

OWN = ("algo@example.net",)
GMAIL = (
    "mx.google.com; dkim=pass header.i=@example.com header.s=s1 header.b=abc; spf=pass (google.com: domain of "
    "ann@example.com designates 192.0.2.1 as permitted sender) smtp.mailfrom=ann@example.com; "
    "dmarc=pass (p=NONE sp=NONE dis=NONE) header.from=example.com"
)


@pytest.mark.parametrize(
    ("results", "doubt"),
    [
        ([GMAIL], ""),
        ([GMAIL.replace("dmarc=pass", "dmarc=fail")], "dmarc=fail of example.com"),
        ([GMAIL.replace("header.from=example.com", "header.from=example.org")], "dmarc=pass of example.org"),
        (["mx.google.com 1; dkim=pass header.d=example.com"], ""),
        (["mx.google.com; dkim=pass (a (nested) remark; dkim=fail) header.d=Example.COM; dmarc=none"], ""),
        (["mx.google.com; spf=pass smtp.mailfrom=ann@example.com"], ""),
        (["mx.google.com; spf=pass smtp.mailfrom=example.com"], ""),
        # Signed or sent by somebody else, however true that is:
        (["mx.google.com; dkim=pass header.d=evil.org; spf=pass smtp.mailfrom=evil.org"], "neither"),
        (["mx.google.com; dkim=pass header.d=notexample.com"], "neither"),
        (["mx.google.com; dkim=pass header.d=sub.example.com"], "neither"),
        (["mx.google.com; dkim=fail header.d=example.com; spf=softfail smtp.mailfrom=example.com"], "neither"),
        (["mx.google.com; none"], "neither"),
        (["mx.google.com"], "neither"),
        # Written by the sender: under the header of our server, in another's name, or within a remark.
        (["mx.google.com; dkim=fail header.d=example.com", GMAIL], "neither"),
        (["mx.evil.org; dkim=pass header.d=example.com"], "has not looked"),
        (["mx.google.com.evil.org; dkim=pass header.d=example.com"], "has not looked"),
        (["mx.google.com; dkim=fail (dkim=pass header.d=example.com)"], "neither"),
        (["(mx.google.com; dkim=pass header.d=example.com) mx.evil.org; spf=none"], "has not looked"),
        ([""], "has not looked"),
        ([], "has not looked"),
    ],
)
def test_the_receiving_server_vouches_for_the_domain(results: list[str], doubt: str) -> None:
    found = doubt_about("example.com", results, "MX.google.com")
    assert found.startswith(doubt) if doubt == "neither" else doubt in found
    assert bool(found) == bool(doubt)


def test_headers_of_later_servers_stand_above_ours() -> None:
    assert doubt_about("example.com", ["lists.example.net; none", GMAIL], "mx.google.com") == ""


@pytest.mark.parametrize(
    ("name", "value", "sign"),
    [
        ("Auto-Submitted", "auto-replied (vacation)", "Auto-Submitted: auto-replied"),
        ("Auto-Submitted", "auto-generated; owner-email=x", "Auto-Submitted: auto-generated"),
        ("Precedence", "Bulk", "Precedence: bulk"),
        ("X-Auto-Response-Suppress", "All", "X-Auto-Response-Suppress"),
        ("Return-Path", "<>", "return path"),
        ("List-Id", "<a.example.com>", "List-Id"),
    ],
)
def test_programs_are_told_from_people(name: str, value: str, sign: str) -> None:
    content = a_mail("help", **{name: value})
    assert sign in read_mail(content, AUTHSERV, OWN).automatic


@pytest.mark.parametrize("sender", ["algo@example.net", "Algo@Example.net", "MAILER-DAEMON@example.com"])
def test_ourselves_and_bouncers_are_programs(sender: str) -> None:
    assert read_mail(a_mail("help", sender=sender), AUTHSERV, OWN).automatic


def test_a_report_is_a_programs() -> None:
    content = a_mail("help").replace(b'text/plain; charset="utf-8"', b"multipart/report; boundary=x")
    assert "report" in read_mail(content, AUTHSERV, OWN).automatic


def test_a_person_is_a_person() -> None:
    read = read_mail(a_mail("help", **{"Auto-Submitted": "no"}), AUTHSERV, OWN)
    assert (read.sender, read.automatic, read.doubt) == ("ann@example.com", "", "")


@pytest.mark.parametrize(
    "sender",
    [
        "ann@example.com, bob@example.com",
        "",
        "Ann",
        "Friends: ann@example.com, bob@example.com;",
        "ann@example.com\r\nFrom: bob@example.com",
    ],
)
def test_a_mail_has_one_sender(sender: str) -> None:
    content = f"{VOUCHED}From: {sender}\r\nSubject: help\r\n\r\n".encode()
    with pytest.raises(UnreadableMailError):
        read_mail(content, AUTHSERV, OWN)


@pytest.mark.parametrize("content", [b"", b"\x00\xff\x00", b"From: a", b"\r\n\r\n", b"From: =?x?q?=\r\n\r\n"])
def test_what_is_no_mail_is_unreadable(content: bytes) -> None:
    with pytest.raises(UnreadableMailError):
        read_mail(content, AUTHSERV, OWN)


def test_the_text_of_html_alone() -> None:
    mail = EmailMessage()
    mail["From"], mail["Subject"] = "Ann <ann@example.com>", "Hello"
    mail.set_content("<style>p {}</style><div>monitor <b>INJ</b></div><p>status<br>thanks &amp; bye", subtype="html")
    read = read_mail(VOUCHED.encode() + mail.as_bytes(), AUTHSERV, OWN)
    assert [one.line for one in find_commands("", read.text)] == ["monitor INJ", "status"]


def test_an_unknown_character_set_is_read_all_the_same() -> None:
    content = a_mail("help\r\nstatus").replace(b'"utf-8"', b'"klingon"')
    assert [one.name for one in find_commands("", read_mail(content, AUTHSERV, OWN).text)] == ["help", "status"]


@pytest.mark.parametrize(
    ("subject", "text", "found"),
    [
        ("help", "", [("help", "")]),
        ("Monitor INJ  DOTUSDT[4h,3d]", "", [("monitor", "INJ  DOTUSDT[4h,3d]")]),
        ("Re: monitor INJ", "status\n", [("status", "")]),
        ("", "\n monitor INJ\n\nDROP BTC -drop\n-- \nhelp\n", [("monitor", "INJ"), ("drop", "BTC -drop")]),
        ("", "silence\n> monitor INJ\nhelp", [("silence", "")]),
        ("update-4", "update-off", [("update", "4"), ("update", "off")]),
        ("update-4h", "scores BTCUSDT\ncommands", [("update", "4h"), ("score", "BTCUSDT"), ("help", "")]),
        ("UPDATE for coins BTC", "Hello,\nmonitor INJ", []),
        ("update-", "update-x", []),
        ("help", "help", [("help", "")]),
        ("monitoring", "monitored", [("monitoring", "")]),
    ],
)
def test_commands_stand_in_the_subject_and_at_the_top(subject: str, text: str, found: list[tuple[str, str]]) -> None:
    assert [(one.name, one.rest) for one in find_commands(subject, text)] == found


def test_a_mail_has_so_many_commands_at_most() -> None:
    assert len(find_commands("", "\n".join(f"monitor C{number}" for number in range(500)))) == MOST + 1
