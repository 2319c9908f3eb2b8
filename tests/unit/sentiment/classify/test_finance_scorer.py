"""The scorer `finance` and the event classifier: what they promise for any text, and what they make of plain ones."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from algo_trading.domain.sentiment import Sentiment, Tone, Topic
from algo_trading.sentiment.classify.events import EventClassifier
from algo_trading.sentiment.classify.finance import FinanceScorer
from algo_trading.sentiment.classify.linear import packaged_model

pytestmark = pytest.mark.unit

TEXTS = st.lists(st.text(max_size=80) | st.text("ab $%'.!?#@-123", max_size=60), max_size=6)


@pytest.fixture(scope="module")
def finance() -> FinanceScorer:
    return FinanceScorer()


@pytest.fixture(scope="module")
def events() -> EventClassifier:
    return EventClassifier()


def same(left: Sentiment, right: Sentiment) -> bool:
    return left.tone is right.tone and math.isclose(left.score, right.score, abs_tol=1e-6)


@given(texts=TEXTS)
@settings(deadline=None)
def test_any_text_has_a_score_within_bounds_whatever_stands_beside_it(texts: list[str]) -> None:
    finance, events = FinanceScorer(), EventClassifier()
    scored, classified = finance.score(texts), events.classify(texts)
    assert len(scored) == len(classified) == len(texts)
    for text, sentiment, event in zip(texts, scored, classified, strict=True):
        assert -1 <= sentiment.score <= 1
        assert 0 <= sentiment.confidence <= 1
        assert 0 <= event.confidence <= 1
        assert same(finance.score([text])[0], sentiment)
        assert events.classify([text])[0].topic is event.topic


@pytest.mark.parametrize("text", ["", " \n", "...", "--- !!!"])
def test_what_says_nothing_is_neutral(text: str, finance: FinanceScorer, events: EventClassifier) -> None:
    assert finance.score([text]) == [Sentiment(Tone.NEUTRAL, 0.0, 0.0)]
    assert events.classify([text])[0].confidence == 0


def test_nothing_is_scored_as_nothing(finance: FinanceScorer, events: EventClassifier) -> None:
    assert finance.score([]) == []
    assert events.classify([]) == []
    assert finance.score_aspects("Apple", []) == []


@pytest.mark.parametrize(
    ("text", "tone"),
    [
        ("Apple shares tumble 8% after weak outlook", Tone.NEGATIVE),
        ("Profit rose to EUR 13.1 mn from EUR 8.7 mn", Tone.POSITIVE),
        ("Moody's downgrades the company to junk", Tone.NEGATIVE),
        ("Goldman raises price target, sees record earnings", Tone.POSITIVE),
        ("The company will hold its annual meeting on Tuesday", Tone.NEUTRAL),
    ],
)
def test_plain_headlines(text: str, tone: Tone, finance: FinanceScorer) -> None:
    (sentiment,) = finance.score([text])
    assert sentiment.tone is tone
    assert sentiment.score * {Tone.NEGATIVE: -1, Tone.NEUTRAL: 0, Tone.POSITIVE: 1}[tone] >= 0


@pytest.mark.parametrize(
    ("text", "topic"),
    [
        ("XYZ declares $0.25 dividend", Topic.DIVIDEND),
        ("Q3 earnings call transcript of XYZ Corp", Topic.EARNINGS),
        ("Oil prices climb as OPEC cuts crude output", Topic.ENERGY_OIL),
        ("Fed's Powell says the central bank will keep raising rates", Topic.FED_CENTRAL_BANKS),
    ],
)
def test_plain_events(text: str, topic: Topic, events: EventClassifier) -> None:
    assert events.classify([text])[0].topic is topic


def test_case_entities_and_typographic_quotes_make_no_difference(finance: FinanceScorer) -> None:
    plain = "Tesla doesn't miss: sales & profit soar"
    for text in (plain.upper(), plain.replace("&", "&amp;"), plain.replace("'", "\u2019")):
        (one,), (other,) = finance.score([plain]), finance.score([text])
        assert same(one, other), text


def test_names_in_one_headline_have_fates_of_their_own(finance: FinanceScorer) -> None:
    text = "Gold shines on seasonal demand; Silver dull"
    gold, silver = finance.score_aspects(text, [(0, 4), (32, 38)])
    assert (gold.tone, silver.tone) == (Tone.POSITIVE, Tone.NEGATIVE)
    assert finance.score_aspects(text, [(32, 38), (0, 4)]) == [silver, gold]


def test_a_single_name_has_the_fate_of_the_text(finance: FinanceScorer) -> None:
    text = "Gold shines on seasonal demand"
    assert finance.score_aspects(text, [(0, 4)]) == finance.score([text], [[(0, 4)]])


@given(text=st.text(min_size=1, max_size=60), data=st.data())
@settings(deadline=None)
def test_any_spans_have_a_score_each(text: str, data: st.DataObject) -> None:
    place = st.integers(0, len(text))
    spans = data.draw(st.lists(st.tuples(place, place).map(lambda span: (min(span), max(span))), max_size=4))
    scored = FinanceScorer().score_aspects(text, spans)
    assert len(scored) == len(spans)
    assert all(-1 <= sentiment.score <= 1 for sentiment in scored)


@given(text=st.text(max_size=80) | st.just("profit up up up 5%, loss not down vs. 4% & more"))
@settings(deadline=None)
def test_what_the_words_weigh_adds_up_to_the_score(text: str) -> None:
    model = packaged_model("sentiment")
    for number, name in enumerate(model.classes):
        (logits,) = model.logits([text])
        told = sum(reason.weight for reason in model.contributions(text, name))
        expected = (logits - model.bias)[number] - (logits - model.bias).mean()
        assert told == pytest.approx(float(expected), abs=1e-3)


def test_reasons_are_words_of_the_text_the_strongest_first(finance: FinanceScorer) -> None:
    text = "Apple shares tumble after weak outlook"
    reasons = finance.reasons(text, 4)
    assert 1 <= len(reasons) <= 4
    assert all(reason.words in text.lower() for reason in reasons)
    weights = [reason.weight for reason in reasons]
    assert weights == sorted(weights, reverse=True)
    assert weights[-1] > 0
    assert any("tumble" in reason.words for reason in reasons)


def test_a_long_text_is_read_in_full(finance: FinanceScorer) -> None:
    filler = "the meeting is on tuesday " * 400
    (plain,), (bad,) = finance.score([filler]), finance.score([filler + "profit plunges, shares crash " * 200])
    assert bad.score < plain.score


def test_scores_are_numbers_of_python() -> None:
    (sentiment,) = FinanceScorer().score(["Apple rises"])
    assert not isinstance(sentiment.score, np.generic)
    assert not isinstance(sentiment.confidence, np.generic)


def test_names_carry_no_tone(finance: FinanceScorer) -> None:
    for sentiment in finance.score(
        ["$AAPL", "Apple", "Rocket Companies", "TSLA AMD GME", "The Dow includes Walmart, Apple"]
    ):
        assert (sentiment.tone, abs(sentiment.score) < 0.2) == (Tone.NEUTRAL, True)


@pytest.mark.parametrize(
    ("text", "tone"),
    [
        ("Loaded up on TSLA puts", Tone.NEGATIVE),
        ("$AAPL \U0001f4c9", Tone.NEGATIVE),
        ("\U0001f680\U0001f680", Tone.POSITIVE),
        ("Nothing good about Intel's quarter", Tone.NEGATIVE),
        ("If Apple misses, the stock could fall", Tone.NEUTRAL),
        ("Will Tesla crash?", Tone.NEUTRAL),
        ("T\u0435sla&amp;nbsp;beats\u200b estimates", Tone.POSITIVE),
    ],
)
def test_what_traders_write(text: str, tone: Tone, finance: FinanceScorer) -> None:
    assert finance.score([text])[0].tone is tone


def test_neutral_sentences_do_not_dilute_the_others(finance: FinanceScorer) -> None:
    bad, filler = "Apple shares plunge after a terrible loss.", " The meeting takes place on Tuesday in the town hall."
    alone, among = finance.score([bad, bad + 10 * filler])
    assert among.tone is Tone.NEGATIVE
    assert among.score < 0.7 * alone.score


def test_other_languages_are_not_scored(finance: FinanceScorer) -> None:
    for sentiment in finance.score(["Die Aktie ist heute gefallen und crasht", "Las acciones suben hoy con fuerza"]):
        assert sentiment == Sentiment(Tone.NEUTRAL, 0.0, 0.0)
