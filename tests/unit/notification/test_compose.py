"""What a mail says, and that nothing can be smuggled into it."""

import re
from dataclasses import replace
from datetime import date, timedelta
from email import message_from_string, policy
from email.message import EmailMessage
from html.parser import HTMLParser

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from algo_trading.domain.instrument import Instrument
from algo_trading.domain.post import Level, Post, PostKey, PostKind
from algo_trading.domain.signal import Side, StrategyId
from algo_trading.errors import ConfigError
from algo_trading.notification.compose import compose, sender_address
from algo_trading.notification.notice import Notice, notice_of
from algo_trading.repositories.subscriptions import UndeliverableError
from algo_trading.strategies.ema_cross import EmaCross
from algo_trading.strategies.sma_cross import SmaCross
from mail_examples import NOON, an_item, ibm_bars, ibm_mail, ibm_notice, ibm_signal, signal_of

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


def body(mail: EmailMessage, kind: str) -> str:
    part = mail.get_body((kind,))
    assert part is not None
    content: str = part.get_content()
    return content


def reread(mail: EmailMessage) -> EmailMessage:
    """The mail after its way over the wire, UTF-8 where SMTPUTF8 was needed."""
    return message_from_string(mail.as_bytes().decode(), policy=policy.default)


def notice_with(**changes: object) -> Notice:
    return notice_of(replace(ibm_signal(), **changes), ibm_bars(), EmaCross(), Level.MEDIUM)  # type: ignore[arg-type]  # by name


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
    notice = notice_of(ibm_signal(), ibm_bars(), EmaCross(), Level.MEDIUM, post=post)
    mail = reread(compose(notice, an_item("k1"), SENDER, NOON))
    for content in (body(mail, "plain"), body(mail, "html")):
        assert "“Buy MBI now”" in content
        assert "ann on x" in content
        assert not re.search("[\x80-\x9f\u202a-\u202e\u2066-\u2069]", content)


def test_headers() -> None:
    mail = reread(ibm_mail(an_item("k1"), "Algo Trading <algo@example.org>"))
    assert dict(mail.items()) == {
        "Subject": "BUY IBM at 202.33 · ema_cross · 2013-02-27",
        "From": "Algo Trading <algo@example.org>",
        "To": "trader@localhost",
        "Date": "Thu, 28 Feb 2013 12:00:00 +0000",
        "Message-ID": "<k1@example.org>",
        "Auto-Submitted": "auto-generated",
        "MIME-Version": "1.0",
        "Content-Type": 'multipart/alternative; boundary="=0=k1="',
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
    mail = reread(ibm_mail(an_item("k1")))
    assert fact in " ".join(body(mail, "plain").split())
    assert fact in Page(body(mail, "html")).text


def test_readers_without_pictures_get_the_figures() -> None:
    text = body(ibm_mail(an_item("k1")), "plain")
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
    mail = reread(ibm_mail(an_item("k1")))
    page = Page(body(mail, "html"))
    (picture,) = (part for part in mail.walk() if part.get_content_type() == "image/png")
    assert picture.get_content() == ibm_notice().chart
    assert page.attributes["src"] == [f"cid:{str(picture['Content-ID']).strip('<>')}"]
    assert picture.get_content_disposition() == "inline"
    assert page.attributes["alt"] == [
        "Daily bars of IBM from 2012-10-16 to 2013-02-27, with EMA 8 and EMA 21; the last one is marked BUY at 202.33."
    ]


def test_nothing_is_loaded_from_elsewhere() -> None:
    html = body(ibm_mail(an_item("k1")), "html")
    assert not re.search(r"https?:|//|url\(|@import", html.replace("<!DOCTYPE", ""))
    assert not {"script", "link", "iframe", "form", "object"} & set(Page(html).tags)


def test_the_wire_is_ascii_with_short_lines() -> None:
    raw = ibm_mail(an_item("k1")).as_bytes()
    assert raw.isascii()
    assert max(map(len, raw.splitlines())) <= 78


def test_the_same_item_gives_the_same_bytes() -> None:
    assert ibm_mail(an_item("k1")).as_bytes() == ibm_mail(an_item("k1")).as_bytes()
    later = compose(ibm_notice(), an_item("k1"), SENDER, NOON + timedelta(days=1))
    assert later["Message-ID"] == "<k1@localhost>"


def test_readers_of_one_signal_get_the_same_but_for_their_address() -> None:
    one, other = ibm_mail(an_item("k-x", "x@localhost")), ibm_mail(an_item("k-y", "y@localhost"))
    changed = one.as_string().replace("x@localhost", "y@localhost").replace("k-x", "k-y")
    assert changed == other.as_string()


def test_a_sale() -> None:
    bars = ibm_bars()
    end = int((bars.sessions == date(2013, 2, 25)).argmax()) + 1
    notice = notice_of(signal_of(bars[:end], EmaCross()), bars[:end], EmaCross(), Level.MEDIUM)
    assert notice.subject == "SELL IBM at 197.51 · ema_cross · 2013-02-25"
    assert "sells what ema_cross bought of it, if anything" in notice.following


def test_the_price_is_the_traded_one_and_the_table_is_adjusted() -> None:
    halved = replace(ibm_bars(), close=ibm_bars().close / 2)
    notice = notice_of(ibm_signal(), halved, EmaCross(), Level.MEDIUM)
    assert notice.facts["Close"] == "202.33 as traded, +1.60 % on the session before"
    assert notice.closes[-1][1] == "101.17"


def test_a_young_listing_has_dashes_where_averages_warm_up() -> None:
    bars = ibm_bars()[-3:]
    notice = notice_of(ibm_signal(), bars, SmaCross(), Level.MEDIUM)
    assert [row[2:5] for row in notice.closes[1:]] == [["-", "-", "-"]] * 3
    first = notice_of(ibm_signal(), bars[-1:], SmaCross(), Level.MEDIUM)
    assert first.facts["Close"] == "202.33 as traded"


def test_bars_of_another_session() -> None:
    for bars in (ibm_bars()[:-1], ibm_bars()[:0]):
        with pytest.raises(ValueError, match="there is no bar of IBM for 2013-02-27"):
            notice_of(ibm_signal(), bars, EmaCross(), Level.MEDIUM)


def test_what_a_strategy_says_stays_text() -> None:
    evil = '<script>alert("x")</script> & <img src=http://x>'
    notice = replace(
        notice_with(reason=evil, strategy=StrategyId("ema_cross", '{"<b>":"</td>"}')), alt=f'" onload="{evil}'
    )
    mail = compose(notice, an_item("k1"), SENDER, NOON)
    html = body(mail, "html")
    page = Page(html)
    assert evil in page.text
    assert page.tags.count("img") == 1
    assert not {"script", "b"} & set(page.tags)
    assert "onload" not in page.attributes
    assert evil in body(mail, "plain")


def test_a_shell_does_not_run_what_an_address_says() -> None:
    mail = ibm_mail(an_item("k1", "a$(reboot)&`x`@localhost".replace("(", "{").replace(")", "}")))
    assert "algo-trading unsubscribe 'a${reboot}&`x`@localhost'\n" in body(mail, "plain")


@pytest.mark.parametrize("symbol", ["IBM\r\nBcc: all@example.org", "IBM\nx", "IBM\x00", "IBM\u202e"])
def test_a_symbol_adds_no_header(symbol: str) -> None:
    notice = replace(ibm_notice(), headline=f"BUY {Instrument(symbol)} at 1.00")
    with pytest.raises(UndeliverableError, match="no mail header may have"):
        compose(notice, an_item("k1"), SENDER, NOON)


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
        ibm_mail(an_item("k1", address))


@given(st.text(max_size=30) | st.from_regex(r"[!-~]{1,70}(@|%|,)[!-~]{1,70}", fullmatch=True))
@example(f"{'a' * 100}@{'b' * 100}.example")
@example("o'neil+x/y={z}@x-y.example")
@example("jürgen@münchen.example")
def test_an_address_is_one_recipient_or_none(address: str) -> None:
    try:
        mail = ibm_mail(an_item("k1", address))
    except UndeliverableError:
        return
    received = reread(mail)
    assert [found.addr_spec for found in received["To"].addresses] == [address]
    assert received.keys() == ibm_mail(an_item("k1")).keys()
    assert received["Message-ID"] == "<k1@localhost>"


@pytest.mark.parametrize("key", ["", "a b", "a/b", "../x", "a:2,S", "k\r\nBcc: x", "k" * 65, "ü"])
def test_a_key_is_a_header_and_a_file_name(key: str) -> None:
    with pytest.raises(ValueError, match="cannot name a mail"):
        ibm_mail(an_item(key))


def test_a_long_sender_does_not_break_the_ids() -> None:
    domain = f"{'x' * 60}.{'y' * 60}.example.org"
    mail = reread(ibm_mail(an_item("k" * 64), f"algo@{domain}"))
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
    assert reread(ibm_mail(an_item("k1"), sender))["From"] == header


@pytest.mark.parametrize("sender", ["", "algo", "a@b, c@d", "Algo a@b", "x\nBcc: y <a@b>", "jürgen@b.example"])
def test_a_sender_that_is_none_names_the_setting(sender: str) -> None:
    with pytest.raises(ConfigError, match=r"mail\.sender is .*; write name@host or 'Name <name@host>'"):
        sender_address(sender)


def test_a_hold_orders_nothing() -> None:
    assert notice_with(side=Side.HOLD).following == "Nothing is ordered."
