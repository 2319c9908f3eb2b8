"""The scorers `textblob` and `vader`, beside the libraries themselves."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from textblob import TextBlob
from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

from algo_trading.domain.sentiment import Sentiment, Tone
from algo_trading.errors import ConfigError, UnknownNameError
from algo_trading.sentiment.classify.lexical import build_textblob, build_vader, toned
from algo_trading.sentiment.classify.scorers import build_scorer, scorer_names

pytestmark = pytest.mark.unit

WORDS = [
    "not",
    "very",
    "good",
    "bad",
    "never",
    "terribly",
    "great",
    ":)",
    ":(",
    "!!",
    "isn't,",
    "horrible.",
    "nice?",
    "5%",
]
TEXTS = st.text(max_size=60) | st.lists(st.sampled_from(WORDS), max_size=12).map(" ".join)
TEXTBLOB, VADER, ANALYZER = build_textblob(), build_vader(), SentimentIntensityAnalyzer()


@given(text=TEXTS)
@settings(deadline=None, max_examples=300)
def test_textblob_is_textblob_to_the_last_bit(text: str) -> None:
    assert TEXTBLOB.score([text])[0].score == TextBlob(text).sentiment.polarity


@given(text=TEXTS)
@settings(deadline=None)
def test_vader_is_its_compound_score(text: str) -> None:
    assert VADER.score([text])[0].score == ANALYZER.polarity_scores(text)["compound"]


@pytest.mark.parametrize(
    ("polarity", "expected"),
    [
        (0.0, Sentiment(Tone.NEUTRAL, 0.0, 1.0)),
        (0.04, Sentiment(Tone.NEUTRAL, 0.04, 0.96)),
        (0.05, Sentiment(Tone.POSITIVE, 0.05, 0.05)),
        (-0.05, Sentiment(Tone.NEGATIVE, -0.05, 0.05)),
        (-1.5, Sentiment(Tone.NEGATIVE, -1.0, 1.0)),
    ],
)
def test_a_polarity_becomes_a_tone(polarity: float, expected: Sentiment) -> None:
    assert toned(polarity) == expected


def test_every_name_about_which_is_asked_gets_the_score_of_the_text() -> None:
    text = "A great day for Apple and Tesla"
    assert VADER.score_aspects(text, [(16, 21), (26, 31)]) == VADER.score([text]) * 2


def test_scorers_are_found_by_name() -> None:
    assert {"finance", "textblob", "transformer", "vader"} <= set(scorer_names())
    for name in ("finance", "textblob", "vader"):
        scorer = build_scorer(name)
        assert scorer.name == name
        assert scorer.score([""])[0].tone is Tone.NEUTRAL
    with pytest.raises(UnknownNameError, match=r"no scorer 'finbert'; known are: .*finance"):
        build_scorer("finbert")
    with pytest.raises(ConfigError, match="needs a model"):
        build_scorer("transformer")
