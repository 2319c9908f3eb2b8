"""Texts scored and classified per second, beside scikit-learn, VADER and TextBlob."""

import random
from collections.abc import Callable, Sequence
from pathlib import Path

from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.pipeline import Pipeline, make_pipeline, make_union
from sklearn.svm import LinearSVC
from textblob import TextBlob

from algo_trading.sentiment.classify.events import EventClassifier
from algo_trading.sentiment.classify.scorers import build_scorer
from algo_trading.sentiment.training.datasets import HELD_OUT, PARTS, LabelledTexts, topics, tweets
from algo_trading.sentiment.training.evaluation import Evaluation, evaluate
from bench.measure import Contender, Goal, Progress, Result, measure
from support.shared_data import SHARED_DATA

TEXTS = 10_000
ROUNDS = 3
SETS = SHARED_DATA / "sentiment_events"
SUBJECTS = ["Apple", "Tesla", "the bank", "Wall Street", "Bitcoin", "$NVDA", "Deutsche Bank", "oil", "European stocks"]
VERBS = ["cuts", "raises", "beats", "misses", "sees", "warns of", "reports", "denies", "doubles", "halves", "suspends"]
OBJECTS = [
    *("its dividend", "quarterly profit", "sales estimates", "a takeover bid", "new tariffs", "record demand"),
    *("the price target", "layoffs", "its outlook", "a terrible loss", "very good results", "an amazing rally"),
]
TAILS = [
    *("after strong earnings", "as inflation rises 3.2%", "in 2024", "amid fears of a recession", "by $1.5 bln"),
    *("and shares jump 4%", "but analysts are not convinced", "https://t.co/abc123", "#stocks", "vs. $2.10 expected"),
]


def benchmark(progress: Progress) -> list[Result]:
    """Scorers of sentiment and the classifier of events, each on one core and in one call for all texts."""
    texts = headlines(TEXTS)
    finance, events, vader, textblob = (
        build_scorer("finance"),
        EventClassifier(),
        *map(build_scorer, ("vader", "textblob")),
    )
    progress("fitting scikit-learn")
    tones = [sentiment.tone.value for sentiment in finance.score(texts)]
    kinds = [event.topic.value for event in events.classify(texts)]
    of_words = make_pipeline(words(), LinearSVC()).fit(texts, tones)
    of_pieces, of_kinds = peer(texts, tones), peer(texts, kinds)
    sentiment = measure(
        [
            Contender("ours: finance", lambda: finance.score(texts), TEXTS),
            Contender("scikit-learn: SVM, words and pieces", lambda: of_pieces.predict(texts), TEXTS),
            Contender("scikit-learn: SVM, words alone", lambda: of_words.predict(texts), TEXTS),
            Contender("VADER", lambda: vader.score(texts), TEXTS, rounds=2),
            Contender(
                "TextBlob(text).sentiment", lambda: [TextBlob(text).sentiment for text in texts], TEXTS, rounds=2
            ),
        ],
        ROUNDS,
        progress,
    )
    topic = measure(
        [
            Contender("ours: events", lambda: events.classify(texts), TEXTS),
            Contender("scikit-learn: SVM, words and pieces", lambda: of_kinds.predict(texts), TEXTS),
        ],
        ROUNDS,
        progress,
    )
    blob = measure(
        [
            Contender("ours: textblob", lambda: textblob.score(texts), TEXTS),
            Contender("TextBlob(text).sentiment", lambda: [TextBlob(text).sentiment for text in texts], TEXTS),
        ],
        ROUNDS,
        progress,
    )
    if [s.score for s in textblob.score(texts)] != [TextBlob(text).sentiment.polarity for text in texts]:
        raise AssertionError("our scores of TextBlob are not TextBlob's")
    mean = sum(map(len, texts)) / TEXTS
    setting = f"{TEXTS:,} made-up headlines of {mean:.0f} characters on average, one thread"
    return [
        Result(
            "Sentiment: from text to tone and score",
            setting,
            sentiment,
            [
                Goal("finance: texts per second", 20_000, sentiment[0].rate),
                Goal(
                    "finance against scikit-learn with the same kinds of features",
                    5,
                    sentiment[0].rate / sentiment[1].rate,
                ),
            ],
            accuracy_of_plain("tweets", tweets, progress),
        ),
        Result(
            "Events: from text to one of 20 topics",
            setting,
            topic,
            notes=accuracy_of_plain("topics", topics, progress),
        ),
        Result(
            "TextBlob: identical scores",
            setting,
            blob,
            [Goal("ours against TextBlob(text).sentiment", 1.6, blob[0].rate / blob[1].rate)],
        ),
    ]


def words() -> TfidfVectorizer:
    """TF-IDF of words and pairs of words."""
    return TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True)


def accuracy_of_plain(name: str, read: Callable[[Path], LabelledTexts], progress: Progress) -> list[str]:
    """What a linear SVM over words and pairs is worth on a shared set: each tenth by a model of the other nine."""
    if not SETS.is_dir():
        return []
    labelled = read(SETS)
    classes = sorted(set(labelled.labels))
    parts: list[tuple[list[str], list[str]]] = []
    for part in range(PARTS):
        progress(f"scikit-learn on {name}: tenth {part + 1} of {PARTS}")
        learn, kept = labelled.split(part)
        plain = make_pipeline(words(), LinearSVC(C=1.0, random_state=0)).fit(learn.texts, learn.labels)
        parts.append((kept.labels, plain.predict(kept.texts).tolist()))
    held_out = evaluate(*parts[HELD_OUT], classes, 1.0)
    actual, predicted = ([label for part in parts for label in part[side]] for side in (0, 1))
    plain_on = f"scikit-learn: SVM, words and pairs, on {name},"
    return [
        f"{plain_on} the tenth held out: {shown(held_out)}",
        f"{plain_on} each tenth in turn: {shown(evaluate(actual, predicted, classes, 1.0))}",
    ]


def shown(evaluation: Evaluation) -> str:
    """Accuracy and macro-F1."""
    return f"accuracy {evaluation.accuracy:.3f}, macro-F1 {evaluation.macro_f1:.3f}"


def peer(texts: Sequence[str], labels: Sequence[str]) -> Pipeline:
    """What scikit-learn has for nearly the same features: TF-IDF of words, pairs and pieces of words, a linear SVM."""
    pieces = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 6), sublinear_tf=True)
    return make_pipeline(make_union(words(), pieces), LinearSVC()).fit(texts, labels)


def headlines(count: int) -> list[str]:
    """Headlines made of parts, the same ones every time."""
    chance = random.Random(4)  # noqa: S311 - no secrets here
    return [
        f"{chance.choice(SUBJECTS)} {chance.choice(VERBS)} {chance.choice(OBJECTS)} {chance.choice(TAILS)}"
        + (
            f", {chance.choice(SUBJECTS)} {chance.choice(VERBS)} {chance.choice(OBJECTS)}"
            if chance.random() < 0.5
            else ""
        )
        for _ in range(count)
    ]
