"""What the feeds make of replies, recorded ones and ones that nobody ever sent."""

import contextlib
import csv
import json
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import SecretStr

from algo_trading.adapters import newsapi, reddit, rss, x
from algo_trading.adapters.post_rows import LONGEST_ID
from algo_trading.errors import ConfigError, SourceError
from algo_trading.gateways.post_feeds import RAW_POST_SCHEMA, FeedPage, PostFeed
from algo_trading.plugins import FeedContext, Plugin
from support.shared_data import SHARED_DATA, needs_shared_data

pytestmark = pytest.mark.unit

PLATFORMS: Mapping[str, Plugin[Any, FeedContext, PostFeed]] = {
    "reddit": reddit.plugin,
    "x": x.plugin,
    "rss": rss.plugin,
    "newsapi": newsapi.plugin,
}
KEY = SecretStr("key")
KEYS: Mapping[str, Mapping[str, SecretStr]] = {
    "reddit": {"client_id": KEY, "client_secret": KEY},
    "x": {"bearer_token": KEY},
    "newsapi": {"api_key": KEY},
}
CASSETTES = SHARED_DATA / "social_market" / "praw_cassettes"


def a_feed(platform: str, source: str) -> PostFeed:
    plugin = PLATFORMS[platform]
    options = plugin.config_type(**KEYS.get(platform, {}))
    return plugin.build(options, FeedContext(f"{platform} {source}", Path("var"), source))


@pytest.fixture(scope="module")
def feeds() -> Mapping[str, PostFeed]:
    sources = {"reddit": "r/stocks", "x": "@alice", "rss": "https://news.example/rss", "newsapi": "doge"}
    return {name: a_feed(name, source) for name, source in sources.items()}


def parse(feed: PostFeed, content: bytes) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = feed.parse(FeedPage(content, "application/json", ".json")).to_pylist()
    return rows


def recorded(name: str) -> bytes:
    """The body of a cassette's last reply, as Reddit sent it."""
    cassette = json.loads((CASSETTES / f"{name}.json").read_text(encoding="utf-8"))
    body: str = cassette["interactions"][-1]["response"]["body"]["string"]
    return body.encode()


@needs_shared_data
@pytest.mark.parametrize(
    "name", ["TestSubredditListings.test_new", "TestSubredditListings.test_hot", "TestSubredditListings.test_top"]
)
def test_recorded_submissions_are_read(feeds: Mapping[str, PostFeed], name: str) -> None:
    content = recorded(name)
    children = [child["data"] for child in json.loads(content)["data"]["children"]]
    rows = parse(feeds["reddit"], content)
    assert [row["id"] for row in rows] == [child["name"] for child in children]
    assert [row["title"] for row in rows] == [child["title"] for child in children]
    assert [datetime.fromisoformat(row["published"]).timestamp() for row in rows] == [
        child["created_utc"] for child in children
    ]
    assert all(row["url"].startswith("https://www.reddit.com/r/") for row in rows)


@needs_shared_data
def test_recorded_comments_are_read(feeds: Mapping[str, PostFeed]) -> None:
    rows = parse(feeds["reddit"], recorded("TestRedditorListings.test_overview__hot"))
    assert len(rows) == 100
    comments = [row for row in rows if row["id"].startswith("t1_")]
    assert comments
    assert all(row["body"] and row["title"] is None and row["author"] == "spez" for row in comments)
    assert "He does" in {row["body"] for row in comments}


@needs_shared_data
def test_a_cut_recording_is_an_error(feeds: Mapping[str, PostFeed]) -> None:
    content = recorded("TestSubredditListings.test_new")
    with pytest.raises(SourceError, match="cut short"):
        parse(feeds["reddit"], content[: len(content) // 2])


@needs_shared_data
def test_real_community_posts_survive_the_journey(feeds: Mapping[str, PostFeed]) -> None:
    with (SHARED_DATA / "social_market" / "wsb" / "reddit_wsb_2022-01-18_21.csv").open(encoding="utf-8") as file:
        posts = list(csv.DictReader(file))
    children = [
        {
            "kind": "t3",
            "data": {
                "name": f"t3_{post['id']}",
                "author": "someone",
                "title": post["title"],
                "selftext": post["body"],
                "created_utc": float(post["created"]),
                "permalink": f"/r/wallstreetbets/comments/{post['id']}/",
            },
        }
        for post in posts
    ]
    rows = parse(feeds["reddit"], json.dumps({"kind": "Listing", "data": {"children": children}}).encode())
    assert [row["title"] for row in rows] == [post["title"] for post in posts]
    gone = {"[removed]", "[deleted]"}
    assert [row["body"] for row in rows] == ["" if p["body"] in gone else p["body"] for p in posts]


def test_reddit_leaves_out_what_is_no_post(feeds: Mapping[str, PostFeed]) -> None:
    children = [{"kind": "more", "data": {}}, {"kind": "t3", "data": {"name": "t3_a", "author": "[deleted]"}}]
    (row,) = parse(feeds["reddit"], json.dumps({"data": {"children": children}}).encode())
    assert (row["id"], row["author"], row["published"], row["body"]) == ("t3_a", "", None, None)


@pytest.mark.parametrize("created", [None, "noon", True, 1e300, -1e300, [1]])
def test_an_impossible_time_is_left_to_the_gate(feeds: Mapping[str, PostFeed], created: object) -> None:
    child = {"kind": "t3", "data": {"name": "t3_a", "created_utc": created}}
    (row,) = parse(feeds["reddit"], json.dumps({"data": {"children": [child]}}).encode())
    assert row["published"] in {None, "noon", "true", "1e+300", "-1e+300", "[1]"}


def test_ids_of_x_stay_text_whatever_they_came_as(feeds: Mapping[str, PostFeed]) -> None:
    reply = {"data": [{"id": "1674452749378002945"}, {"id": 1674452749378002945}], "meta": {}}
    assert {row["id"] for row in parse(feeds["x"], json.dumps(reply).encode())} == {"1674452749378002945"}


def test_removed_articles_have_nothing_left(feeds: Mapping[str, PostFeed]) -> None:
    article = {"title": "[Removed]", "description": "[Removed]", "url": "https://removed.com", "source": None}
    reply = {"status": "ok", "totalResults": 1, "articles": [article]}
    (row,) = parse(feeds["newsapi"], json.dumps(reply).encode())
    assert (row["title"], row["body"], row["author"]) == (None, None, None)


def test_long_addresses_become_short_ids(feeds: Mapping[str, PostFeed]) -> None:
    urls = [f"https://news.example/{'a' * 300}{number}" for number in range(2)]
    reply = {"status": "ok", "articles": [{"url": url} for url in urls]}
    rows = parse(feeds["newsapi"], json.dumps(reply).encode())
    assert [row["url"] for row in rows] == urls
    assert len({row["id"] for row in rows}) == 2
    assert all(len(row["id"]) <= LONGEST_ID for row in rows)


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


@pytest.mark.parametrize("content", [b"/etc/hostname", b"file:///etc/hostname", b"http://127.0.0.1:9/"])
def test_a_reply_is_no_address(feeds: Mapping[str, PostFeed], content: bytes) -> None:
    with pytest.raises(SourceError, match="did not send an RSS or Atom feed"):
        parse(feeds["rss"], content)


@pytest.mark.parametrize(
    ("source", "address"),
    [
        ("https://a.example/rss?x=1", "https://a.example/rss?x=1"),
        ("yahoo:BRK-B", "https://feeds.finance.yahoo.com/rss/2.0/headline?s=BRK-B&region=US&lang=en-US"),
        ("google:doge coin", "https://news.google.com/rss/search?q=doge+coin&hl=en-US&gl=US&ceid=US%3Aen"),
    ],
)
def test_short_names_stand_for_addresses(source: str, address: str) -> None:
    assert rss.address_of(source, "name") == address


@pytest.mark.parametrize(
    ("platform", "source"),
    [
        ("rss", "ftp://a.example/"),
        ("rss", "yahoo:"),
        ("rss", "https://"),
        ("rss", "https://[a"),
        ("rss", "/etc/passwd"),
        ("rss", "https://me:password@a.example/rss"),
        ("reddit", "stocks"),
        ("reddit", "r/"),
        ("reddit", "r/a b"),
        ("reddit", "r/../api"),
        ("x", "alice"),
        ("x", "@a-b"),
        ("x", "search:"),
        ("newsapi", " "),
        ("newsapi", "a" * 501),
    ],
)
def test_a_source_that_is_none_is_a_mistake(platform: str, source: str) -> None:
    with pytest.raises(ConfigError) as mistake:
        a_feed(platform, source)
    assert ":password" not in str(mistake.value)


leaf = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.just("\ud83d")
keys = st.sampled_from(
    (
        *("data", "kind", "children", "after", "meta", "next_token", "status", "articles", "totalResults", "errors"),
        *("source", "name", "id", "text", "body", "selftext", "title", "url", "permalink", "note_tweet", "includes"),
        *("created_utc", "created_at", "publishedAt", "author", "author_id", "users", "username", "description"),
    )
)
anything = st.recursive(
    leaf, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=5), max_leaves=12
)
posts = st.lists(st.dictionaries(keys, anything, max_size=6) | anything, max_size=3)
shapes = {
    "reddit": posts.map(lambda several: {"data": {"children": [{"kind": "t3", "data": post} for post in several]}}),
    "x": st.builds(lambda several, users: {"data": several, "meta": {}, "includes": {"users": users}}, posts, posts),
    "newsapi": posts.map(lambda several: {"status": "ok", "articles": several}),
}


@settings(deadline=None)
@pytest.mark.parametrize("platform", sorted(shapes))
@given(data=st.data())
def test_any_json_is_read_or_refused(feeds: Mapping[str, PostFeed], platform: str, data: st.DataObject) -> None:
    content = json.dumps(data.draw(anything | shapes[platform])).encode()
    try:
        table = feeds[platform].parse(FeedPage(content, "application/json", ".json"))
    except SourceError:
        return
    assert table.schema == RAW_POST_SCHEMA


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
