"""Scorers of sentiment, found by entry point and chosen by name."""

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from algo_trading.domain.sentiment import Sentiment, Tone
from algo_trading.plugins import Context, load_plugin, plugin_names
from algo_trading.sentiment.classify.masking import Span

GROUP = "algo_trading.scorers"

NO_SENTIMENT = Sentiment(Tone.NEUTRAL, 0.0, 0.0)  # of a text that says nothing


class Scorer(Protocol):
    """Scores a text as someone would who holds the instrument it is about.

    The answer for a text does not depend on the texts beside it. A text that says nothing, as one without a letter or
    digit does to whoever reads words alone, is NO_SENTIMENT: neutral, score 0, confidence 0.
    """

    @property
    def name(self) -> str:
        """Its name among the entry points."""
        ...

    def score(self, texts: Sequence[str], names: Sequence[Sequence[Span]] | None = None) -> list[Sentiment]:
        """The sentiment of each text as a whole.

        `names` are the places of names in each text; a scorer may look for them itself where they are not given.
        """
        ...

    def score_aspects(self, text: str, spans: Sequence[Span]) -> list[Sentiment]:
        """The sentiment about what stands at each span (start and end in characters) of the text.

        A scorer that cannot tell them apart gives the sentiment of the whole text to each.
        """
        ...


def has_words(text: str) -> bool:
    """Whether there is a letter or digit in it."""
    return any(map(str.isalnum, text))


def scorer_names() -> list[str]:
    """Every registered scorer, sorted by name."""
    return plugin_names(GROUP)


def build_scorer(name: str, **options: object) -> Scorer:
    """The scorer registered as `name`, with options other than the configured ones: `transformer` has `folder`.

    Raises:
        UnknownNameError: there is none; the known ones are listed.
        ConfigError: it needs something that is not installed or not set.
    """
    plugin = load_plugin(GROUP, name)
    scorer: Scorer = plugin.build(plugin.config_type(**options), Context(name, Path.cwd()))
    return scorer
