"""The scorer `finance`: our own linear model for headlines and posts about markets (see docs/models.md)."""

from collections.abc import Sequence

from algo_trading.domain.sentiment import Sentiment, Tone
from algo_trading.sentiment.classify.aspect import aspect_views
from algo_trading.sentiment.classify.linear import Floats32, LinearModel, Reason, packaged_model, softmax
from algo_trading.sentiment.classify.scorers import NO_SENTIMENT, Span, has_words


class FinanceScorer:
    """Positive, neutral or negative by n-grams of words, pieces of words and roles of words."""

    name = "finance"

    def __init__(self) -> None:
        self._model: LinearModel = packaged_model("sentiment")
        self._whole, self._clause = packaged_model("aspect_text"), packaged_model("aspect_clause")

    def score(self, texts: Sequence[str]) -> list[Sentiment]:
        """The sentiment of each text; one without a known word is neutral."""
        found = sentiments(softmax(self._model.logits(texts)), self._model.classes)
        return [sentiment if has_words(text) else NO_SENTIMENT for text, sentiment in zip(texts, found, strict=True)]

    def score_aspects(self, text: str, spans: Sequence[Span]) -> list[Sentiment]:
        """The sentiment about what stands at each span of the text; about a single one it is that of the text."""
        if len(spans) < 2:
            return self.score([text]) * len(spans)
        wholes, clauses = aspect_views(text, spans)
        chances = softmax(self._whole.logits(wholes) + self._clause.logits(clauses))
        return sentiments(chances, self._whole.classes)

    def reasons(self, text: str, most: int = 5) -> list[Reason]:
        """The words that spoke most for the tone of the text."""
        (sentiment,) = self.score([text])
        return self._model.reasons(text, sentiment.tone, most)


def sentiments(chances: Floats32, classes: Sequence[str]) -> list[Sentiment]:
    """Sentiments from probabilities of shape (texts, classes); the score is P(positive) - P(negative)."""
    tones = [Tone(name) for name in classes]
    scores = chances[:, tones.index(Tone.POSITIVE)] - chances[:, tones.index(Tone.NEGATIVE)]
    best = chances.argmax(axis=1)
    sure = chances.max(axis=1)
    return [
        Sentiment(tones[index], max(-1.0, min(1.0, score)), min(1.0, confidence))
        for index, score, confidence in zip(best.tolist(), scores.tolist(), sure.tolist(), strict=True)
    ]
