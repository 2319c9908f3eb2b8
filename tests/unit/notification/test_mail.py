"""What a mail says, and that nothing can be smuggled into it."""

import re
import shlex
from dataclasses import replace
from datetime import date, timedelta
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8
from html.parser import HTMLParser

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from markupsafe import escape

from algo_trading.domain.instrument import Instrument
from algo_trading.domain.post import Level, Post, PostKey, PostKind
from algo_trading.domain.signal import Side, StrategyId
from algo_trading.errors import ConfigError
from algo_trading.gateways.channels import Mail, UndeliverableError
from algo_trading.notification.mail import MailForm, Unsubscribing, sender_address
from algo_trading.notification.rendering import ENDING, ENDING_HTML, PICTURE, RECIPIENT, Rendering
from algo_trading.notification.signal import SignalNotice, signal_notice
from algo_trading.strategies.ema_cross import EmaCross
from algo_trading.strategies.sma_cross import SmaCross
from fakes.channel import read_mail
from support.fuzz import examples
from support.mail_examples import NOON, ibm_bars, ibm_form, ibm_mail, ibm_notice, ibm_signal, signal_of

pytestmark = pytest.mark.unit

SENDER = sender_address("algo-trading@localhost")


class Page(HTMLParser):
    """The text of a page, its tags and attributes."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: dict[str, list[str]] = {}
        self._texts: list[str] = []
        self.feed(source)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        for name, value in attrs:
            self.attributes.setdefault(name, []).append(value or "")

    def handle_data(self, data: str) -> None:
        self._texts.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self._texts).split())


def body(mail: Mail | EmailMessage, kind: str) -> str:
    part = (reread(mail) if isinstance(mail, Mail) else mail).get_body((kind,))
    assert part is not None
    content: str = part.get_content()
    return content.replace("\r\n", "\n")


def reread(mail: Mail) -> EmailMessage:
    """What a reader's program makes of the mail."""
    return read_mail(mail.content)


def mailed(notice: SignalNotice, recipient: str = "trader@localhost") -> Mail:
    return MailForm(notice.rendering(), SENDER).fill(recipient, "k1", NOON)


def notice_with(**changes: object) -> SignalNotice:
    return signal_notice(replace(ibm_signal(), **changes), ibm_bars(), EmaCross(), Level.MEDIUM)  # type: ignore[arg-type]  # by name


def test_a_post_from_before_texts_were_cleaned_turns_nothing_around() -> None:
    post = Post(
        key=PostKey("x", "1"),
        feed="x @ann",
        kind=PostKind.POST,
        author="\u202eann",
        published_at=NOON,
        seen_at=NOON,
        title="",
        body="Buy \u202eM\x9bBI\u2069\nnow",
        url="https://x.com/ann/status/1",
        language="en",
    )
    notice = signal_notice(ibm_signal(), ibm_bars(), EmaCross(), Level.MEDIUM, post=post)
    mail = mailed(notice)
    for content in (body(mail, "plain"), body(mail, "html")):
        assert "“Buy MBI now”" in content
        assert "ann on x" in content
        assert not re.search("[\x80-\x9f\u202a-\u202e\u2066-\u2069]", content)


def test_headers() -> None:
    mail = reread(ibm_mail("k1", sender="Algo Trading <algo@example.org>"))
    assert dict(mail.items()) == {
        "Subject": "BUY IBM at 202.33 · ema_cross · 2013-02-27",
        "From": "Algo Trading <algo@example.org>",
        "To": "trader@localhost",
        "Date": "Thu, 28 Feb 2013 12:00:00 +0000",
        "Message-ID": "<k1@example.org>",
        "Auto-Submitted": "auto-generated",
        "MIME-Version": "1.0",
        "Content-Type": 'multipart/alternative; boundary="=_0_="',
    }


FACTS = (
    "BUY",
    "EMA 8 (200.11) crossed above EMA 21 (199.99).",
    "202.33 as traded, +1.60 % on the session before",
    "Wednesday, 2013-02-27 (XNYS)",
    "medium (0.53 of 1)",
    "100 % of the position limit",
    "ema_cross: fast EMA crosses slow EMA",
    "fast = 8, slow = 21",
    "buys at the open of the next session",
    "No real money moves.",
    "algo-trading unsubscribe trader@localhost",
)


@pytest.mark.parametrize("fact", FACTS)
def test_both_texts_say_it_all(fact: str) -> None:
    mail = reread(ibm_mail("k1"))
    assert fact in " ".join(body(mail, "plain").split())
    assert fact in Page(body(mail, "html")).text


def test_readers_without_pictures_get_the_figures() -> None:
    text = body(ibm_mail("k1"), "plain")
    assert (
        "Session        Close     EMA 8    EMA 21       Volume\n"
        "2013-02-21    198.33    199.89    199.94    3,922,900\n"
        "2013-02-22    201.09    200.16    200.05    3,107,900\n"
        "2013-02-25    197.51    199.57    199.82    3,844,800\n"
        "2013-02-26    199.14    199.47    199.76    3,391,600\n"
        "2013-02-27    202.33    200.11    199.99    4,185,100\n"
    ) in text
    assert max(len(line) for line in text.splitlines()) <= 78


def test_the_picture_is_inside_and_described() -> None:
    mail = reread(ibm_mail("k1"))
    page = Page(body(mail, "html"))
    (picture,) = (part for part in mail.walk() if part.get_content_type() == "image/png")
    assert picture.get_content() == ibm_notice().chart
    assert page.attributes["src"] == [f"cid:{str(picture['Content-ID']).strip('<>')}"]
    assert picture.get_content_disposition() == "inline"
    assert page.attributes["alt"] == [
        "Daily bars of IBM from 2012-10-16 to 2013-02-27, with EMA 8 and EMA 21; the last one is marked BUY at 202.33."
    ]


def test_nothing_is_loaded_from_elsewhere() -> None:
    html = body(ibm_mail("k1"), "html")
    assert not re.search(r"https?:|//|url\(|@import", html.replace("<!DOCTYPE", ""))
    assert not {"script", "link", "iframe", "form", "object"} & set(Page(html).tags)


def test_the_wire_is_ascii_with_short_lines() -> None:
    raw = ibm_mail("k1").content
    assert raw.isascii()
    assert max(map(len, raw.splitlines())) <= 78


def test_the_same_notice_gives_the_same_bytes() -> None:
    again = MailForm(ibm_notice().rendering(), SENDER).fill("trader@localhost", "k1", NOON)
    assert again == ibm_mail("k1")
    later = reread(ibm_form().fill("trader@localhost", "k1", NOON + timedelta(days=1)))
    assert later["Message-ID"] == "<k1@localhost>"


def test_recipients_of_one_signal_get_the_same_but_for_their_address() -> None:
    one, other = ibm_mail("k-x", "x@localhost"), ibm_mail("k-y", "y@localhost")
    assert one.content.replace(b"x@localhost", b"y@localhost").replace(b"k-x", b"k-y") == other.content


def by_the_library(recipient: str, key: str) -> EmailMessage:
    """The mail as the standard library composes it, from beginning to end."""
    shown, command = ibm_notice().rendering(), f"algo-trading unsubscribe {shlex.quote(recipient)}"
    own = {RECIPIENT: recipient, PICTURE: f"{key[:16]}@chart"}
    how = "To end the subscription, run this where algo-trading is installed:"
    style = "font-family: Menlo, Consolas, monospace; font-size: 12px; word-break: break-all;"
    text = shown.text.replace(ENDING, f"{how}\n{command}")
    html = shown.html.replace(ENDING_HTML, f'{how}<br>\n    <code style="{style}">{escape(command)}</code>')
    for name, value in own.items():
        text, html = text.replace(name, value), html.replace(name, str(escape(value)))
    mail = EmailMessage(SMTP if recipient.isascii() else SMTPUTF8)
    mail["Subject"] = shown.subject
    mail["From"] = SENDER
    mail["To"] = Address(addr_spec=recipient) if recipient.isascii() else recipient
    mail["Date"] = NOON
    mail["Message-ID"] = f"<{key}@localhost>"
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(text, cte="quoted-printable")
    mail.add_alternative(html, subtype="html", cte="quoted-printable")
    html_part = list(mail.iter_parts())[-1]
    assert isinstance(html_part, EmailMessage)
    (picture,) = shown.pictures
    cid = f"<{own[PICTURE]}>"
    html_part.add_related(picture, "image", "png", cid=cid, disposition="inline", filename="chart.png")
    for number, part in enumerate(part for part in mail.walk() if part.is_multipart()):
        part.set_boundary(f"=_{number}_=")
    return mail


LOCAL = st.from_regex(r"[a-z][a-z0-9!#$%&'*+/=?^_`{|}~-]{0,63}", fullmatch=True)
DOMAIN = st.from_regex(r"[a-z][a-z0-9]{0,50}(\.[a-z][a-z0-9]{0,50}){0,3}\.example", fullmatch=True)


@settings(max_examples=examples(70), deadline=None)
@given(local=LOCAL, domain=DOMAIN, key=st.from_regex(r"[0-9a-f]{1,64}", fullmatch=True))
@example("jürgen", "münchen.example", "k1")
@example("a", "b", "k1")
def test_a_filled_form_is_what_the_standard_library_composes(local: str, domain: str, key: str) -> None:
    recipient = f"{local}@{domain}"
    assert ibm_mail(key, recipient).content == by_the_library(recipient, key).as_bytes()


def ending_mail(link: str, mailbox: str = "") -> EmailMessage:
    unsubscribing = Unsubscribing(lambda recipient: f"{link}{recipient}" if link else "", mailbox)
    return reread(MailForm(ibm_notice().rendering(), SENDER, unsubscribing).fill("a@localhost", "k1", NOON))


def test_one_click_ends_what_a_mail_belongs_to() -> None:
    mail = ending_mail("https://trading.example/unsubscribe/x.", "algo@example.com")
    address = "https://trading.example/unsubscribe/x.a@localhost"
    assert mail["List-Unsubscribe"] == f"<{address}>, <mailto:algo@example.com?subject=unsubscribe>"
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert f"End these mails: {address}" in body(mail, "plain")
    assert f'href="{address}">End these mails</a>' in body(mail, "html")
    assert "algo-trading unsubscribe" not in body(mail, "plain") + body(mail, "html")


def test_a_page_without_tls_is_linked_and_not_a_button() -> None:
    mail = ending_mail("http://127.0.0.1:8000/unsubscribe/x.")
    assert "http://127.0.0.1:8000/unsubscribe/x.a@localhost" in body(mail, "plain")
    assert mail["List-Unsubscribe"] is None
    assert mail["List-Unsubscribe-Post"] is None


def test_without_pages_a_mail_or_a_command_ends_it() -> None:
    mail = ending_mail("", "algo@example.com")
    assert mail["List-Unsubscribe"] == "<mailto:algo@example.com?subject=unsubscribe>"
    assert mail["List-Unsubscribe-Post"] is None
    assert "algo-trading unsubscribe a@localhost" in body(mail, "plain")


def test_without_a_picture() -> None:
    mail = reread(MailForm(Rendering("Hello", f"To {RECIPIENT}\n", "<p>Hello</p>\n"), SENDER).fill("a@b", "k1", NOON))
    assert [part.get_content_type() for part in mail.walk()] == ["multipart/alternative", "text/plain", "text/html"]
    assert body(mail, "plain") == "To a@b\n"


def test_a_sale() -> None:
    bars = ibm_bars()
    end = int((bars.sessions == date(2013, 2, 25)).argmax()) + 1
    notice = signal_notice(signal_of(bars[:end], EmaCross()), bars[:end], EmaCross(), Level.MEDIUM)
    assert notice.subject == "SELL IBM at 197.51 · ema_cross · 2013-02-25"
    assert "sells what ema_cross bought of it, if anything" in notice.following


def test_the_price_is_the_traded_one_and_the_table_is_adjusted() -> None:
    halved = replace(ibm_bars(), close=ibm_bars().close / 2)
    notice = signal_notice(ibm_signal(), halved, EmaCross(), Level.MEDIUM)
    assert notice.facts["Close"] == "202.33 as traded, +1.60 % on the session before"
    assert notice.closes[-1][1] == "101.17"


def test_a_young_listing_has_dashes_where_averages_warm_up() -> None:
    bars = ibm_bars()[-3:]
    notice = signal_notice(ibm_signal(), bars, SmaCross(), Level.MEDIUM)
    assert [row[2:5] for row in notice.closes[1:]] == [["-", "-", "-"]] * 3
    first = signal_notice(ibm_signal(), bars[-1:], SmaCross(), Level.MEDIUM)
    assert first.facts["Close"] == "202.33 as traded"


def test_bars_of_another_session() -> None:
    for bars in (ibm_bars()[:-1], ibm_bars()[:0]):
        with pytest.raises(ValueError, match="there is no bar of IBM for 2013-02-27"):
            signal_notice(ibm_signal(), bars, EmaCross(), Level.MEDIUM)


def test_what_a_strategy_says_stays_text() -> None:
    evil = '<script>alert("x")</script> & <img src=http://x>'
    notice = replace(
        notice_with(reason=evil, strategy=StrategyId("ema_cross", '{"<b>":"</td>"}')), alt=f'" onload="{evil}'
    )
    mail = mailed(notice)
    html = body(mail, "html")
    page = Page(html)
    assert evil in page.text
    assert page.tags.count("img") == 1
    assert not {"script", "b"} & set(page.tags)
    assert "onload" not in page.attributes
    assert evil in body(mail, "plain")


def test_a_shell_does_not_run_what_an_address_says() -> None:
    mail = ibm_mail("k1", "a$(reboot)&`x`@localhost".replace("(", "{").replace(")", "}"))
    assert "algo-trading unsubscribe 'a${reboot}&`x`@localhost'\n" in body(mail, "plain")


@pytest.mark.parametrize("symbol", ["IBM\r\nBcc: all@example.org", "IBM\nx", "IBM\x00", "IBM\u202e"])
def test_a_symbol_adds_no_header(symbol: str) -> None:
    notice = replace(ibm_notice(), headline=f"BUY {Instrument(symbol)} at 1.00")
    with pytest.raises(UndeliverableError, match="no mail header may have"):
        mailed(notice)


@pytest.mark.parametrize(
    "address",
    [
        "",
        "a",
        "@b",
        "a@",
        "a@b@c",
        "a b@c",
        "a@b\r\nBcc: all@example.org",
        "a@b,c@d",
        "a@b;c@d",
        "<a@b>",
        "A <a@b>",
        "a@b (x)",
        "(x)a@b",
        '"a b"@c',
        "=?utf-8?q?a?=@b",
        "a..b@c",
        "a@[127.0.0.1]",
        f"{'a' * 250}@bcd.e",
    ],
)
def test_what_is_no_address(address: str) -> None:
    with pytest.raises(UndeliverableError, match="is not a valid email address"):
        ibm_mail("k1", address)


@given(st.text(max_size=30) | st.from_regex(r"[!-~]{1,70}(@|%|,)[!-~]{1,70}", fullmatch=True))
@example(f"{'a' * 100}@{'b' * 100}.example")
@example("o'neil+x/y={z}@x-y.example")
@example("jürgen@münchen.example")
def test_an_address_is_one_recipient_or_none(address: str) -> None:
    try:
        mail = ibm_mail("k1", address)
    except UndeliverableError:
        return
    received = reread(mail)
    assert [found.addr_spec for found in received["To"].addresses] == [address]
    assert received.keys() == reread(ibm_mail("k1")).keys()
    assert received["Message-ID"] == "<k1@localhost>"


@pytest.mark.parametrize("key", ["", "a b", "a/b", "../x", "a:2,S", "k\r\nBcc: x", "k" * 65, "ü"])
def test_a_key_is_a_header_and_a_file_name(key: str) -> None:
    with pytest.raises(ValueError, match="cannot name a mail"):
        ibm_mail(key)


def test_a_long_sender_does_not_break_the_ids() -> None:
    domain = f"{'x' * 60}.{'y' * 60}.example.org"
    mail = reread(ibm_mail("k" * 64, sender=f"algo@{domain}"))
    assert mail["Message-ID"] == f"<{'k' * 64}@{domain}>"
    (picture,) = (part for part in mail.walk() if part.get_content_type() == "image/png")
    assert f"cid:{str(picture['Content-ID']).strip('<>')}" in body(mail, "html")


@pytest.mark.parametrize(
    ("sender", "header"),
    [
        ("a@b.example", "a@b.example"),
        ("Algo <a@b.example>", "Algo <a@b.example>"),
        ('"Trading, algo" <a@b.example>', '"Trading, algo" <a@b.example>'),
        ("Börse <a@b.example>", "Börse <a@b.example>"),
    ],
)
def test_senders(sender: str, header: str) -> None:
    assert reread(ibm_mail("k1", sender=sender))["From"] == header


@pytest.mark.parametrize("sender", ["", "algo", "a@b, c@d", "Algo a@b", "x\nBcc: y <a@b>", "jürgen@b.example"])
def test_a_sender_that_is_none_names_the_setting(sender: str) -> None:
    with pytest.raises(ConfigError, match=r"mail\.sender is .*; write name@host or 'Name <name@host>'"):
        sender_address(sender)


def test_a_hold_orders_nothing() -> None:
    assert notice_with(side=Side.HOLD).following == "Nothing is ordered."
