"""The scorer `transformer`: a FinBERT-class model of the user's own, in ONNX, with its tokenizer.

The folder holds what `optimum-cli export onnx` writes: model.onnx (or onnx/model.onnx), tokenizer.json, and config.json
with `id2label`. Needs the extra `transformer`.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from algo_trading.domain.sentiment import Sentiment, Tone
from algo_trading.errors import ConfigError
from algo_trading.plugins import Context, Plugin, PluginConfig
from algo_trading.sentiment.classify.finance import sentiments
from algo_trading.sentiment.classify.linear import Floats32, softmax
from algo_trading.sentiment.classify.masking import Span
from algo_trading.sentiment.classify.scorers import NO_SENTIMENT, has_words

BATCH = 32  # texts in one run of the model
MOST_TOKENS = 512  # of one text are read, what BERT's positions allow
LABELS = {
    **{tone.value: tone for tone in Tone},
    "bearish": Tone.NEGATIVE,
    "bullish": Tone.POSITIVE,
}


class TransformerScorer:
    """Scores by an ONNX model that gives one logit for each of negative, neutral and positive."""

    name = "transformer"

    def __init__(self, folder: Path) -> None:
        """Load the model of `folder`.

        Raises:
            ConfigError: the extra is not installed, a file is missing or broken, or the labels are no sentiment.
        """
        self._classes = _classes(folder)
        try:
            from onnxruntime import InferenceSession
            from tokenizers import Tokenizer
        except ImportError as error:
            raise ConfigError(
                'the scorer transformer needs the extra: pip install "algo-trading[transformer]"'
            ) from error
        model = next((path for path in (folder / "model.onnx", folder / "onnx" / "model.onnx") if path.is_file()), None)
        if model is None:
            raise ConfigError(f"{folder} has no model.onnx; export the model to ONNX into this folder")
        try:  # both libraries raise kinds of errors that they do not export
            self._session: Any = InferenceSession(str(model), providers=["CPUExecutionProvider"])
            self._tokenizer: Any = Tokenizer.from_file(str(folder / "tokenizer.json"))
        except Exception as error:
            raise ConfigError(f"the model in {folder} cannot be loaded: {str(error).splitlines()[0]}") from error
        self._tokenizer.enable_truncation(MOST_TOKENS)
        self._tokenizer.enable_padding()
        self._inputs = [node.name for node in self._session.get_inputs()]

    def score(
        self,
        texts: Sequence[str],
        names: Sequence[Sequence[Span]] | None = None,  # noqa: ARG002 - names are words like any other to it
    ) -> list[Sentiment]:
        """The sentiment of each text; one without a letter or digit is neutral."""
        found = [NO_SENTIMENT] * len(texts)
        rows = sorted((row for row, text in enumerate(texts) if has_words(text)), key=lambda row: len(texts[row]))
        for low in range(0, len(rows), BATCH):  # texts of like length together: little padding
            batch = rows[low : low + BATCH]
            chances = softmax(self._logits([texts[row] for row in batch]))
            for row, sentiment in zip(batch, sentiments(chances, self._classes), strict=True):
                found[row] = sentiment
        return found

    def score_aspects(self, text: str, spans: Sequence[Span]) -> list[Sentiment]:
        """The sentiment of the whole text for each span."""
        return self.score([text]) * len(spans)

    def _logits(self, texts: Sequence[str]) -> Floats32:
        # Half a surrogate pair, as torn JSON leaves it, is no text to the tokenizer.
        encoded = self._tokenizer.encode_batch([text.encode(errors="replace").decode() for text in texts])
        arrays = {
            "input_ids": [row.ids for row in encoded],
            "attention_mask": [row.attention_mask for row in encoded],
            "token_type_ids": [row.type_ids for row in encoded],
        }
        feed = {name: np.array(arrays[name], np.int64) for name in self._inputs if name in arrays}
        logits: Floats32 = np.asarray(self._session.run(None, feed)[0], np.float32)
        return logits


class TransformerConfig(PluginConfig):
    """The folder of the model."""

    folder: Path | None = None


def build(config: TransformerConfig, _context: Context) -> TransformerScorer:
    """The scorer over the model in the configured folder.

    Raises:
        ConfigError: none is named, or it does not hold a model.
    """
    if config.folder is None:
        raise ConfigError("the scorer transformer needs a model: name its folder (scorers.transformer.folder, --model)")
    return TransformerScorer(config.folder.expanduser())


plugin = Plugin(TransformerConfig, build)


def _classes(folder: Path) -> list[str]:
    """Names of the classes in the order of the logits."""
    path = folder / "config.json"
    try:
        named = json.loads(path.read_text(encoding="utf-8"))["id2label"]
        labels = [str(named[str(number)]) for number in range(len(named))]
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror}") from error
    except (ValueError, KeyError, TypeError) as error:
        raise ConfigError(f"{path} does not name the labels of the logits in id2label") from error
    tones = [LABELS.get(label.lower()) for label in labels]
    if sorted(str(tone) for tone in tones) != sorted(tone.value for tone in Tone):
        raise ConfigError(f"the labels {labels} in {path} are not negative, neutral and positive")
    return [str(tone) for tone in tones]
