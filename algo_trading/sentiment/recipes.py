"""What our own models learn from, and with which settings."""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from algo_trading.domain.sentiment import Tone, Topic
from algo_trading.sentiment.labelled import headlines, is_held_out, topics, tweets
from algo_trading.sentiment.linear import LinearModel
from algo_trading.sentiment.training import train

# Chosen by cross-validation on the training part of the tweets and the topics.
HEADLINE_WEIGHT = 0.15  # of a headline of SEntFiN beside a tweet
SENTIMENT_BLOCKS, EVENT_BLOCKS = (0.8, 0.5, 1.0), (1.0, 1.0, 0.5)


def train_sentiment(folder: Path) -> LinearModel:
    """The model of the scorer `finance`: tweets, and headlines whose entities share one tone.

    `folder` is `sentiment_events` of the shared data. What is held out stays out.
    """
    learn, _ = tweets(folder).split()
    common = [(h.text, h.common.value) for h in headlines(folder) if h.common and not is_held_out(h.text)]
    texts = [*learn.texts, *(text for text, _ in common)]
    names = [tone.value for tone in Tone]
    labels = np.array([names.index(label) for label in (*learn.labels, *(label for _, label in common))])
    weights = np.concatenate([np.ones(len(learn)), np.full(len(common), HEADLINE_WEIGHT)])
    return train(texts, labels, weights, names, cost=0.3, balanced=True, blocks=SENTIMENT_BLOCKS)


def train_events(folder: Path) -> LinearModel:
    """The model of the event classifier: the part of the topics that is not held out."""
    learn, _ = topics(folder).split()
    names = [topic.value for topic in Topic]
    labels = np.array([names.index(label) for label in learn.labels])
    return train(learn.texts, labels, np.ones(len(learn)), names, cost=0.5, balanced=False, blocks=EVENT_BLOCKS)


RECIPES: dict[str, Callable[[Path], LinearModel]] = {"sentiment": train_sentiment, "events": train_events}
