"""How often a model is right when it says a class with some margin, by kind of text."""

import re
from collections.abc import Sequence
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from algo_trading.domain.sentiment import Tone
from algo_trading.sentiment.classify.linear import Floats32, LinearModel


class TextKind(IntEnum):
    """Kinds of text that differ in how far the models can be trusted."""

    POST = 0  # with links, tags, handles or pictures, as people and bots post it
    HEADLINE = 1
    SENTENCE = 2  # prose that ends as a sentence does


TAGGED = re.compile(r"(?:^|\W)[$#@][A-Za-z]")
PICTURES = re.compile("[\u2026\u2600-\u27bf\U0001f300-\U0001faff]")


def kind_of(text: str) -> TextKind:
    """The kind of a text, by its marks."""
    signed = "$" in text or "#" in text or "@" in text
    if "http" in text or (signed and TAGGED.search(text)) or (not text.isascii() and PICTURES.search(text)):
        return TextKind.POST
    return TextKind.SENTENCE if text.rstrip()[-1:] in {".", "!", "?"} else TextKind.HEADLINE


def margins(logits: Floats32, classes: Sequence[str]) -> NDArray[np.float64]:
    """What confidence depends on, of shape (texts, 4): 1, the margin between the best two classes, polar, both."""
    ordered = np.sort(logits, axis=1).astype(np.float64)
    margin = ordered[:, -1] - ordered[:, -2]
    polar = (logits.argmax(axis=1) != list(classes).index(Tone.NEUTRAL)).astype(np.float64)
    return np.stack([np.ones(len(logits)), margin, polar, margin * polar], axis=1)


def confidence_of(model: LinearModel, logits: Floats32, texts: Sequence[str]) -> Floats32 | None:
    """The probability that the likeliest class of each text is right (Platt, Probabilistic Outputs, 1999).

    None if the model has no calibration.
    """
    if model.calibration is None:
        return None
    kinds = np.fromiter((kind_of(text) for text in texts), np.int64, len(texts))
    odds = (margins(logits, model.classes) * model.calibration[kinds]).sum(axis=1)
    result: Floats32 = (1 / (1 + np.exp(-odds))).astype(np.float32)
    return result
