"""What every Scorer does."""

import pytest

from algo_trading.domain.sentiment import Tone
from algo_trading.sentiment.classify.scorers import Scorer

TEXTS = ["Profit up", "a loss, a terrible loss!", "", "The meeting is on Tuesday", "\ud800 🚀 $X @y ...", "up " * 600]


class ScorerContract:
    """A subclass gives the fixture: a scorer."""

    @pytest.fixture
    def scorer(self) -> Scorer:
        raise NotImplementedError

    def test_it_has_a_name(self, scorer: Scorer) -> None:
        assert scorer.name

    def test_each_text_has_a_sentiment_within_bounds(self, scorer: Scorer) -> None:
        scored = scorer.score(TEXTS)
        assert len(scored) == len(TEXTS)
        for sentiment in scored:
            assert isinstance(sentiment.tone, Tone)
            assert -1 <= sentiment.score <= 1
            assert 0 <= sentiment.confidence <= 1

    def test_a_text_is_scored_as_if_it_were_alone(self, scorer: Scorer) -> None:
        together = scorer.score(TEXTS)
        for text, sentiment in zip(TEXTS, together, strict=True):
            (alone,) = scorer.score([text])
            assert alone.tone is sentiment.tone
            assert alone.score == pytest.approx(sentiment.score, abs=1e-5)

    def test_what_says_nothing_is_neutral(self, scorer: Scorer) -> None:
        for sentiment in scorer.score(["", "  \n", "...", "?! — %"]):
            assert (sentiment.tone, sentiment.score, sentiment.confidence) == (Tone.NEUTRAL, 0, 0)

    def test_nothing_is_scored_as_nothing(self, scorer: Scorer) -> None:
        assert scorer.score([]) == []
        assert scorer.score_aspects("Profit up", []) == []

    def test_each_span_has_a_sentiment(self, scorer: Scorer) -> None:
        scored = scorer.score_aspects("Gold up, silver down", [(0, 4), (9, 15), (0, 4)])
        assert len(scored) == 3
        assert scored[0] == scored[2]
        assert all(-1 <= sentiment.score <= 1 for sentiment in scored)
