"""What our own models learn from, and with which settings."""

import time
from collections.abc import Callable, Sequence
from pathlib import Path

from algo_trading.domain.sentiment import Tone, Topic
from algo_trading.sentiment.classify.aspect import aspect_views
from algo_trading.sentiment.classify.linear import LinearModel
from algo_trading.sentiment.classify.masking import masked, names_in
from algo_trading.sentiment.training.augmentation import pairs, sentences
from algo_trading.sentiment.training.datasets import HELD_OUT, PARTS, LabelledTexts, headlines, part_of, topics, tweets
from algo_trading.sentiment.training.evaluation import Evaluation, evaluate
from algo_trading.sentiment.training.fit import Case, Settings, fit

TONES = [tone.value for tone in Tone]

# Chosen by cross-validation on the training part of the tweets and the topics, and on the probe sentences that are for
# development.
HEADLINE_WEIGHT = 0.5  # of a headline of SEntFiN beside a tweet
MADE_WEIGHT = 0.3  # of a made sentence about one name
PAIR_WEIGHT = 0.5  # of one about two names
TWEET_ASPECT_WEIGHT = 0.5  # of a name in a tweet beside an entity of a headline
DIFFERENT_WEIGHT = 2.0  # of a headline whose entities have different tones beside one where all share it
SENTIMENT = Settings(cost=0.5, balanced=True, blocks=(1.0, 0.5, 1.0, 0.7))
ASPECT = Settings(cost=0.3, balanced=True, blocks=(0.8, 0.5, 1.0, 0.7))
EVENT = Settings(cost=0.5, balanced=True, blocks=(1.0, 0.7, 0.5, 0.0))


def train_sentiment(folder: Path, kept: int = HELD_OUT, *, calibrated: bool = True) -> dict[str, LinearModel]:
    """The model of the scorer `finance` for whole texts: tweets, headlines whose entities share one tone, made ones.

    `folder` is `sentiment_events` of the shared data; the part `kept` is left out.
    """
    learn, _ = tweets(folder).split(kept)
    cases = [
        Case((hidden,), TONES.index(label), 1.0, text, "tweet")
        for text, hidden, label in zip(learn.texts, hide_names(learn.texts), learn.labels, strict=True)
    ]
    cases += [
        Case((masked(h.text, h.spans),), TONES.index(h.common.value), HEADLINE_WEIGHT, h.text, "headline")
        for h in headlines(folder)
        if h.common and part_of(h.text) != kept
    ]
    cases += [Case((made.text,), TONES.index(made.tone.value), MADE_WEIGHT) for made in sentences()]
    (model,) = fit(cases, TONES, SENTIMENT, calibrated=calibrated)
    return {"sentiment": model}


def train_aspect(folder: Path, kept: int = HELD_OUT, *, calibrated: bool = True) -> dict[str, LinearModel]:
    """The models of the scorer `finance` for one of several names: entities of headlines, names in tweets, made."""
    cases = []
    for headline in headlines(folder):
        if part_of(headline.text) != kept:
            weight = 1.0 if headline.common else DIFFERENT_WEIGHT
            for views, tone in zip(_views(headline.text, headline.spans), headline.tones.values(), strict=True):
                cases.append(Case(views, TONES.index(tone.value), weight, headline.text, "headline"))
    learn, _ = tweets(folder).split(kept)
    for text, spans, label in zip(learn.texts, names_in(learn.texts), learn.labels, strict=True):
        cases += [Case(views, TONES.index(label), TWEET_ASPECT_WEIGHT, text, "tweet") for views in _views(text, spans)]
    for made in pairs():
        cases.append(Case((made.text, made.text), TONES.index(made.tone.value), PAIR_WEIGHT))
    models = fit(cases, TONES, ASPECT, calibrated=calibrated)
    return dict(zip(("aspect_text", "aspect_clause"), models, strict=True))


def _views(text: str, spans: Sequence[tuple[int, int]]) -> list[tuple[str, ...]]:
    return list(zip(*aspect_views(text, spans), strict=True))


def train_events(folder: Path, kept: int = HELD_OUT, *, calibrated: bool = True) -> dict[str, LinearModel]:
    """The model of the event classifier: the topics that are not kept."""
    learn, _ = topics(folder).split(kept)
    names = [topic.value for topic in Topic]
    cases = [
        Case((text,), names.index(label), 1.0, text) for text, label in zip(learn.texts, learn.labels, strict=True)
    ]
    (model,) = fit(cases, names, EVENT, calibrated=calibrated)
    return {"events": model}


def hide_names(texts: Sequence[str]) -> list[str]:
    """The texts with placeholders for the names in them."""
    return [masked(text, spans) for text, spans in zip(texts, names_in(texts), strict=True)]


TRAINERS: dict[str, tuple[Callable[..., dict[str, LinearModel]], ...]] = {
    "sentiment": (train_sentiment, train_aspect),
    "events": (train_events,),
}


def cross_validate(name: str, folder: Path) -> Evaluation:
    """Train the first model of `name` for each part on the others, and evaluate it on that part."""
    labelled: LabelledTexts = {"sentiment": tweets, "events": topics}[name](folder)
    hidden = hide_names(labelled.texts) if name == "sentiment" else labelled.texts
    parts = [part_of(text) for text in labelled.texts]
    actual: list[str] = []
    predicted: list[str] = []
    seconds = 0.0
    for part in range(PARTS):
        (model,) = TRAINERS[name][0](folder, part, calibrated=False).values()
        rows = [row for row, of in enumerate(parts) if of == part]
        begin = time.perf_counter()
        predicted += [model.classes[index] for index in model.logits([hidden[row] for row in rows]).argmax(axis=1)]
        seconds += time.perf_counter() - begin
        actual += [labelled.labels[row] for row in rows]
    return evaluate(actual, predicted, model.classes, seconds)
