"""Documents of RSS, Atom and RDF feeds, good ones and hostile ones."""

import contextlib
import time
from collections.abc import Mapping
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from algo_trading.errors import SourceError
from algo_trading.gateways.post_feeds import RAW_POST_SCHEMA, FeedPage, PostFeed
from support.post_parsing import a_feed, every_feed, parse

pytestmark = pytest.mark.unit


@pytest.fixture(scope="module")
def feeds() -> Mapping[str, PostFeed]:
    return every_feed()


ATOM = """<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom"><title>The Paper</title>
<entry><id>urn:1</id><title type="html">A &amp;amp; B</title><link href="https://p.example/1"/>
<updated>2026-11-20T12:00:00+02:00</updated><content type="html">&lt;p&gt;Text&lt;/p&gt;</content></entry></feed>"""


RDF = """<?xml version="1.0"?><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"
xmlns="http://purl.org/rss/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/"><channel><title>Old</title></channel>
<item rdf:about="https://o.example/1"><title>T</title><link>https://o.example/1</link>
<dc:date>2026-11-20T10:00:00Z</dc:date></item></rdf:RDF>"""


ITEM = """<rss version="2.0"><channel><title>Agency</title><item>{}</item></channel></rss>"""


def test_atom(feeds: Mapping[str, PostFeed]) -> None:
    (row,) = parse(feeds["rss"], ATOM.encode())
    assert (row["id"], row["author"], row["url"]) == ("urn:1", "The Paper", "https://p.example/1")
    assert datetime.fromisoformat(row["published"]) == datetime(2026, 11, 20, 10, tzinfo=UTC)
    assert row["body"] == "<p>Text</p>"


def test_rdf(feeds: Mapping[str, PostFeed]) -> None:
    (row,) = parse(feeds["rss"], RDF.encode())
    assert (row["id"], row["published"]) == ("https://o.example/1", "2026-11-20T10:00:00+00:00")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "iso-8859-1"])
def test_feeds_in_other_encodings(feeds: Mapping[str, PostFeed], encoding: str) -> None:
    text = f'<?xml version="1.0" encoding="{encoding}"?>' + ITEM.format("<guid>1</guid><title>Café</title>")
    (row,) = parse(feeds["rss"], text.encode(encoding))
    assert row["title"] == "Café"


@pytest.mark.parametrize(
    ("item", "identity", "published"),
    [
        ("<title>T</title><link>https://a.example/1</link>", "https://a.example/1", None),
        ("<title>T</title>", "news.example/rss T", None),
        ("<title>T</title><pubDate>now</pubDate>", "news.example/rss T now", "now"),
        (
            "<guid>1</guid><pubDate>Fri, 20 Nov 2026 05:00:00 EST</pubDate>",
            "news.example/rss 1",
            "2026-11-20T10:00:00+00:00",
        ),
        ("<guid>1</guid><pubDate>some day</pubDate>", "news.example/rss 1", "some day"),
        ("<guid> 1\n</guid>", "news.example/rss 1", None),
    ],
)
def test_sloppy_items(feeds: Mapping[str, PostFeed], item: str, identity: str, published: str | None) -> None:
    (row,) = parse(feeds["rss"], ITEM.format(item).encode())
    assert (row["id"], row["published"]) == (identity, published)


def test_ids_that_are_no_addresses_belong_to_their_feed() -> None:
    def id_in(source: str, guid: str) -> str:
        feed = a_feed("rss", source)
        (row,) = parse(feed, ITEM.format(f'<guid isPermaLink="false">{guid}</guid><title>T</title>').encode())
        identity = row["id"]
        assert isinstance(identity, str)
        return identity

    assert id_in("https://a.example/rss", "1") != id_in("https://b.example/rss", "1")
    assert id_in("https://a.example/bonds", "1") != id_in("https://a.example/shares", "1")
    assert id_in("https://a.example/rss", "x" * 300) != id_in("https://b.example/rss", "x" * 300)
    for guid in ("https://c.example/1", "urn:uuid:1", "tag:c.example,2026:1"):
        assert id_in("https://a.example/rss", guid) == id_in("https://b.example/rss", guid) == guid
    assert id_in("yahoo:AAPL", "one-headline") == id_in("yahoo:MSFT", "one-headline")


def test_the_publisher_within_a_collection_is_the_author(feeds: Mapping[str, PostFeed]) -> None:
    (row,) = parse(feeds["rss"], ITEM.format('<guid>1</guid><source url="https://b.example">Bee</source>').encode())
    assert row["author"] == "Bee"


BOMB = '<?xml version="1.0"?><!DOCTYPE z [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]>' + ITEM.format("<title>&b;</title>")


THIEF = '<!DOCTYPE z [<!ENTITY f SYSTEM "file:///etc/hostname">]>' + ITEM.format("<title>&f;</title>")


@pytest.mark.parametrize("document", [BOMB, THIEF])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_entities_of_its_own_are_refused(feeds: Mapping[str, PostFeed], document: str, encoding: str) -> None:
    with pytest.raises(SourceError, match="document type"):
        parse(feeds["rss"], document.encode(encoding))


@pytest.mark.parametrize("encoding", ["utf-7", "cp037", "utf-32", "punycode", "idna", "rot13", "hex", "nonsense"])
def test_an_encoding_that_hides_markup_is_refused(feeds: Mapping[str, PostFeed], encoding: str) -> None:
    declared = f'<?xml version="1.0" encoding="{encoding}"?>'
    with pytest.raises(SourceError, match=f"is in the encoding '{encoding}'"):
        parse(feeds["rss"], (declared + ITEM.format("<title>T</title>")).encode())


@pytest.mark.parametrize(
    "content",
    [
        ('<?xml version="1.0" encoding="cp037"?>' + BOMB).encode("cp037"),
        b'<?xml version="1.0" encoding="utf-7"?>' + BOMB.encode("utf-7"),
        b"+/v8-" + BOMB.encode("utf-7"),
        BOMB.encode("utf-16-le"),
        BOMB.encode("utf-16-be"),
        BOMB.encode("utf-32"),
        BOMB.replace("<!DOCTYPE", "<!doctype").encode(),
    ],
    ids=["EBCDIC", "UTF-7", "UTF-7 mark", "UTF-16-LE", "UTF-16-BE", "UTF-32", "small letters"],
)
def test_a_document_type_is_found_in_every_disguise(feeds: Mapping[str, PostFeed], content: bytes) -> None:
    with pytest.raises(SourceError):
        parse(feeds["rss"], content)


def test_a_feed_declared_as_another_encoding_than_it_has_is_read(feeds: Mapping[str, PostFeed]) -> None:
    document = '<?xml version="1.0" encoding="utf-8"?>' + ITEM.format("<guid>1</guid><title>Café</title>")
    (row,) = parse(feeds["rss"], document.encode("windows-1252"))
    assert row["title"] == "Café"


def test_markup_within_a_text_is_not_the_feeds_own(feeds: Mapping[str, PostFeed]) -> None:
    inside = "<br>" * 500 + "<item>" * 3000 + "<!-- a -->"
    (row,) = parse(
        feeds["rss"],
        ITEM.format(f"<guid>1</guid><title>T</title><description><![CDATA[{inside}]]></description>").encode(),
    )
    assert row["body"].startswith("<br>")


ONE = "<item><guid>1</guid><title>T</title></item>"


TOO_MUCH = {
    "items": (f"<rss><channel>{ONE * 60_000}</channel></rss>", r"more than 2,000 items \(platforms\.rss\.max_items\)"),
    "tags": (ITEM.format("<b></b>" * 60_000), "more than 100,000 tags"),
    "tags that never end": (ITEM.format("<b " * 200_000), "more than 100,000 tags"),
    "entities": (ITEM.format("&amp;" * 200_000), "more than 100,000 tags"),
    "depth": (ITEM.format("<b>" * 61), "nests more than 60"),
    "an endless tag": (ITEM.format(f"<b {'a=1 ' * 20_000}>"), "or has one that is endless"),
    "size": (ITEM.format("x" * (4 * 2**20)), "more than 4 MB"),
}


@pytest.mark.parametrize("what", TOO_MUCH)
def test_a_feed_has_limits_and_is_refused_at_once(feeds: Mapping[str, PostFeed], what: str) -> None:
    document, reason = TOO_MUCH[what]
    began = time.process_time()
    with pytest.raises(SourceError, match=reason):
        parse(feeds["rss"], document.encode())
    assert time.process_time() - began < 2


WORST = {
    "items": f"<rss version='2.0'><channel>{ONE * 2000}</channel></rss>",
    "tags": ITEM.format("<b></b>" * 49_000),
    "sloppy tags": ITEM.format("<b>" * 50 + "<b/><i>x</I>" * 24_000 + "<"),
    "loose brackets": ITEM.format("< " * 99_000),
    "entities": ITEM.format("&amp;" * 99_000),
    "loose ampersands": ITEM.format("& " * 99_000),
    "attributes": ITEM.format(f"<b {' '.join(f'a{n}=1' for n in range(7000))}>"),
    "text": ITEM.format("x " * (2 * 2**20 - 100)),
    "comments": ITEM.format("<!-- x -->" * 300_000),
    "texts as they are": ITEM.format("<![CDATA[<b>]]>" * 200_000),
}


@pytest.mark.parametrize("what", WORST)
def test_what_is_within_the_limits_is_read_in_seconds(feeds: Mapping[str, PostFeed], what: str) -> None:
    began = time.process_time()
    with contextlib.suppress(SourceError):  # not all of it is a feed
        parse(feeds["rss"], WORST[what].encode())
    assert time.process_time() - began < 20


markup = st.lists(
    st.text(max_size=6)
    | st.sampled_from(
        [
            "<rss version='2.0'>",
            "<channel>",
            "<item>",
            "</item>",
            "<title>",
            "</title>",
            "</channel>",
            "</rss>",
            "<guid>",
        ]
    )
    | st.sampled_from(
        ["<pubDate>", "Fri, 99 Nov 2026", "<feed>", "<entry>", "<![CDATA[", "]]>", "&nbsp;", "&#0;", "<?xml"]
    ),
    max_size=12,
).map("".join)


@settings(deadline=None)
@given(content=st.binary(max_size=60) | markup.map(str.encode) | markup.map(lambda text: ITEM.format(text).encode()))
def test_any_document_is_read_or_refused(feeds: Mapping[str, PostFeed], content: bytes) -> None:
    try:
        table = feeds["rss"].parse(FeedPage(content, "application/xml", ".xml"))
    except SourceError:
        return
    assert table.schema == RAW_POST_SCHEMA
