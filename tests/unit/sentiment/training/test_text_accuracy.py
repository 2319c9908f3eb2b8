"""What our models are worth on labelled texts that they have not learnt from, as docs/sentiment.md has it."""

import hashlib
import re
from pathlib import Path

import pytest

import algo_trading
from algo_trading.domain.sentiment import Tone, Topic
from algo_trading.sentiment.classify.events import EventClassifier
from algo_trading.sentiment.classify.finance import FinanceScorer
from algo_trading.sentiment.classify.scorers import build_scorer
from algo_trading.sentiment.training.datasets import HELD_OUT, LabelledTexts, headlines, news, part_of, topics, tweets
from algo_trading.sentiment.training.evaluation import Evaluation, evaluate
from support.shared_data import SHARED_DATA, needs_shared_data

pytestmark = pytest.mark.unit

SETS = SHARED_DATA / "sentiment_events"
MODELS = Path(algo_trading.__file__).parent / "data" / "models"
CARD = Path(__file__).parents[4] / "docs" / "models.md"


def toned(labelled: LabelledTexts, scorer: str = "finance") -> Evaluation:
    found = build_scorer(scorer).score(labelled.texts)
    return evaluate(labelled.labels, [sentiment.tone.value for sentiment in found], [tone.value for tone in Tone], 1.0)


@needs_shared_data
def test_tweets_held_out() -> None:
    _, kept = tweets(SETS).split()
    finance = toned(kept)
    assert finance.macro_f1 >= 0.785
    assert finance.accuracy >= 0.83
    assert all(report.f1 > 0.7 for report in finance.per_class.values())
    assert finance.macro_f1 > toned(kept, "vader").macro_f1 + 0.3


@needs_shared_data
def test_news_of_which_nothing_was_learnt() -> None:
    assert toned(news(SETS)).macro_f1 >= 0.61


@needs_shared_data
def test_topics_held_out() -> None:
    _, kept = topics(SETS).split()
    found = [event.topic.value for event in EventClassifier().classify(kept.texts)]
    assert evaluate(kept.labels, found, [topic.value for topic in Topic], 1.0).accuracy >= 0.85


@needs_shared_data
def test_names_with_fates_of_their_own_held_out() -> None:
    finance = FinanceScorer()
    right = as_whole = total = 0
    for headline in headlines(SETS):
        if headline.common or part_of(headline.text) != HELD_OUT:
            continue
        (whole,) = finance.score([headline.text])
        about = finance.score_aspects(headline.text, headline.spans)
        for tone, sentiment in zip(headline.tones.values(), about, strict=True):
            right += sentiment.tone is tone
            as_whole += whole.tone is tone
            total += 1
    assert total > 200
    assert right / total >= 0.85
    assert as_whole / total <= 0.5


@needs_shared_data
def test_confidence_is_a_fair_chance() -> None:
    _, kept = tweets(SETS).split()
    found = FinanceScorer().score(kept.texts)
    right = [sentiment.tone.value == label for sentiment, label in zip(found, kept.labels, strict=True)]
    mean = sum(sentiment.confidence for sentiment in found) / len(found)
    assert mean == pytest.approx(sum(right) / len(right), abs=0.03)


def test_the_card_is_that_of_the_models_that_ship() -> None:
    if not CARD.is_file():
        pytest.skip("an installed package has no docs")
    row = re.compile(r"^\| `(\w+)\.npz` \|.*\| `([0-9a-f]{64})` \|$", re.MULTILINE)
    told = dict(row.findall(CARD.read_text(encoding="utf-8")))
    files = sorted(MODELS.glob("*.npz"))
    assert told == {path.stem: hashlib.sha256(path.read_bytes()).hexdigest() for path in files}
    assert sum(path.stat().st_size for path in files) < 5_000_000


@needs_shared_data
def test_documented_figures_are_those_measured() -> None:
    text = (CARD.parent / "sentiment.md").read_text(encoding="utf-8")
    _, kept = tweets(SETS).split()
    for labelled in (kept, news(SETS)):
        for scorer in ("finance", "vader", "textblob"):
            measured = toned(labelled, scorer)
            assert f"| `{scorer}` | {measured.accuracy:.3f} | {measured.macro_f1:.3f} |" in text
    for name, report in toned(kept).per_class.items():
        ratios = f"{report.precision:.3f} | {report.recall:.3f} | {report.f1:.3f}"
        assert f"| {name} | {ratios} | {report.support} |" in text
    _, kept = topics(SETS).split()
    found = [event.topic.value for event in EventClassifier().classify(kept.texts)]
    events = evaluate(kept.labels, found, [topic.value for topic in Topic], 1.0)
    assert f"| events | {events.accuracy:.3f} | {events.macro_f1:.3f} |" in text
