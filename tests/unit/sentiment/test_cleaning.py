"""Cleaning texts."""

import csv
import itertools
import re
import time

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from algo_trading.sentiment import cleaning
from algo_trading.sentiment.cleaning import clean, is_readable, language_of, one_line, plain_text
from support.shared_data import SHARED_DATA, needs_shared_data

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("plain", "plain"),
        ("I <3 DOGE and 1 < 2 > 0", "I <3 DOGE and 1 < 2 > 0"),
        ("a <b and c> d", "a <b and c> d"),
        ("<insert joke> here", "<insert joke> here"),
        ('<a href="https://x.example/?a=1&amp;b=2">link</a>!', "link!"),
        ("<P>one</P><P>two</P>", "one\n\ntwo"),
        ("<ul><li>one<li>two</ul>", "one\ntwo"),
        ("before<!-- hidden <b>x</b> -->after", "beforeafter"),
        ("a<script>alert('x')</script>b<STYLE type='x'>p {}</Style>c", "abc"),
        ("cut <!-- off", "cut"),
        ("İİİ<!-- ad -->Tesla rallies", "İİİTesla rallies"),  # in lower case it is longer
        ("İ<SCRIPT>x</Script>ΑΣ<style >y</STYLE>İ", "İΑΣİ"),
        ("<![CDATA[Shares & bonds]]>", "Shares & bonds"),
        ("&lt;p&gt;escaped twice&lt;/p&gt;", "escaped twice"),
        ("AT&amp;amp;T &amp;lt;3", "AT&T <3"),
        ("https://x.example/?a=1&copy=2&lt=3", "https://x.example/?a=1&copy=2&lt=3"),
        ("&bogus; &#xZZ; & alone", "&bogus; &#xZZ; & alone"),
        ("&#0;&#55357;ok", "\ufffd\ufffdok"),
        ("schÃ¶n, Itâ€™s", "schön, It\u2019s"),
        ("a\u00a0b\t c\r\nd\r\n\r\n\r\n\r\ne ", "a b c\nd\n\ne"),
        ("\u201cquoted\u201d \u2018as typed\u2019", "\u201cquoted\u201d \u2018as typed\u2019"),
        ("👩\u200d🚀 stays one", "👩\u200d🚀 stays one"),
        ("zero\u200bwidth\ufeff so\u00adft", "zerowidth soft"),
        ("bell\x07 and nul\x00", "bell and nul"),
        ("\x1b[31mred &#27;[2J Привет\x1b[0m", "red [2J Привет"),
        ("\x1b[31mred\x1b[0m", "[31mred[0m"),
        ("up \x90down", "up down"),
        ("\u0422esla and T\u0435sla", "Tesla and Tesla"),
        ("\u041f\u0440\u0438\u0432\u0435\u0442 Tesla", "\u041f\u0440\u0438\u0432\u0435\u0442 Tesla"),
        ("\U0001d413\U0001d41e\U0001d42c\U0001d425\U0001d41a up", "Tesla up"),
        ("buy \u202elles\u202c &#x2066;or\u2069 &amp;#8238;not", "buy lles or not"),
    ],
)
def test_cleaned(raw: str, text: str) -> None:
    assert clean(raw).text == text
    assert plain_text(raw) == text


@pytest.mark.parametrize(
    ("raw", "garbled"),
    [
        ("One lost letter: caf\ufffd, in a text", False),
        ("Caf\ufffd", False),
        ("\ufffd\ufffd\ufffd", True),
        ("\x00\x01\x02\x03ELF\x01", True),
        ("Привет, мир", False),
        ("これは日本語です", False),
        ("🚀🚀🚀💎🙌", False),
        ("Привет, мир".encode().decode("cp1252", "replace"), False),
        ("", False),
    ],
)
def test_what_cannot_be_repaired_is_told(raw: str, garbled: bool) -> None:
    assert (clean(raw).garbled > 0.1) is garbled


OBEYED = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
marked_up = st.lists(
    st.text(st.sampled_from([*map(chr, range(128)), "🚀", "あ", "ж"]), max_size=8)
    | st.sampled_from(
        (
            *("<p>", "</b>", "<br/>", "<!--", "-->", "<script>", "</script>", "]]>", "<![CDATA[", '<a href="x">'),
            *("&amp;", "&lt;", "&gt;", "&#60;", "&#x3e;", "amp;", "b", "p", "<", ">", "=", " ", "\n", "script"),
            "\ufffd",
        )
    ),
    max_size=12,
).map("".join)


@settings(deadline=None)
@given(marked_up)
@example("<<b>b>")
@example("&am<b>p;lt;")
def test_cleaning_again_changes_nothing(raw: str) -> None:
    once = clean(raw).text
    assert plain_text(raw) == once
    assert clean(once).text == once
    assert one_line(once) == " ".join(once.split())


@settings(deadline=None)
@given(st.text() | st.text(st.sampled_from("ab<>&;#27é \x0b\x1b\x1c\x85\x90\x9b\u202e\u2028\u2069")))
def test_whatever_comes_can_be_stored(raw: str) -> None:
    cleaned = clean(raw)
    assert plain_text(raw) == cleaned.text
    cleaned.text.encode()
    assert not OBEYED.search(cleaned.text)
    assert 0 <= cleaned.garbled <= 1
    assert len(language_of(cleaned.text)) in {2, 3}


@pytest.mark.parametrize(
    ("head", "part"),
    [
        *(("", part) for part in ("<!--", "<script ", "<a =", "&amp;", "&", "<", "<b x", "\u200b", " ", "Ã©", "&lt;p")),
        *(("<p ", part) for part in ("=", " ", " =", "= ", "/", " /", "a", "\t")),
        *(("<!--", part) for part in ("-", "--", "<!--")),
        *(
            ("", part)
            for part in ("<p =", "<script>", "<style>x</style", "<![CDATA[", "]]", "&#", "&#x", "&am", "\n", "@a")
        ),
        *(("&", part) for part in ("amp;", "a", "1", "#")),
        *(("https://", part) for part in ("h", "https://", "/", "u/")),
    ],
)
def test_no_text_takes_long(head: str, part: str) -> None:
    raw = head + part * (100_000 // len(part.encode()))
    began = time.process_time()
    clean(raw)
    language_of(raw)
    assert time.process_time() - began < 5  # what grows with the square of the length takes a minute


@needs_shared_data
def test_real_posts_are_not_taken_for_garbage_or_markup() -> None:
    folder = SHARED_DATA / "social_market"
    with (folder / "wsb" / "reddit_wsb_2022-01-18_21.csv").open(encoding="utf-8", newline="") as file:
        texts = [row["body"] for row in csv.DictReader(file)]
    with (folder / "musk_tweets" / "elonmusk_2010-06_2023-06.csv").open(encoding="utf-8", newline="") as file:
        texts += [row["Text"] for row in itertools.islice(csv.DictReader(file), 3000)]
    for text in texts:
        cleaned = clean(text)
        assert cleaned.garbled == 0
        assert cleaned.text.count("<") == text.count("<") + text.count("&lt;")


@pytest.mark.parametrize(
    ("text", "expected", "asked"),
    [
        ("Shares of the bank fell after its profit missed what analysts expected", "en", False),
        ("Ich lese gerade das Buch The Intelligent Investor und finde es sehr gut", "de", True),
        ("Las acciones subieron despu\u00e9s de la noticia, and the trend continues al alza", "es", True),
    ],
)
def test_the_identifier_is_asked_where_words_do_not_tell(
    text: str, expected: str, *, asked: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    identifier, heard = cleaning._identifier(), list[str]()

    class Listening:
        def classify(self, words: str) -> object:
            heard.append(words)
            return identifier.classify(words)

    monkeypatch.setattr(cleaning, "_identifier", Listening)
    assert (language_of(text), bool(heard)) == (expected, asked)


@pytest.mark.parametrize("raw", ["up  5%   today", "  a\nb  c ", "up  &amp;  down", "a  \n  b"])
def test_repeated_blanks_are_cleaned_alike(raw: str) -> None:
    assert plain_text(raw) == clean(raw).text


def test_readable() -> None:
    assert is_readable("a")
    assert is_readable("🚀")
    assert not is_readable(" \n\t\u200d")
