"""The scorer `finance`: our own linear models for headlines and posts about markets (see docs/models.md)."""

import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from algo_trading.domain.sentiment import Sentiment, Tone
from algo_trading.plugins import Context, Plugin, PluginConfig
from algo_trading.sentiment.classify.aspect import aspect_views
from algo_trading.sentiment.classify.calibration import confidence_of
from algo_trading.sentiment.classify.linear import Floats32, LinearModel, Reason, packaged_model, softmax
from algo_trading.sentiment.classify.masking import Span, masked, names_in
from algo_trading.sentiment.classify.scorers import NO_SENTIMENT
from algo_trading.sentiment.cleaning import plain_text

ONE_PASSAGE = 280  # characters; longer texts are scored sentence by sentence
SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[^\s.!?])|\n+")
NEUTRAL_WEIGHT = 0.1  # of a sentence that is certainly neutral, beside 1 of one that certainly is not
WORDS = re.compile(r"[^\W_]|[\u2190-\u21ff\u2580-\u27bf\u2b00-\u2bff\U0001f000-\U0001faff]")


class FinanceConfig(PluginConfig):
    """A table of expressions beside the packaged ones (see docs/sentiment.md)."""

    expressions: Path | None = None


class FinanceScorer:
    """Positive, neutral or negative by n-grams, pieces and roles of words, and the stance of the whole.

    Names are replaced by placeholders first: they carry no sentiment of their own.
    """

    name = "finance"

    def __init__(self, expressions: Path | None = None) -> None:
        """`expressions` is a user's table beside the packaged ones (see docs/sentiment.md)."""
        self._model: LinearModel = packaged_model("sentiment")
        self._text, self._clause = packaged_model("aspect_text"), packaged_model("aspect_clause")
        self._own = expressions

    def score(self, texts: Sequence[str], names: Sequence[Sequence[Span]] | None = None) -> list[Sentiment]:
        """The sentiment of each text; one without a known word, or in another language than English, is neutral.

        `names` are the places of names in each text, where they are known already. A long text has the sentiment of its
        sentences, weighted by how far they are from neutral.
        """
        if names is None:
            texts = [plain_text(text) for text in texts]
            names = names_in(texts)
        passages: list[str] = []
        bounds = [0]
        for text, spans in zip(texts, names, strict=True):
            hidden = masked(text, spans)
            if len(hidden) <= ONE_PASSAGE:
                passages.append(hidden)
            else:
                passages += filter(None, map(str.strip, SENTENCE.split(hidden)))
            bounds.append(len(passages))
        logits, known = self._model.scores(passages, self._own)
        chances = softmax(logits)
        if len(passages) > len(texts):
            chances, known, logits = _weighted(chances, known, np.array(bounds), self._model.classes)
        said = [bool(ok) and says_something(text) for ok, text in zip(known, texts, strict=True)]
        confidence = confidence_of(self._model, logits, texts)
        return sentiments(chances, self._model.classes, confidence, said)

    def score_aspects(self, text: str, spans: Sequence[Span]) -> list[Sentiment]:
        """The sentiment about what stands at each span of the text; about a single one it is that of the text."""
        return self.score_all_aspects([text], [spans])[0]

    def score_all_aspects(self, texts: Sequence[str], spans: Sequence[Sequence[Span]]) -> list[list[Sentiment]]:
        """`score_aspects` of many texts at once."""
        single = [row for row, places in enumerate(spans) if len(places) == 1]
        found: list[list[Sentiment]] = [[] for _ in texts]
        for row, sentiment in zip(
            single, self.score([texts[row] for row in single], [spans[row] for row in single]), strict=True
        ):
            found[row] = [sentiment]
        wholes, clauses, rows = [], [], []
        for row, (text, places) in enumerate(zip(texts, spans, strict=True)):
            if len(places) > 1:
                whole, clause = aspect_views(text, places)
                wholes += whole
                clauses += clause
                rows += [row] * len(places)
        if rows:
            (whole_logits, known), (clause_logits, _) = (
                self._text.scores(wholes, self._own),
                self._clause.scores(clauses, self._own),
            )
            logits = whole_logits + clause_logits
            confidence = confidence_of(self._text, logits, [texts[row] for row in rows])
            scored = sentiments(softmax(logits), self._text.classes, confidence, known.tolist())
            for row, sentiment in zip(rows, scored, strict=True):
                found[row].append(sentiment)
        return found

    def reasons(self, text: str, most: int = 5) -> list[Reason]:
        """The words that spoke most for the tone of the text."""
        (sentiment,) = self.score([text])
        clean = plain_text(text)
        return self._model.reasons(masked(clean, names_in([clean])[0]), sentiment.tone, most, self._own)


def says_something(text: str) -> bool:
    """Whether there is a letter, a digit or a picture in it."""
    return WORDS.search(text) is not None


def _weighted(
    chances: Floats32, known: NDArray[np.bool_], bounds: NDArray[np.int64], classes: Sequence[str]
) -> tuple[Floats32, NDArray[np.bool_], Floats32]:
    """Probabilities of each text from those of its passages, which weigh the more the less neutral they are."""
    neutral = list(classes).index(Tone.NEUTRAL)
    weights = (NEUTRAL_WEIGHT + (1 - NEUTRAL_WEIGHT) * (1 - chances[:, neutral])) ** 2 * known
    weights = np.maximum(weights, 1e-9).astype(np.float32)
    starts = np.minimum(bounds[:-1], len(chances) - 1)
    empty = bounds[:-1] == bounds[1:]
    totals = np.add.reduceat(weights, starts)
    mixed = (np.add.reduceat(chances * weights[:, None], starts) / totals[:, None]).astype(np.float32)
    anything = np.logical_or.reduceat(known, starts) & ~empty
    return mixed, anything, np.log(np.maximum(mixed, 1e-9)).astype(np.float32)


def sentiments(
    chances: Floats32, classes: Sequence[str], confidence: Floats32 | None = None, said: Sequence[bool] | None = None
) -> list[Sentiment]:
    """Sentiments from probabilities of shape (texts, classes); the score is P(positive) - P(negative).

    `confidence` is the probability that the likeliest class is right, where it is known better than by `chances`. What
    says nothing is NO_SENTIMENT.
    """
    tones = [Tone(name) for name in classes]
    scores = chances[:, tones.index(Tone.POSITIVE)] - chances[:, tones.index(Tone.NEGATIVE)]
    best = chances.argmax(axis=1)
    sure = chances.max(axis=1) if confidence is None else confidence
    found = zip(best.tolist(), scores.tolist(), sure.tolist(), said or [True] * len(chances), strict=True)
    return [
        Sentiment(tones[index], max(-1.0, min(1.0, score)), min(1.0, chance)) if ok else NO_SENTIMENT
        for index, score, chance, ok in found
    ]


def build(config: FinanceConfig, _context: Context) -> FinanceScorer:
    """The scorer on the packaged models, with the options of [scorers.finance]."""
    return FinanceScorer(config.expressions.expanduser() if config.expressions else None)


plugin = Plugin(FinanceConfig, build)
