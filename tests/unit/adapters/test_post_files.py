"""Files of posts: what is tolerated, where a line stands, and what is not a file of posts at all."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from algo_trading.adapters.post_files import build
from algo_trading.domain.post import PostKind, Watermark
from algo_trading.errors import ConfigError, SourceError
from algo_trading.gateways.post_feeds import RAW_POST_SCHEMA, FeedPage, PostFeed
from algo_trading.plugins import FeedContext, PluginConfig
from support.shared_data import SHARED_DATA, needs_shared_data

pytestmark = pytest.mark.unit

UNTIL = datetime(2026, 11, 20, 12, tzinfo=UTC)
GOOD = '{"platform": "x", "id": "1", "author": "a", "published": "2026-11-20T10:00:00Z", "body": "one"}'
LATER = '{"platform": "x", "id": "2", "author": "a", "published": "2026-11-20T11:00:00Z", "body": "two"}'
HEADER = "platform,id,author,published,body"


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def opened(source: str, kind: PostKind | None = None) -> PostFeed:
    return build(PluginConfig(), FeedContext(f"file {source}", Path.cwd() / "var", source, kind))


def read(source: str, since: Watermark = Watermark()) -> list[dict[str, Any]]:  # noqa: B008 - it is frozen
    feed = opened(source)
    return [row for page in feed.poll(since, UNTIL) for row in feed.parse(page).to_pylist()]


def test_a_path_is_relative_to_the_folder_of_the_configuration(tmp_path: Path) -> None:
    (tmp_path / "news").mkdir()
    path = tmp_path / "news" / "posts.jsonl"
    path.write_text(GOOD)
    assert [row["id"] for row in read("news/posts.jsonl")] == ["1"]
    assert [row["place"] for row in read(str(path))] == [f"{path}:1"]


def test_the_kind_can_be_chosen() -> None:
    assert opened("a.csv").kind is PostKind.POST
    assert opened("a.csv", PostKind.ARTICLE).kind is PostKind.ARTICLE


@pytest.mark.parametrize("source", ["posts.txt", "posts", "package:", "package:../x.csv", "package:a/b.csv"])
def test_another_source_is_a_mistake(source: str) -> None:
    with pytest.raises(ConfigError):
        opened(source)


@pytest.mark.parametrize("source", ["missing.jsonl", "folder.csv", "package:missing.jsonl"])
def test_a_file_that_cannot_be_read_is_an_error(tmp_path: Path, source: str) -> None:
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(SourceError, match="cannot be read"):
        read(source)


@pytest.mark.parametrize(
    ("given", "identity"),
    [
        ('"a1"', "a1"),
        ("12345678901234567890", "12345678901234567890"),
        ("true", None),
        ("1e30", None),
        ("1.0", None),
        ("[1]", None),
        ("{}", None),
        ("null", None),
    ],
)
def test_an_id_is_text_or_a_whole_number(tmp_path: Path, given: str, identity: str | None) -> None:
    (tmp_path / "posts.jsonl").write_text(GOOD.replace('"1"', given))
    (row,) = read("posts.jsonl")
    assert (row["id"], row["body"]) == (identity, "one")


def test_a_broken_line_does_not_spoil_the_others(tmp_path: Path) -> None:
    lines = [GOOD, "{cut", "", '"text"', "[1]", '{"other": 1}', LATER]
    (tmp_path / "posts.jsonl").write_text("\n".join(lines))
    rows = read("posts.jsonl")
    assert [(row["id"], row["body"].strip(), row["place"]) for row in rows] == [
        ("1", "one", "posts.jsonl:1"),
        (None, "{cut", "posts.jsonl:2"),
        (None, '"text"', "posts.jsonl:4"),
        (None, "[1]", "posts.jsonl:5"),
        (None, '{"other": 1}', "posts.jsonl:6"),
        ("2", "two", "posts.jsonl:7"),
    ]


def test_broken_lines_come_once(tmp_path: Path) -> None:
    undated = '{"platform": "x", "id": "3", "published": "soon", "body": "three"}'
    path = tmp_path / "posts.jsonl"
    path.write_text("\n".join([GOOD, "{cut", undated, LATER]))
    (page,) = opened("posts.jsonl").poll(Watermark(), UNTIL)
    since = Watermark(datetime(2026, 11, 20, 10, tzinfo=UTC), "1", page.token)
    assert [(row["id"], row["place"]) for row in read("posts.jsonl", since)] == [("2", "posts.jsonl:4")]
    with path.open("a") as file:
        file.write("\n{cut off\n" + undated.replace("3", "4"))
    assert [row["place"].partition(":")[2] for row in read("posts.jsonl", since)] == ["1", "2", "3", "4", "5", "6"]


def test_a_file_that_does_not_begin_yet_gives_nothing(tmp_path: Path) -> None:
    (tmp_path / "posts.jsonl").write_text("\n".join([GOOD.replace("T10", "T13"), "{cut"]))
    assert read("posts.jsonl") == []


def test_what_is_still_to_come_is_given_once_to_be_held_back(tmp_path: Path) -> None:
    (tmp_path / "posts.jsonl").write_text("\n".join([GOOD, LATER.replace("2026", "2999")]))
    feed = opened("posts.jsonl")
    (page,) = feed.poll(Watermark(), UNTIL)
    assert [row["id"] for row in feed.parse(page).to_pylist()] == ["1", "2"]
    assert read("posts.jsonl", Watermark(datetime(2026, 11, 20, 10, tzinfo=UTC), "1", page.token)) == []


def test_a_broken_record_of_a_table_keeps_its_line(tmp_path: Path) -> None:
    lines = [
        HEADER,
        'x,1,a,2026-11-20T10:00:00Z,"one\nand\r\na half"',
        "x,2,a",
        "",
        "x,3,a,soon,three",
        "x,4,a,2026-11-20T11:00:00Z,four,and more",
        "x,5,a,2026-11-20T11:00:00Z," + "long " * 30_000,
        "x,6,a,2026-11-20T11:00:00Z,six",
    ]
    (tmp_path / "posts.csv").write_bytes("\n".join(lines).encode())
    rows = {row["place"].partition(":")[2]: row for row in read("posts.csv")}
    assert rows["2"]["body"] == "one\nand\na half"
    assert (rows["5"]["id"], rows["5"]["body"].strip()) == (None, "x,2,a")
    assert (rows["7"]["id"], rows["7"]["published"]) == ("3", "soon")
    assert (rows["8"]["id"], rows["8"]["body"][:6]) == (None, "x,4,a,")
    assert rows["10"]["id"] == "6"


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("posts.csv", b""),
        ("posts.csv", b"\n\n"),
        ("posts.csv", b"a,b\n1,2\n"),
        ("posts.csv", HEADER.encode() + b",body\n"),
        ("posts.csv", HEADER.encode() + b"\nx,1\n"),
        ("posts.jsonl", b"<html>\n</html>\n"),
        ("posts.jsonl", b"\x89PNG\r\n\x1a\n"),
        ("posts.jsonl", b"[" * 100_000),
    ],
)
def test_a_file_without_any_post_is_an_error(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(SourceError, match=name):
        read(name)


def test_bytes_that_are_no_text_reach_the_gate_as_such(tmp_path: Path) -> None:
    (tmp_path / "posts.jsonl").write_bytes(b"\xef\xbb\xbf" + GOOD.replace("one", "caf\udcff").encode(errors="replace"))
    (tmp_path / "latin.jsonl").write_bytes(GOOD.encode().replace(b"one", b"caf\xe9"))
    assert read("posts.jsonl")[0]["id"] == "1"
    assert read("latin.jsonl")[0]["body"] == "caf\ufffd"


def test_values_that_are_no_text_become_text(tmp_path: Path) -> None:
    record = {
        "platform": "x",
        "id": 2**60 + 1,
        "author": None,
        "published": "2026-11-20T10:00:00+00:00",
        "title": ["a", 1],
        "body": "half \ud83d",
    }
    (tmp_path / "posts.jsonl").write_text(json.dumps(record))
    (row,) = read("posts.jsonl")
    assert (row["id"], row["author"], row["title"]) == (str(2**60 + 1), None, '["a", 1]')
    assert row["body"] == "half \ufffd"


def pages_of(suffix: str) -> st.SearchStrategy[bytes]:
    line = st.sampled_from([GOOD, LATER, HEADER, 'x,1,a,b,"c', '"', "{", '{"id": 1}', "\ufeff", "\r", "\0", ","])
    text = st.lists(line | st.text(max_size=10), max_size=6).map("\n".join)
    start = st.just(f"{HEADER}\n") if suffix == ".csv" else st.just("")
    return st.binary(max_size=60) | st.builds(lambda first, rest: (first + rest).encode(), start, text)


@pytest.mark.parametrize("suffix", [".csv", ".jsonl"])
@settings(deadline=None)
@given(data=st.data())
def test_any_page_is_read_or_refused(suffix: str, data: st.DataObject) -> None:
    content = data.draw(pages_of(suffix))
    feed = opened(f"posts{suffix}")
    try:
        table = feed.parse(FeedPage(content, "text/plain", suffix))
    except SourceError:
        return
    assert table.schema == RAW_POST_SCHEMA
    assert table.num_rows > 0
    assert len(set(table["place"].to_pylist())) == table.num_rows


@needs_shared_data
def test_real_tweets_are_replayed(tmp_path: Path) -> None:
    import csv

    source = SHARED_DATA / "social_market" / "musk_tweets" / "elonmusk_2010-06_2023-06.csv"
    with source.open(encoding="utf-8", newline="") as file, (tmp_path / "x.csv").open("w", newline="") as target:
        writer = csv.writer(target)
        writer.writerow(("platform", "id", "author", "published", "body"))
        tweets = list(csv.DictReader(file))
        writer.writerows(("x", t["Tweet Id"], t["Username"], t["Datetime"], t["Text"]) for t in tweets)
    rows = read("x.csv")
    assert [row["id"] for row in rows] == [tweet["Tweet Id"] for tweet in tweets]
    assert [row["body"] for row in rows] == [tweet["Text"].replace("\r\n", "\n") for tweet in tweets]
