"""The commands about posts and articles, as a stranger would type them, and with a configuration that is wrong."""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pytest

from faults.installations import Installation, installation
from faults.undisturbed import Undisturbed

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("program")]

ROWS = [
    {
        "id": "1",
        "author": "ann",
        "published": "2005-02-14T22:00:00Z",
        "body": "We will buy more $IBM shares, strong buy.",
    },
    {"id": "2", "author": "joe", "published": "2005-02-15T15:00:00Z", "body": "Nothing to say about stocks."},
    {
        "id": "3",
        "author": "ann",
        "published": "2005-02-17T22:00:00Z",
        "body": "$AAPL [/bold] is a strong buy, $IBM too.",
    },
    {"id": "4", "author": "ann", "published": "yesterday", "body": "$IBM"},
    {"id": "5", "author": "ann", "published": "2005-02-16T22:00:00Z", "body": "  "},
]


def feeds(*tables: Mapping[str, object]) -> dict[str, str]:
    """The environment that names these feeds alone."""
    return {"ALGO_FEEDS": json.dumps(tables)}


def post_file(folder: Path, rows: Sequence[Mapping[str, str]] = ROWS, extra: str = "") -> dict[str, object]:
    """A file of posts, whose author ann is an influencer, as a feed."""
    path = folder / "talk.jsonl"
    path.write_text("".join(json.dumps({"platform": "file", **row}) + "\n" for row in rows) + extra, encoding="utf-8")
    return {"platform": "file", "source": str(path), "influencers": ["ann"]}


@pytest.fixture(scope="module")
def desk(undisturbed: Undisturbed) -> Iterator[Installation]:
    """An installation with history on which the file has been read, a broken line in it."""
    with installation(copy_of=undisturbed.prepared) as made:
        made.variables |= feeds(post_file(made.root, extra="{broken\n"))
        first = made.run("run-text", "--json").well().document
        (feed,) = first["collected"]["feeds"]
        counts = {name: feed[name] for name in ("fetched", "new", "known", "quarantined", "error")}
        assert counts == {"fetched": 6, "new": 3, "known": 0, "quarantined": 3, "error": ""}
        assert sum(feed["reasons"].values()) == 3
        assert first["annotated"] == {"posts": 3, "mentions": 3}
        assert (first["decided"]["decided"], first["decided"]["skipped"]) == (3, [])
        assert first["queued"] == first["delivered"]["sent"] > 0
        yield made


def test_again_changes_nothing(desk: Installation) -> None:
    before = desk.world()
    again = desk.run("run-text", "--json").well().document
    assert (again["annotated"], again["decided"]["new"], again["queued"]) == ({"posts": 0, "mentions": 0}, 0, 0)
    assert again["delivered"]["sent"] == 0
    assert not desk.world().differences(before)
    shown = desk.run("run-text").well().out
    assert "posts annotated" in shown


def test_the_newest_posts_with_what_they_mention(desk: Installation) -> None:
    newest, plain, oldest = desk.run("posts", "--json").well().document
    assert [newest["key"]["id"], plain["key"]["id"], oldest["key"]["id"]] == ["3", "2", "1"]
    assert {"author", "published_at", "title", "body", "url", "language", "feed", "kind"} <= newest.keys()
    assert [mention["instrument"]["symbol"] for mention in newest["mentions"]] == ["AAPL", "IBM"]
    assert plain["mentions"] == []
    (mention,) = oldest["mentions"]
    assert {"confidence", "sentiment", "topic", "impact", "influencer", "matched", "kind"} <= mention.keys()
    assert mention["influencer"] is True
    shown = desk.run("posts").well().out
    assert "[/bold]" in shown
    assert "file ann" in shown
    assert newest["mentions"][0]["topic"] not in shown  # that is in the JSON: the table has no room for it
    for post in (newest, plain, oldest):
        assert post["language"] == "en" or post["language"] in shown
    assert len(desk.run("posts", "--limit", "1", "--json").well().document) == 1


def test_status_tells_how_far_each_feed_is(desk: Installation) -> None:
    status = desk.run("status", "--json").well().document
    (feed,) = status["feeds"]
    assert feed["name"].startswith("file ")
    assert feed["newest"].startswith("2005-02-17")
    assert feed["error"] == ""
    assert (status["rows"]["posts"], status["rows"]["articles"], status["rows"]["mentions"]) == (3, 0, 3)
    assert status["rows"]["quarantined"] == 3


def test_rows_that_are_held_back_are_named_by_their_lines(desk: Installation) -> None:
    rows = desk.run("quarantine", "--json").well().document["rows"]
    assert sorted(row["place"].rpartition(":")[2] for row in rows) == ["4", "5", "6"]
    assert all(row["reason"] for row in rows)


@pytest.mark.parametrize(
    ("tables", "sentence", "code"),
    [
        ([], "no feed is configured: add a [[feeds]] table with platform and source", 2),
        (
            [{"platform": "usenet", "source": "a"}],
            "there is no platform 'usenet'; known are: file, newsapi, reddit, rss, x",
            2,
        ),
        (
            [{"platform": "file", "source": "a.jsonl"}] * 2,
            "ALGO_FEEDS: feeds.1: 'file a.jsonl' is configured twice; keep one of the entries",
            2,
        ),
        ([{"platform": "file", "source": "a.jsonl", "kind": "blog"}], "ALGO_FEEDS: feeds.0.kind: ", 2),
        ([{"platform": "file", "source": "nowhere.jsonl"}], "nowhere.jsonl cannot be read: no such file", 1),
        ([{"platform": "x", "source": "@somebody"}], "ALGO_PLATFORMS__X__BEARER_TOKEN", 1),
    ],
)
def test_a_wrong_feed_is_one_sentence(
    tables: list[dict[str, str]], sentence: str, code: int, desk: Installation
) -> None:
    finished = desk.run("run-text", **feeds(*tables))
    assert sentence in finished.sentence
    assert finished.sentence.startswith("error: ")
    assert finished.code == code


def test_a_feed_that_fails_does_not_stop_the_others(desk: Installation, tmp_path: Path) -> None:
    late = {"id": "6", "author": "joe", "published": "2005-02-17T23:00:00Z", "body": "$GOOG again."}
    both = feeds(post_file(tmp_path, [late]), {"platform": "file", "source": "nowhere.jsonl"})
    finished = desk.run("run-text", "--json", **both).well().document
    good, bad = finished["collected"]["feeds"]
    assert (good["new"], good["error"]) == (1, "")
    assert "nowhere.jsonl cannot be read" in bad["error"]
    states = {feed["name"]: feed["error"] for feed in desk.run("status", "--json").well().document["feeds"]}
    assert "cannot be read" in states["file nowhere.jsonl"]


def test_what_failed_or_waits_is_a_line_beside_what_worked(desk: Installation, tmp_path: Path) -> None:
    rows = [
        {"id": "7", "author": "ann", "published": "2005-02-28T22:00:00Z", "body": "$IBM is a strong buy."},
        {"id": "9", "author": "ann", "published": "1995-02-28T22:00:00Z", "body": "$IBM is a strong buy."},
    ]
    (tmp_path / "folder.jsonl").mkdir()
    (tmp_path / "wrong.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    tables: list[dict[str, object]] = [
        post_file(tmp_path, rows),
        *(
            dict[str, object](platform="file", source=str(tmp_path / name))
            for name in ("gone.csv", "folder.jsonl", "wrong.csv")
        ),
        {"platform": "reddit", "source": "stocks"},
    ]
    finished = desk.run("run-text", **feeds(*tables)).well()
    lines = finished.err.splitlines()
    assert len(lines) == 5, finished.err
    for line, (name, sentence) in zip(
        lines,
        [
            ("gone.csv", "no such file"),
            ("folder.jsonl", "is a directory"),
            ("wrong.csv", "first line must name"),
            ("reddit stocks", "r/"),
        ],
        strict=False,
    ):
        assert line.startswith("warning: ")
        assert name in line
        assert sentence in line
    assert lines[-1] == (
        # The other one is older than any bar of IBM here.
        "warning: 1 mention waits for the bars of 2005-02-28 .. 2005-02-28: "
        "load them with `algo-trading load --from 2005-02-28 --to 2005-02-28`"
    )
    assert "signals decided" in finished.out
    states = {feed["name"]: feed for feed in desk.run("status", "--json").well().document["feeds"]}
    assert states["reddit stocks"]["configured"] is False
    assert "no longer" in desk.run("status").well().out


def test_where_every_feed_failed_there_is_the_error_alone(desk: Installation) -> None:
    finished = desk.run("run-text", **feeds({"platform": "file", "source": "nowhere.jsonl"}))
    assert finished.out == ""
    assert "nowhere.jsonl" in finished.sentence
