"""The gate for posts: each rule, repeats, and what a good row becomes."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from algo_trading.domain.post import PostKey, PostKind
from algo_trading.gateways.post_feeds import RAW_POST_COLUMNS, RAW_POST_SCHEMA
from algo_trading.quality.post_rules import POST_REPEATS, POST_VALUES, PostReason
from algo_trading.quality.post_verdict import PostBatch, PostVerdict
from algo_trading.quality.posts import PostGate

pytestmark = pytest.mark.unit

NOW = datetime(2026, 11, 20, 22, tzinfo=UTC)
GATE = PostGate(("reddit", "x"))


def row(**cells: str | None) -> dict[str, str | None]:
    """A good row with other cells."""
    good = {
        "platform": "reddit",
        "id": "t3_abc",
        "author": "alice",
        "published": "2026-11-20T21:00:00+00:00",
        "title": "To the moon",
        "body": "Dogecoin is going up and everybody I know is buying",
        "url": "https://www.reddit.com/r/stocks/comments/abc/",
        "place": "reddit r/stocks t3_abc",
    }
    return {**good, **cells}


def judge(rows: Sequence[dict[str, str | None]], *, replay: bool = False, gate: PostGate = GATE) -> PostVerdict:
    table = pa.Table.from_pylist(list(rows), schema=RAW_POST_SCHEMA)
    return gate.judge(PostBatch(table, "reddit r/stocks", PostKind.POST, replay, "a batch", NOW))


def test_a_good_row_becomes_a_post() -> None:
    verdict = judge([row()])
    (post,) = verdict.posts
    assert post.key == PostKey("reddit", "t3_abc")
    assert (post.feed, post.kind, post.author) == ("reddit r/stocks", PostKind.POST, "alice")
    assert post.published_at == datetime(2026, 11, 20, 21, tzinfo=UTC)
    assert post.seen_at == NOW
    assert (post.title, post.body) == ("To the moon", "Dogecoin is going up and everybody I know is buying")
    assert post.url == "https://www.reddit.com/r/stocks/comments/abc/"
    assert post.language == "en"
    assert verdict.quarantined == ()
    assert verdict.result.success


def test_a_replayed_post_was_seen_when_published() -> None:
    (post,) = judge([row()], replay=True).posts
    assert post.seen_at == post.published_at


BROKEN: list[tuple[dict[str, str | None], PostReason]] = [
    ({"id": None}, PostReason.NO_ID),
    ({"id": " "}, PostReason.NO_ID),
    ({"id": "a\0b"}, PostReason.NO_ID),
    ({"id": "a\nb"}, PostReason.NO_ID),
    ({"id": "a\ufffdb"}, PostReason.NO_ID),
    ({"id": "x" * 501}, PostReason.NO_ID),
    ({"platform": None}, PostReason.UNKNOWN_PLATFORM),
    ({"platform": "myspace"}, PostReason.UNKNOWN_PLATFORM),
    ({"published": None}, PostReason.IMPOSSIBLE_TIME),
    ({"published": "yesterday"}, PostReason.IMPOSSIBLE_TIME),
    ({"published": "2026-11-20T21:00:00"}, PostReason.IMPOSSIBLE_TIME),
    ({"published": "2026-02-30T21:00:00Z"}, PostReason.IMPOSSIBLE_TIME),
    ({"published": "1989-12-31T23:59:59Z"}, PostReason.IMPOSSIBLE_TIME),
    ({"published": "0001-01-01T00:00:00+14:00"}, PostReason.IMPOSSIBLE_TIME),
    ({"published": "9999-12-31T23:59:59-14:00"}, PostReason.IMPOSSIBLE_TIME),
    ({"published": (NOW + timedelta(minutes=6)).isoformat()}, PostReason.IMPOSSIBLE_TIME),
    ({"title": None, "body": None}, PostReason.EMPTY),
    ({"title": " \n", "body": "<p>&nbsp;</p><img src='x.png'>"}, PostReason.EMPTY),
    ({"title": "\u200b", "body": "\u200d\ufeff"}, PostReason.EMPTY),
    ({"body": "\x89PNG\x0d\x0a\x1a\x00\x00\x00\x0dIHDR\ufffd\ufffd\ufffd"}, PostReason.GARBLED),
    ({"body": "\ufffd\ufffd \ufffd\ufffd\ufffd"}, PostReason.GARBLED),
    ({"body": "word " * 20_001}, PostReason.TOO_LONG),
    ({"body": "🚀" * 25_001}, PostReason.TOO_LONG),
]


def test_each_broken_row_is_held_back_with_its_reason() -> None:
    rows = [
        row(**{"id": f"t3_{number}", "place": f"place {number}", **cells}) for number, (cells, _) in enumerate(BROKEN)
    ]
    verdict = judge([row(), *rows])
    found = {held.place: held for held in verdict.quarantined}
    assert len(found) == len(rows)
    for raw, (cells, reason) in zip(rows, BROKEN, strict=True):
        held = found[raw["place"] or ""]
        assert held.reason == reason, cells
        assert held.source == "reddit r/stocks"
        assert (held.symbol, held.session) == (raw["id"] or "", raw["published"] or "")
        assert held.row == {name: raw[name] or "" for name in RAW_POST_COLUMNS}
    assert [post.key.id for post in verdict.posts] == ["t3_abc"]
    assert verdict.result.expectations == {reason: sum(reason is other for _, other in BROKEN) for reason in PostReason}
    assert (verdict.result.evaluated, verdict.result.passed) == (len(rows) + 1, 1)


def test_a_line_that_was_no_record_is_held_back_with_its_place() -> None:
    broken = dict.fromkeys(RAW_POST_COLUMNS) | {"body": '{"platform": "x", ', "place": "posts.jsonl:17"}
    (held,) = judge([broken]).quarantined
    assert (held.reason, held.place) == (PostReason.UNREADABLE_LINE, "posts.jsonl:17")
    assert held.row["body"] == '{"platform": "x", '


def test_times_are_kept_in_utc() -> None:
    times = (
        "2026-11-20T21:00:00Z",
        "2026-11-20 16:00:00-05:00",
        "2026-11-21T02:30:00+05:30",
        " 20261120T210000Z ",
        "2026-11-20T21:00:00.000Z",
    )
    posts = judge([row(id=f"t3_{number}", published=text) for number, text in enumerate(times)]).posts
    assert [post.published_at for post in posts] == [datetime(2026, 11, 20, 21, tzinfo=UTC)] * len(times)
    assert {post.published_at.tzinfo for post in posts} == {UTC}


def test_a_platform_s_clock_may_be_a_little_ahead() -> None:
    (post,) = judge([row(published=(NOW + timedelta(minutes=4)).isoformat())]).posts
    assert post.available_at == NOW + timedelta(minutes=4)


def test_the_first_of_two_texts_under_one_id_wins() -> None:
    verdict = judge([row(), row(body="Something else"), row(id="t3_other"), row(platform="x")])
    assert [post.key for post in verdict.posts] == [
        PostKey("reddit", "t3_abc"),
        PostKey("reddit", "t3_other"),
        PostKey("x", "t3_abc"),
    ]
    assert [held.reason for held in verdict.quarantined] == [PostReason.CONFLICTING]
    assert verdict.quarantined[0].row["body"] == "Something else"


def test_the_same_text_again_is_no_fault() -> None:
    verdict = judge([row(), row(), row(title="To  the\nmoon ")])
    assert len(verdict.posts) == 1
    assert verdict.quarantined == ()
    assert verdict.repeated == 2
    assert verdict.result.success


def test_a_broken_copy_does_not_condemn_the_good_one() -> None:
    verdict = judge([row(published="soon", body="Another text"), row()])
    assert [post.body for post in verdict.posts] == [row()["body"]]
    assert [held.reason for held in verdict.quarantined] == [PostReason.IMPOSSIBLE_TIME]


def test_the_text_is_cleaned() -> None:
    cells = row(
        title="Tom &amp; Jerry&#39;s  &quot;deal&quot;",
        body="<p>Shares of <b>Caf\u00c3\u00a9</b> rose<br/>by 5&nbsp;%</p><p>&#x1F680;</p>",
        author=" The\nDaily\u200b News ",
    )
    (post,) = judge([cells]).posts
    assert post.title == 'Tom & Jerry\'s "deal"'
    assert post.body == "Shares of Café rose\nby 5 %\n\n🚀"
    assert post.author == "The Daily News"


def test_a_url_that_is_none_is_left_out() -> None:
    urls = (None, "javascript:alert(1)", "https://" + "a" * 2000, "x", "https://a\n.example/", " https://a.example/\n")
    posts = judge([row(id=f"t3_{number}", url=url) for number, url in enumerate(urls)]).posts
    assert [post.url for post in posts] == ["", "", "", "", "", "https://a.example/"]


def test_the_language_is_marked_and_not_refused() -> None:
    texts = {
        "Die Aktien von Tesla steigen heute, weil die Zahlen besser sind als erwartet": "de",
        "ビットコインの価格が急上昇しています": "ja",
        "The shares fell after the company cut its forecast for the year": "en",
        "GME 🚀🚀": "und",
        "https://example.com/a/very/long/address @someone $TSLA #tag": "und",
    }
    posts = judge([row(id=f"t3_{number}", title="", body=text) for number, text in enumerate(texts)]).posts
    assert {post.body: post.language for post in posts} == texts


def test_nothing_is_judged_at_once() -> None:
    verdict = judge([])
    assert (verdict.posts, verdict.quarantined, verdict.result.evaluated) == ([], (), 0)


def test_platforms_are_those_installed() -> None:
    rows = [row(platform=name) for name in ("reddit", "x", "rss", "newsapi", "file")]
    assert len(judge(rows, gate=PostGate()).posts) == len(rows)
    assert judge([row(platform="myspace")], gate=PostGate()).posts == []


def test_every_reason_is_explained() -> None:
    assert {rule.reason for suite in (POST_VALUES, POST_REPEATS) for rule in suite.rules if rule.note} == set(
        PostReason
    )


cell = st.none() | st.text(max_size=40) | st.sampled_from(["reddit", "x", "t3_a", "2026-11-20T21:00:00Z", "text"])
raw_rows = st.lists(st.fixed_dictionaries(dict.fromkeys(RAW_POST_SCHEMA.names, cell)), max_size=6)


@settings(max_examples=20, deadline=None)
@given(raw_rows)
def test_every_row_is_accounted_for(rows: list[dict[str, str | None]]) -> None:
    verdict = judge(rows)
    assert len(verdict.posts) + verdict.repeated + len(verdict.quarantined) == len(rows)
    assert len({post.key for post in verdict.posts}) == len(verdict.posts)
    assert sum(verdict.result.expectations.values()) == len(verdict.quarantined)
    for post in verdict.posts:
        assert post.text.strip()
        assert "\0" not in post.text + post.author + post.key.id
