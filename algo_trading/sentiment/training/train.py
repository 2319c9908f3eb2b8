"""What our own models learn from, and with which settings."""

import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from algo_trading.domain.sentiment import Tone, Topic
from algo_trading.sentiment.classify.aspect import aspect_views
from algo_trading.sentiment.classify.linear import LinearModel
from algo_trading.sentiment.training.datasets import HELD_OUT, PARTS, LabelledTexts, headlines, part_of, topics, tweets
from algo_trading.sentiment.training.evaluation import Evaluation, evaluate
from algo_trading.sentiment.training.fit import fit

TONES = [tone.value for tone in Tone]

# Chosen by cross-validation on the training part of the tweets and the topics.
HEADLINE_WEIGHT = 0.15  # of a headline of SEntFiN beside a tweet
DIFFERENT_WEIGHT = 2.0  # of a headline whose entities have different tones beside one where all share it
SENTIMENT_BLOCKS, EVENT_BLOCKS = (0.8, 0.5, 1.0), (1.0, 1.0, 0.5)


def train_sentiment(folder: Path, kept: int = HELD_OUT) -> dict[str, LinearModel]:
    """The model of the scorer `finance` for whole texts: tweets, and headlines whose entities share one tone.

    `folder` is `sentiment_events` of the shared data; the part `kept` is left out.
    """
    learn, _ = tweets(folder).split(kept)
    common = [(h.text, h.common.value) for h in headlines(folder) if h.common and part_of(h.text) != kept]
    texts = [*learn.texts, *(text for text, _ in common)]
    labels = np.array([TONES.index(label) for label in (*learn.labels, *(label for _, label in common))])
    weights = np.concatenate([np.ones(len(learn)), np.full(len(common), HEADLINE_WEIGHT)])
    (model,) = fit([texts], labels, weights, TONES, cost=0.3, balanced=True, blocks=SENTIMENT_BLOCKS)
    return {"sentiment": model}


def train_aspect(folder: Path, kept: int = HELD_OUT) -> dict[str, LinearModel]:
    """The models of the scorer `finance` for one of several names: all entities of the headlines that are not kept."""
    wholes, clauses, labels, weights = [], [], [], []
    for headline in headlines(folder):
        if part_of(headline.text) != kept:
            whole, clause = aspect_views(headline.text, headline.spans)
            wholes += whole
            clauses += clause
            labels += [TONES.index(tone.value) for tone in headline.tones.values()]
            weights += [1.0 if headline.common else DIFFERENT_WEIGHT] * len(whole)
    models = fit(
        [wholes, clauses],
        np.array(labels),
        np.array(weights),
        TONES,
        cost=0.3,
        balanced=True,
        blocks=SENTIMENT_BLOCKS,
    )
    return dict(zip(("aspect_text", "aspect_clause"), models, strict=True))


def train_events(folder: Path, kept: int = HELD_OUT) -> dict[str, LinearModel]:
    """The model of the event classifier: the topics that are not kept."""
    learn, _ = topics(folder).split(kept)
    names = [topic.value for topic in Topic]
    labels = np.array([names.index(label) for label in learn.labels])
    (model,) = fit([learn.texts], labels, np.ones(len(learn)), names, cost=0.5, balanced=False, blocks=EVENT_BLOCKS)
    return {"events": model}


TRAINERS: dict[str, tuple[Callable[..., dict[str, LinearModel]], ...]] = {
    "sentiment": (train_sentiment, train_aspect),
    "events": (train_events,),
}


def cross_validate(name: str, folder: Path) -> Evaluation:
    """Train the first model of `name` anew for each part, and measure what it makes of the part that was kept."""
    labelled: LabelledTexts = {"sentiment": tweets, "events": topics}[name](folder)
    actual: list[str] = []
    predicted: list[str] = []
    seconds = 0.0
    for part in range(PARTS):
        (model,) = TRAINERS[name][0](folder, part).values()
        _, kept = labelled.split(part)
        begin = time.perf_counter()
        predicted += [model.classes[index] for index in model.logits(kept.texts).argmax(axis=1)]
        seconds += time.perf_counter() - begin
        actual += kept.labels
    return evaluate(actual, predicted, model.classes, seconds)
