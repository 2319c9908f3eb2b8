"""What the feeds make of replies, recorded ones and ones that nobody ever sent."""

import csv
import json
from collections.abc import Mapping
from datetime import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from algo_trading.adapters import rss
from algo_trading.adapters.post_rows import LONGEST_ID
from algo_trading.errors import ConfigError, SourceError
from algo_trading.gateways.post_feeds import RAW_POST_SCHEMA, FeedPage, PostFeed
from support.post_parsing import a_feed, every_feed, parse
from support.shared_data import SHARED_DATA, needs_shared_data

pytestmark = pytest.mark.unit


@pytest.fixture(scope="module")
def feeds() -> Mapping[str, PostFeed]:
    return every_feed()


CASSETTES = SHARED_DATA / "social_market" / "praw_cassettes"


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
