"""The scorers `textblob` and `vader`: general word lists, the yardstick for our own model."""

from collections.abc import Callable, Sequence

from algo_trading.domain.sentiment import Sentiment, Tone
from algo_trading.plugins import Context, Plugin, PluginConfig
from algo_trading.sentiment.classify.masking import Span
from algo_trading.sentiment.classify.scorers import NO_SENTIMENT, has_words

# VADER's authors propose it. For TextBlob macro-F1 on the tweets' training part is the same anywhere from 0 to 0.1.
NEUTRAL_BELOW = 0.05


class LexicalScorer:
    """A polarity in [-1, 1] from a word list; below 0.05 either way it is neutral.

    Its confidence is the strength of the polarity, or the lack of it where the tone is neutral.
    """

    def __init__(self, name: str, polarity: Callable[[str], float]) -> None:
        self.name = name
        self._polarity = polarity

    def score(
        self,
        texts: Sequence[str],
        names: Sequence[Sequence[Span]] | None = None,  # noqa: ARG002 - names are words like any other to it
    ) -> list[Sentiment]:
        """The sentiment of each text; one of signs alone that are no faces says nothing."""
        found = ((text, self._polarity(text)) for text in texts)
        return [toned(polarity) if polarity or has_words(text) else NO_SENTIMENT for text, polarity in found]

    def score_aspects(self, text: str, spans: Sequence[Span]) -> list[Sentiment]:
        """The sentiment of the whole text for each span: a word list knows no parts."""
        return self.score([text]) * len(spans)


def toned(polarity: float) -> Sentiment:
    """The sentiment of a polarity."""
    score = max(-1.0, min(1.0, float(polarity)))
    if abs(score) < NEUTRAL_BELOW:
        return Sentiment(Tone.NEUTRAL, score, 1 - abs(score))
    return Sentiment(Tone.POSITIVE if score > 0 else Tone.NEGATIVE, score, abs(score))


def _without_options(build: Callable[[], LexicalScorer]) -> Callable[[PluginConfig, Context], LexicalScorer]:
    return lambda _config, _context: build()


def build_textblob() -> LexicalScorer:
    """TextBlob's polarity, to the last bit that of `TextBlob(text).sentiment`, without making the blob."""
    from textblob.en import sentiment

    return LexicalScorer("textblob", lambda text: sentiment(text)[0])


def build_vader() -> LexicalScorer:
    """VADER's compound score."""
    from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

    scores = SentimentIntensityAnalyzer().polarity_scores
    return LexicalScorer("vader", lambda text: scores(text)["compound"])


textblob = Plugin(PluginConfig, _without_options(build_textblob))
vader = Plugin(PluginConfig, _without_options(build_vader))
