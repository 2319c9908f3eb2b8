"""LabelledTexts texts from CSV files as people have them, and the part of the shared sets that is kept for testing."""

from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from algo_trading.domain.sentiment import Tone, Topic
from algo_trading.errors import ConfigError
from algo_trading.sentiment.classify.aspect import aspect_views
from algo_trading.sentiment.training.csv_columns import LONGEST_FIELD
from algo_trading.sentiment.training.datasets import (
    PARTS,
    EntityHeadline,
    headlines,
    news,
    part_of,
    read_labelled,
    tone_labels,
    topic_labels,
    topics,
    tweets,
)
from support.shared_data import SHARED_DATA, needs_shared_data

pytestmark = pytest.mark.unit

SETS = SHARED_DATA / "sentiment_events"


def read(path: Path, content: bytes, **mapping: str) -> list[tuple[str, str]]:
    path.write_bytes(content)
    found = read_labelled(path, "text", "label", tone_labels(), mapping)
    return list(zip(found.texts, found.labels, strict=True))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "texts.csv"


def test_labels_may_be_written_in_many_ways(path: Path) -> None:
    content = b"id,text,label\n1,up,Positive\n2,down, BEARISH \n3,,neutral\n4,flat,2.0\n5,so,0\n"
    mapping = {"2": "neutral", "0": "negative"}
    assert read(path, content, **mapping) == [
        ("up", "positive"),
        ("down", "negative"),
        ("flat", "neutral"),
        ("so", "negative"),
    ]


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ("text,label\ncafé,neutral\n".encode(), "café"),
        ("text,label\ncafé,neutral\n".encode("utf-8-sig"), "café"),
        ("text,label\ncafé,neutral\n".encode("latin-1"), "café"),
        ("text,label\ncafé,neutral\n".encode("utf-16"), "café"),
        (b'text,label\r\n"two\nlines, ""quoted""",neutral\r\n', 'two\nlines, "quoted"'),
    ],
)
def test_encodings_and_quoted_line_ends(content: bytes, text: str, path: Path) -> None:
    assert read(path, content) == [(text, "neutral")]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "is empty"),
        (b"\n \n", "is empty"),
        (b"text,label\n", "has no row with a text and a label"),
        (b"words,label\nup,positive\n", "has no column 'text'; its columns are: words, label"),
        (b" \nup\n", "has no column 'text'; its columns are: none"),
        (b"text,mood\nup,positive\n", "has no column 'label'; its columns are: text, mood"),
        (b"text,label\nup,glad\nup,3\n", "labels that name no class: 'glad', '3'; map them with --map"),
        (b"text,label\nup,positive\nup,\n", "line 3: the text has no label in the column 'label'"),
        (b"text,label\nup,positive\nup\n", "line 3 has 1 cell for 2 columns; give each column one"),
        (b"text,label\nup,positive\nup, up,positive\n", "line 3 has 3 cells for 2 columns; quote a text with commas"),
        (b"text,label,\nup,down,positive\n", "line 2 has 3 cells for 2 columns; quote a text with commas"),
        (b"label,text\npositive,up, but, then\n", "line 2 has 4 cells for 2 columns; quote a text with commas"),
        (b'text,label\n\n"two\nlines",\n', "line 3: the text has no label"),
        (b"text,label,text\nup,positive,down\n", "has 2 columns 'text'; rename all but one"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "is not a text file"),
        (b"PK\x03\x04\x14\0", "is not a text file"),
    ],
)
def test_what_is_wrong_with_a_file_is_one_sentence(content: bytes, sentence: str, path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        read(path, content)
    assert sentence in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "content",
    [b"text,label\nup,positive,\n", b"text,label,,\nup,positive\n", b"text,label\n \nup,positive, ,\n\n\t\n,\n"],
)
def test_empty_cells_at_the_end_and_blank_lines_mean_nothing(content: bytes, path: Path) -> None:
    assert read(path, content) == [("up", "positive")]


def test_a_field_that_is_too_long_is_named_by_its_line(path: Path) -> None:
    long = b"x" * (LONGEST_FIELD + 1)
    for content, line in ((b'text,label\nup,positive\n"up' + long, 3), (long, 1)):
        with pytest.raises(ConfigError, match=f"line {line}: field larger than field limit"):
            read(path, content)


def test_a_folder_or_nothing_is_no_file(tmp_path: Path) -> None:
    for place in (tmp_path, tmp_path / "nothing.csv"):
        with pytest.raises(ConfigError, match="cannot be read"):
            read_labelled(place, "text", "label", tone_labels(), {})


def test_topics_go_by_number_name_and_published_name() -> None:
    known = topic_labels()
    assert [known[str(number)] for number in range(20)] == [topic.value for topic in Topic]
    for topic in Topic:
        assert known[topic.value] == topic.value


@pytest.mark.parametrize(
    ("label", "topic"),
    [
        ("Analyst Update", Topic.ANALYST_UPDATE),
        ("Fed | Central Banks", Topic.FED_CENTRAL_BANKS),
        ("Company | Product News", Topic.COMPANY_PRODUCT_NEWS),
        ("M&A | Investments", Topic.MA_INVESTMENTS),
        ("Gold | Metals | Materials", Topic.GOLD_METALS_MATERIALS),
        ("IPO", Topic.IPO),
    ],
)
def test_published_names(label: str, topic: Topic, path: Path) -> None:
    path.write_text(f'text,label\nwords,"{label}"\n')
    assert read_labelled(path, "text", "label", topic_labels(), {}).labels == [topic.value]


@given(text=st.text())
def test_what_is_held_out_depends_on_the_text_alone(text: str) -> None:
    assert part_of(text) == part_of(f" {text}\n")
    assert 0 <= part_of(text) < PARTS


@given(text=st.text(max_size=40), data=st.data())
def test_views_mark_the_one_and_the_others(text: str, data: st.DataObject) -> None:
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), min_size=2, max_size=8)))
    spans = list(zip(cuts[::2], cuts[1::2], strict=False))
    wholes, clauses = aspect_views(text, spans)
    outside = text[: spans[0][0]] + "".join(text[a[1] : b[0]] for a, b in pairwise(spans))
    outside += text[spans[-1][1] :]
    for own, whole, clause in zip(spans, wholes, clauses, strict=True):
        assert whole.count("xxtarget") == clause.count("xxtarget") == 1
        others = [span for span in spans if span[0] < span[1] and span != own]
        assert whole.count("xxother") == len(others)
        assert clause in whole
        # A cashtag's or hashtag's sign goes with its name.
        assert unsigned(whole.replace("xxtarget", "").replace("xxother", "")) == unsigned(outside)


def unsigned(text: str) -> str:
    return text.replace("$", "").replace("#", "")


def test_a_sign_goes_with_its_name() -> None:
    assert aspect_views("$TSLA up, $AMD down", [(1, 5), (11, 14)])[0] == [
        "xxtarget up, xxother down",
        "xxother up, xxtarget down",
    ]


def test_a_clause_ends_where_another_begins() -> None:
    text = "Gold shines, while Silver is dull: report"
    _, (gold, silver) = aspect_views(text, [(0, 4), (19, 25)])
    assert (gold, silver) == ("xxtarget shines", "xxtarget is dull")


def test_entities_of_a_headline() -> None:
    headline = EntityHeadline(
        "ITC up, IT down as M&M", {"IT": Tone.NEGATIVE, "ITC": Tone.POSITIVE, "M&M": Tone.NEGATIVE}
    )
    assert [headline.text[a:b] for a, b in headline.spans] == ["IT", "ITC", "M&M"]
    assert headline.spans[0] == (8, 10)
    assert headline.common is None
    assert EntityHeadline("ITC up", {"ITC": Tone.POSITIVE}).common is Tone.POSITIVE


@needs_shared_data
def test_the_shared_sets_are_read_whole() -> None:
    assert len(tweets(SETS)) == 9543
    assert len(topics(SETS)) == 16990
    assert len(news(SETS)) == 4845
    assert len(headlines(SETS)) > 10_700
    for labelled in (tweets(SETS), topics(SETS)):
        learn, kept = labelled.split()
        assert len(learn) + len(kept) == len(labelled)
        assert 0.09 < len(kept) / len(labelled) < 0.11
        assert not set(learn.texts) & set(kept.texts)
