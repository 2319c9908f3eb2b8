"""Made sentences: the same every time, with labels that follow from the frames."""

import pytest

from algo_trading.domain.sentiment import Tone
from algo_trading.sentiment.classify.masking import NAME, OTHER, TARGET
from algo_trading.sentiment.training.augmentation import Sentence, frames, pairs, sentences

pytestmark = pytest.mark.unit


def test_the_same_come_out_every_time() -> None:
    assert sentences() == sentences()
    assert pairs() == pairs()
    assert len(sentences()) > 3_000
    assert len(pairs()) > 3_000


@pytest.mark.parametrize(
    "sentence",
    [
        Sentence(f"{NAME} beats estimates", Tone.POSITIVE),
        Sentence(f"{NAME} 🚀", Tone.POSITIVE),
        Sentence(f"{NAME} {NAME}", Tone.NEUTRAL),
        Sentence(f"closed my {NAME} short", Tone.POSITIVE),
    ],
)
def test_sentences_about_one_name(sentence: Sentence) -> None:
    assert sentence in sentences()


def test_pairs_have_a_label_for_each_name() -> None:
    made = set(pairs())
    assert Sentence(f"{TARGET} beats {OTHER}", Tone.POSITIVE) in made
    assert Sentence(f"{OTHER} beats {TARGET}", Tone.NEGATIVE) in made
    assert Sentence(f"{TARGET} sues {OTHER}", Tone.NEUTRAL) in made


def test_no_placeholder_is_left_and_every_pair_has_the_one_asked_about_once() -> None:
    assert not [made for made in (*sentences(), *pairs()) if "{" in made.text]
    assert all(made.text.count(TARGET) == 1 for made in pairs())


def test_what_is_only_supposed_asked_or_quoted_is_neutral() -> None:
    assert {label for label, _ in frames("unreal")} == {"0"}
    assert {made.tone for made in sentences() if made.text.startswith((f"if {NAME}", "what if "))} == {Tone.NEUTRAL}
