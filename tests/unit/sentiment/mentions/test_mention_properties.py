"""Rules that hold for any text."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from algo_trading.domain.instrument import Instrument
from algo_trading.domain.listing import Listing
from algo_trading.domain.post import MatchKind
from algo_trading.sentiment.cleaning import plain_text
from algo_trading.sentiment.mentions.finder import packaged_finder
from algo_trading.sentiment.mentions.names import packaged_listings

pytestmark = pytest.mark.unit

FINDER = packaged_finder()
NAMES = sorted({name for one in packaged_listings() for name in (one.name, one.instrument.symbol, *one.aliases)})
CASES = st.sampled_from([str, str.upper, str.lower, str.title, str.swapcase])
SPOKEN = st.builds(lambda name, case: case(name), st.sampled_from(NAMES), CASES)
SIGNS = st.sampled_from(
    [*" .,;:!?$#@'/-_()\n\0\u2019\u2026\u00a0\U0001f680\u00e9\u00df\u0130x7", "https://", "www.", "RT @"]
)
ANY = st.text(st.characters(), max_size=8)  # half surrogate pairs, too
TEXTS = st.lists(SPOKEN | SIGNS | ANY, max_size=12).map("".join) | st.lists(SPOKEN | ANY, max_size=8).map(" ".join)


@given(TEXTS)
def test_offsets_are_those_of_the_text(text: str) -> None:
    end, clean = 0, plain_text(text)
    for mention in FINDER.find([text])[0]:
        assert end <= mention.start < mention.end <= len(clean)
        assert clean[mention.start : mention.end] == mention.matched
        assert 0.3 <= mention.confidence <= 1
        end = mention.end


@given(TEXTS)
def test_a_mention_is_no_part_of_a_longer_word(text: str) -> None:
    for mention in FINDER.find([text])[0]:
        clean = plain_text(text)
        around = clean[max(mention.start - 1, 0) : mention.start] + clean[mention.end : mention.end + 1]
        assert not any(char.isalnum() or char == "_" for char in around)


@given(st.lists(TEXTS, max_size=6))
def test_a_batch_is_its_texts_one_by_one(texts: list[str]) -> None:
    assert FINDER.find(texts) == [FINDER.find([text])[0] for text in texts]


@given(
    st.sampled_from(packaged_listings()),
    st.text(" .,;!?\n\u00e9\u2026\U0001f680", max_size=4).map(lambda mess: mess + " "),
)
def test_a_cashtag_is_found_wherever_it_stands(listing: Listing, mess: str) -> None:
    symbol = listing.instrument.symbol
    text = f"{mess}${symbol} {mess}"
    (mention,) = FINDER.find([text])[0]
    assert mention.kind is MatchKind.CASHTAG
    assert mention.matched == symbol
    assert mention.confidence > 0.9


@given(st.text(string.ascii_lowercase + " ", max_size=40))
def test_what_stands_behind_a_blank_does_not_unmake_a_name(text: str) -> None:
    instruments = {mention.instrument for mention in FINDER.find([f"Dogecoin {text}"])[0]}
    assert Instrument("DOGE", "24/7") in instruments
