"""Precision and recall, by hand and on the posts checked by hand."""

import csv
from pathlib import Path

import pytest

from algo_trading.cli.mentions import LABELS, checked_posts, labelled_texts
from algo_trading.errors import ConfigError
from algo_trading.sentiment.mentions.evaluation import LabelledText, Mistake, evaluate, score
from algo_trading.sentiment.mentions.finder import packaged_finder
from algo_trading.sentiment.mentions.names import packaged_listings
from support.shared_data import needs_shared_data

pytestmark = pytest.mark.unit


def test_scores_by_hand() -> None:
    posts = [
        LabelledText("1", "Tesla and Bitcoin", ("TSLA", "bitcoin")),
        LabelledText("2", "Tesla again, and again Tesla", ()),
        LabelledText("3", "the electric car maker", ("Tesla", "SpaceX")),
        LabelledText("4", "nothing", ()),
        LabelledText("5", "dogecoin", ("DOGE",)),
    ]
    result = evaluate(packaged_finder(), packaged_listings(), posts)
    assert result.posts == 5
    assert (result.overall.found, result.overall.wrong, result.overall.missed) == (3, 1, 1)
    assert result.overall.precision == result.overall.recall == result.overall.f1 == 0.75
    assert list(result.per_name) == ["Tesla (TSLA)", "Bitcoin (BTC)", "Dogecoin (DOGE)"]
    tesla = result.per_name["Tesla (TSLA)"]
    assert (tesla.precision, tesla.recall, tesla.f1) == (0.5, 0.5, 0.5)
    assert result.unlisted == {"SpaceX": 1}
    assert result.mistakes == (Mistake("2", ("TSLA",), ()), Mistake("3", (), ("TSLA",)))
    assert result.posts_per_second > 0


def test_what_is_doubtful_does_not_count_as_found() -> None:
    finder = packaged_finder()
    (mention,) = finder.find(["so LEO again"])[0]
    assert mention.confidence < 0.5
    assert evaluate(finder, packaged_listings(), [LabelledText("1", "so LEO again", ())]).overall.wrong == 0


def test_a_ratio_without_a_case_is_none() -> None:
    nothing = evaluate(packaged_finder(), packaged_listings(), []).overall
    assert nothing == score(0, 0, 0)
    assert (nothing.precision, nothing.recall, nothing.f1) == (None, None, None)
    assert (score(0, 0, 1).precision, score(0, 1, 0).recall) == (None, None)
    assert (score(0, 1, 0).precision, score(0, 0, 1).recall, score(0, 1, 1).f1) == (0.0, 0.0, 0.0)


def test_labelled_texts_of_a_file(tmp_path: Path) -> None:
    path = tmp_path / "posts.csv"
    path.write_text('id,said,about\n1,"J&amp;J, and\nTesla", JNJ ;Tesla\n2,nothing,\n', encoding="utf-8")
    assert labelled_texts(path, "said", "about") == [
        LabelledText("row 1", "J&J, and\nTesla", ("JNJ", "Tesla")),
        LabelledText("row 2", "nothing", ()),
    ]
    with pytest.raises(ConfigError, match="no column 'label'; its columns are: id, said, about"):
        labelled_texts(path, "said", "label")
    with pytest.raises(ConfigError, match="cannot be read"):
        labelled_texts(tmp_path / "nowhere.csv", "said", "label")


def test_the_labels_are_of_listed_instruments_and_each_post_stands_there_once() -> None:
    with LABELS.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    symbols = {listing.instrument.symbol for listing in packaged_listings()}
    assert len({row["post"] for row in rows}) == len(rows) >= 400
    assert {label for row in rows for label in row["labels"].split(";") if label} <= symbols
    assert sum(not row["labels"] for row in rows) >= 200


@needs_shared_data
def test_posts_checked_by_hand() -> None:
    posts = checked_posts()
    with LABELS.open(encoding="utf-8", newline="") as file:
        assert len(posts) == sum(1 for _ in csv.DictReader(file))
    result = evaluate(packaged_finder(), packaged_listings(), posts)
    assert result.unlisted == {}
    assert min(result.overall.precision or 0, result.overall.recall or 0) >= 0.98
    for name in ("Tesla (TSLA)", "Twitter (TWTR)", "Bitcoin (BTC)", "Dogecoin (DOGE)", "Apple (AAPL)"):
        assert min(result.per_name[name].precision or 0, result.per_name[name].recall or 0) >= 0.95, name
