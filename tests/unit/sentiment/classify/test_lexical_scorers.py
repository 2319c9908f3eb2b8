"""The scorers `textblob` and `vader`, beside the libraries themselves."""

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from algo_trading.domain.sentiment import Sentiment, Tone
from algo_trading.errors import ConfigError, UnknownNameError
from algo_trading.sentiment.classify.lexical import LexicalScorer, build_textblob, build_vader, toned
from algo_trading.sentiment.classify.scorers import build_scorer, scorer_names
from support.fuzz import examples

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


@pytest.fixture(scope="module")
def textblob() -> Callable[[str], float]:
    """The library's own polarity; NLTK and SciPy come with it."""
    from textblob import TextBlob

    return lambda text: float(TextBlob(text).sentiment.polarity)


@pytest.fixture(scope="module")
def vader() -> Callable[[str], float]:
    """The library's own compound score."""
    from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

    analyzer = SentimentIntensityAnalyzer()
    return lambda text: float(analyzer.polarity_scores(text)["compound"])


@pytest.fixture(scope="module")
def scorers() -> dict[str, LexicalScorer]:
    return {"textblob": build_textblob(), "vader": build_vader()}


@given(text=TEXTS)
@settings(deadline=None, max_examples=examples(100))
def test_textblob_is_textblob_to_the_last_bit(
    scorers: dict[str, LexicalScorer], textblob: Callable[[str], float], text: str
) -> None:
    assert scorers["textblob"].score([text])[0].score == textblob(text)


@given(text=TEXTS)
@settings(deadline=None)
def test_vader_is_its_compound_score(
    scorers: dict[str, LexicalScorer], vader: Callable[[str], float], text: str
) -> None:
    assert scorers["vader"].score([text])[0].score == vader(text)


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


def test_every_name_about_which_is_asked_gets_the_score_of_the_text(scorers: dict[str, LexicalScorer]) -> None:
    text = "A great day for Apple and Tesla"
    assert scorers["vader"].score_aspects(text, [(16, 21), (26, 31)]) == scorers["vader"].score([text]) * 2


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
