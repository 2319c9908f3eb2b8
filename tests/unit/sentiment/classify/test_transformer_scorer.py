"""The scorer `transformer` over a tiny model."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from algo_trading.domain.sentiment import Sentiment, Tone
from algo_trading.errors import ConfigError
from algo_trading.sentiment.classify.scorers import build_scorer
from algo_trading.sentiment.classify.transformer import BATCH, TransformerScorer
from support.tiny_transformer import write_model

pytestmark = pytest.mark.unit


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_model(tmp_path)
    return tmp_path


def test_texts_of_any_length_are_scored_by_the_model(folder: Path) -> None:
    scorer = build_scorer("transformer", folder=folder)
    texts = ["Up up", "", "down and nothing else that it knows", "flat"] * BATCH
    scored = scorer.score(texts)
    assert [sentiment.tone for sentiment in scored[:4]] == [Tone.POSITIVE, Tone.NEUTRAL, Tone.NEGATIVE, Tone.NEUTRAL]
    assert scored[:4] * BATCH == scored
    raised = np.exp([8.0, 0.0, 0.0])
    assert scored[0].confidence == pytest.approx(raised[0] / raised.sum(), rel=1e-5)
    assert scored[0].score == pytest.approx((raised[0] - raised[1]) / raised.sum(), rel=1e-5)
    assert scored[1] == Sentiment(Tone.NEUTRAL, 0.0, 0.0)
    assert scorer.score_aspects("up", [(0, 2)]) == scorer.score(["up"])
    assert scorer.score([]) == []


def test_a_model_in_a_folder_of_its_own_and_a_long_text(folder: Path) -> None:
    (folder / "onnx").mkdir()
    (folder / "model.onnx").rename(folder / "onnx" / "model.onnx")
    (sentiment,) = TransformerScorer(folder).score(["up " * 5000])
    assert sentiment.tone is Tone.POSITIVE


def rewrite(name: str, content: str) -> Callable[[Path], object]:
    return lambda folder: (folder / name).write_text(content)


def remove(name: str) -> Callable[[Path], object]:
    return lambda folder: (folder / name).unlink()


@pytest.mark.parametrize(
    ("damage", "sentence"),
    [
        (remove("model.onnx"), "has no model.onnx"),
        (rewrite("model.onnx", "no model"), "cannot be loaded"),
        (remove("tokenizer.json"), "cannot be loaded"),
        (rewrite("tokenizer.json", "{"), "cannot be loaded"),
        (remove("config.json"), "cannot be read"),
        (rewrite("config.json", "{"), "does not name the labels"),
        (rewrite("config.json", '{"id2label": {"1": "negative"}}'), "does not name the labels"),
        (rewrite("config.json", '{"id2label": {"0": "spam", "1": "ham"}}'), "are not negative, neutral and positive"),
    ],
)
def test_what_is_wrong_with_a_folder_is_one_sentence(
    damage: Callable[[Path], object], sentence: str, folder: Path
) -> None:
    damage(folder)
    with pytest.raises(ConfigError, match=sentence) as caught:
        TransformerScorer(folder)
    assert "\n" not in str(caught.value)
