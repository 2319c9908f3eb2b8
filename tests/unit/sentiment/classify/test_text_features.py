"""What texts have in common for our models, and what sets them apart."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from algo_trading.sentiment.classify.features import CHUNK, hashed_features
from algo_trading.sentiment.classify.lexicon import MOST_ROLES, role_table, roles
from algo_trading.sentiment.classify.tokens import TABLE_SLOTS, codes_of, flags_of, word_table

pytestmark = pytest.mark.unit


def buckets(text: str) -> list[int]:
    (chunk,) = hashed_features([text])
    return list(map(int, chunk.buckets))


@pytest.mark.parametrize(
    ("text", "other"),
    [
        ("Profit up 5% in 2019", "profit UP 17.5% in 2020"),
        ("$AAPL is cheap", "$BRK.B is cheap"),
        ("read https://t.co/abc now", "read http://example.org/?a=1&b=2 now"),
        ("thanks @someone!", "thanks @Else_1!"),
        ("Apple's profit", "Apple profit"),
        ("it isn\u2019t", "it isn't"),
        ("AT&amp;T", "AT&T"),
        ("#stocks rise", "stocks rise"),
        ("paid $3.5 bln", "paid $1,200 bln"),
        ("2.1 mln from 1.9 mln", "5 mln from 0.3 mln"),
        ("from EUR 8.7 mn to EUR 13.1 mn", "from EUR131 mn to EUR1,999.5 mn"),
    ],
)
def test_texts_that_are_the_same_to_a_model(text: str, other: str) -> None:
    assert buckets(text) == buckets(other)


@pytest.mark.parametrize(
    ("text", "other"),
    [
        ("profit up", "profit down"),
        ("not good", "very good"),
        ("up 5%", "up 5"),
        ("costs $5", "costs 5"),
        ("+5 points", "-5 points"),
        ("2.1 mln from 1.9 mln", "1.9 mln from 2.1 mln"),
        ("from 8.7 to 13.1", "from 13.1 to 8.7"),
        ("74 cents; consensus 86 cents", "86 cents; consensus 74 cents"),
        ("900 mln vs. 1.1 bln", "900 mln vs. 1.1 mln"),
        ("sales: 5k against 4,000", "sales: 3k against 4,000"),
    ],
)
def test_texts_that_differ_to_a_model(text: str, other: str) -> None:
    assert buckets(text) != buckets(other)


PLAIN, DENIED, UNREAL = "xxname is good", "xxname is not good", "is xxname good?"


def gram(text: str, word: str) -> int:
    """The bucket of a word of the text by itself."""
    (chunk,) = hashed_features([text], placed=True)
    low, high = text.encode().index(word.encode()), text.encode().index(word.encode()) + len(word.encode())
    (first, *_) = [
        bucket
        for bucket, (begin, end) in zip(chunk.buckets.tolist(), chunk.places.tolist(), strict=True)
        if (begin, end) == (low, high) and bucket < 1 << 18
    ]
    return int(first)


@pytest.mark.parametrize(
    ("text", "like"),
    [
        ("it is good", PLAIN),
        ("never a good day", DENIED),
        ("not one of all those good", DENIED),
        ("not one of all those very many good", PLAIN),
        ("not it. good", PLAIN),
        ("not it, good", PLAIN),
        ("not it but good", PLAIN),
        ("isn't good", DENIED),
        ("isnt good", DENIED),
        ("nothing good", DENIED),
        ("no doubt good", PLAIN),
        ("if it is good", UNREAL),
        ("it is good if so", UNREAL),
        ("even if so it is good", PLAIN),
        ("should it be good, fine", UNREAL),
        ("so? it is good", PLAIN),
    ],
)
def test_what_a_sentence_does_to_a_word(text: str, like: str) -> None:
    assert gram(text, "good") == gram(like, "good")


def test_scopes_differ() -> None:
    quoted = 'he said "it is good and so on" again'
    assert len({gram(text, "good") for text in (PLAIN, DENIED, UNREAL, quoted)}) == 4


@pytest.mark.parametrize(
    "text",
    [
        '"it is good and so on"',
        'he said "good stuff" again',
        'a 5" good screen for all of us',
        "he said \u201cso good\u201d",
    ],
)
def test_what_is_no_quotation(text: str) -> None:
    assert gram(text, "good") == gram(PLAIN, "good")


@pytest.mark.parametrize(
    ("text", "other"),
    [
        ("up 🚀🚀", "up 🚀 🚀"),
        ("up 👍🏽", "up 👍"),
        ("up ⬆️", "up ⬆"),
        ("$AAPL up", "xxname up"),
        ("can't win", "cant win"),
    ],
)
def test_spellings_that_are_the_same(text: str, other: str) -> None:
    assert [b for b in buckets(text) if b < 1 << 18] == [b for b in buckets(other) if b < 1 << 18]


@pytest.mark.parametrize(
    "text",
    [
        "die aktie ist heute sehr gut und steigt",
        "las acciones suben hoy pero no mucho",
        "le titre est en hausse pour elle et lui",
    ],
)
def test_other_languages_have_no_features(text: str) -> None:
    assert buckets(text) == []


def test_english_with_a_foreign_word_has_features() -> None:
    assert buckets("El Pollo Loco beats estimates, the shares are up")


@given(texts=st.lists(st.text(max_size=40), min_size=1, max_size=8))
@settings(deadline=None)
def test_a_text_has_the_same_features_in_any_company(texts: list[str]) -> None:
    (chunk,) = hashed_features(texts)
    for (low, high), text in zip(pairwise(chunk.bounds.tolist()), texts, strict=True):
        assert chunk.buckets[low:high].tolist() == buckets(text)


@given(text=st.text(max_size=60))
@settings(deadline=None)
def test_places_are_within_the_text(text: str) -> None:
    (chunk,) = hashed_features([text], placed=True)
    assert (chunk.places[:, 0] <= chunk.places[:, 1]).all()
    assert (chunk.places >= 0).all()
    assert (chunk.places <= len(chunk.text)).all()


def test_places_are_left_out_unless_they_are_asked_for() -> None:
    (bare,), (placed,) = hashed_features([PLAIN]), hashed_features([PLAIN], placed=True)
    assert len(bare.places) == 0 < len(placed.places)
    assert bare.buckets.tolist() == placed.buckets.tolist()


def test_a_table_of_words_tells_of_which_sets_a_word_is() -> None:
    more = codes_of(" ".join(f"w{number}" for number in range(TABLE_SLOTS // 2)))  # many share a slot
    keys, flags = word_table(codes_of("up down"), codes_of("down"), more)
    found = [flags_of(code, keys, flags) for code in (*codes_of("up down left"), *more)]
    assert found == [1, 3, 0, *[4] * len(more)]


def test_many_texts_come_in_chunks() -> None:
    counts = [len(chunk.bounds) - 1 for chunk in hashed_features(["a"] * (2 * CHUNK + 1))]
    assert counts == [CHUNK, CHUNK, 1]
    assert list(hashed_features([])) == []


def test_long_texts_come_in_smaller_chunks() -> None:
    texts = ["profit up " * 3_000] * 5 + ["a"] * 3
    assert [len(chunk.bounds) - 1 for chunk in hashed_features(texts)] == [2, 2, 4]
    assert [len(chunk.bounds) - 1 for chunk in hashed_features(["a" * 90_000, "b"])] == [1, 1]


@pytest.mark.parametrize(
    "text", ["a" * 50_000, "cut " * 30_000, "1 " * 40_000, "\ud800", "ﬀ🚀" * 9_000, "not " * 20_000]
)
def test_long_and_odd_texts_have_features(text: str) -> None:
    assert len(buckets(text)) > 0


def test_every_word_of_the_lexicon_has_its_roles() -> None:
    keys, packed, _ = role_table()
    assert (keys > 0).sum() >= len(roles())
    assert all(1 <= len(numbers) <= MOST_ROLES for numbers in roles().values())
    assert max(max(numbers) for numbers in roles().values()) < 128
    assert (packed[keys > 0] > 0).all()
    assert roles()["slashed"] == roles()["slashes"]
