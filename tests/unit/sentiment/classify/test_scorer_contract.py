"""Every scorer, the fake of the tests included, does what a Scorer does."""

from pathlib import Path

import pytest

from algo_trading.sentiment.classify.scorers import Scorer, build_scorer
from contracts.scorer import ScorerContract
from fakes.scorer import FakeScorer
from support.tiny_transformer import write_model

pytestmark = pytest.mark.unit


class TestFinance(ScorerContract):
    @pytest.fixture
    def scorer(self) -> Scorer:
        return build_scorer("finance")


class TestTextBlob(ScorerContract):
    @pytest.fixture
    def scorer(self) -> Scorer:
        return build_scorer("textblob")


class TestVader(ScorerContract):
    @pytest.fixture
    def scorer(self) -> Scorer:
        return build_scorer("vader")


class TestTransformer(ScorerContract):
    @pytest.fixture
    def scorer(self, tmp_path: Path) -> Scorer:
        write_model(tmp_path)
        return build_scorer("transformer", folder=tmp_path)


class TestFake(ScorerContract):
    @pytest.fixture
    def scorer(self) -> Scorer:
        return FakeScorer()
