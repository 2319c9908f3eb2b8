"""A scorer that counts words."""

from collections.abc import Sequence

from algo_trading.domain.sentiment import Sentiment, Tone
from algo_trading.sentiment.classify.masking import Span

WORDS = {"good": 1, "bad": -1}


class FakeScorer:
    """Implements Scorer: +1 for each good and -1 for each bad; about a span, of the words after it up to a comma."""

    name = "fake"

    def score(self, texts: Sequence[str], names: Sequence[Sequence[Span]] | None = None) -> list[Sentiment]:  # noqa: ARG002 - see Scorer
        return [_sentiment(text) for text in texts]

    def score_aspects(self, text: str, spans: Sequence[Span]) -> list[Sentiment]:
        return [_sentiment(text[end:].split(",", maxsplit=1)[0]) for _, end in spans]


def _sentiment(text: str) -> Sentiment:
    total = sum(WORDS.get(word.strip(".,!").lower(), 0) for word in text.split())
    score = max(-1.0, min(1.0, total / 2))
    tone = Tone.NEUTRAL if not score else Tone.POSITIVE if score > 0 else Tone.NEGATIVE
    return Sentiment(tone, score, abs(score))
