"""The scorer `transformer` over a tiny model made here: one layer that sums up what each word says."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.normalizers import Lowercase
from tokenizers.pre_tokenizers import Whitespace

from algo_trading.domain.sentiment import Sentiment, Tone
from algo_trading.errors import ConfigError
from algo_trading.sentiment.scorers import build_scorer
from algo_trading.sentiment.transformer import BATCH, TransformerScorer

pytestmark = pytest.mark.unit

WORDS = {"[PAD]": 0, "[UNK]": 1, "up": 2, "down": 3, "flat": 4}
# Logits of each word, in the order of LABELS; a padded place must not count, so its row would be noticed.
LOGITS = np.array([[9, 9, -9], [0, 0, 0], [4, 0, 0], [0, 4, 0], [0, 0, 4]], np.float32)
LABELS = {"0": "Bullish", "1": "negative", "2": "neutral"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder as an export leaves it."""
    inputs = [
        helper.make_tensor_value_info(name, TensorProto.INT64, ["batch", "length"])
        for name in ("input_ids", "attention_mask")
    ]
    logits = helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["batch", 3])
    nodes = [
        helper.make_node("Gather", ["table", "input_ids"], ["said"]),
        helper.make_node("Cast", ["attention_mask"], ["mask"], to=TensorProto.FLOAT),
        helper.make_node("Unsqueeze", ["mask", "last"], ["column"]),
        helper.make_node("Mul", ["said", "column"], ["heard"]),
        helper.make_node("ReduceSum", ["heard", "words"], ["logits"], keepdims=0),
    ]
    constants = [
        numpy_helper.from_array(LOGITS, "table"),
        numpy_helper.from_array(np.array([2], np.int64), "last"),
        numpy_helper.from_array(np.array([1], np.int64), "words"),
    ]
    graph = helper.make_graph(nodes, "tiny", inputs, [logits], constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    onnx.checker.check_model(model)
    onnx.save(model, str(tmp_path / "model.onnx"))
    tokenizer = Tokenizer(WordLevel(WORDS, unk_token="[UNK]"))  # noqa: S106 - the name of a token
    tokenizer.normalizer = Lowercase()
    tokenizer.pre_tokenizer = Whitespace()
    tokenizer.save(str(tmp_path / "tokenizer.json"))
    (tmp_path / "config.json").write_text(json.dumps({"id2label": LABELS}))
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
    assert scorer.score_about("up", [(0, 2)]) == scorer.score(["up"])
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
