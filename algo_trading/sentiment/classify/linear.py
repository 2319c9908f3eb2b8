"""Linear models over hashed features: read from the packaged files, applied, and asked why."""

import json
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property, lru_cache
from importlib.resources import files
from itertools import islice, pairwise
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from algo_trading.sentiment.classify.features import hashed_features

Floats32 = NDArray[np.float32]
FEW = 1_000  # texts that one thread scores


@dataclass(frozen=True)
class Reason:
    """Words of a text and how much they spoke for a class, over its mean for all classes."""

    words: str
    weight: float


@dataclass(frozen=True, eq=False)
class LinearModel:
    """Classes and their weights for the buckets that training kept.

    Attributes:
        classes: names of the classes.
        buckets: kept buckets, ascending, uint32.
        counts: training texts with a feature of the bucket, int32.
        texts: number of training texts.
        weights: int8 of shape (buckets, classes); times `scales` (one for each class) they are logits.
        bias: one for each class.
        calibration: of shape (kinds of text, 4), see `calibration`; None where softmax is all there is.
    """

    classes: tuple[str, ...]
    buckets: NDArray[np.uint32]
    counts: NDArray[np.int32]
    texts: int
    weights: NDArray[np.int8]
    scales: Floats32
    bias: Floats32
    calibration: Floats32 | None = None

    @cached_property
    def idf(self) -> Floats32:
        """Inverse document frequency of each kept bucket."""
        return inverse_frequency(self.counts, self.texts)

    @cached_property
    def _rows(self) -> NDArray[np.int32]:
        from algo_trading.sentiment.classify.kernels import BITS, BLOCKS

        rows = np.full(BLOCKS << BITS, -1, np.int32)
        rows[self.buckets] = np.arange(len(self.buckets), dtype=np.int32)
        return rows

    @cached_property
    def _logit_weights(self) -> Floats32:
        return self.weights * self.scales

    @cached_property
    def _table(self) -> Floats32:
        """What the compiled loop reads: of each kept bucket its idf and the weights times it."""
        return np.ascontiguousarray(np.hstack([self.idf[:, None], self._logit_weights * self.idf[:, None]]), np.float32)

    def logits(self, texts: Sequence[str], own: Path | None = None) -> Floats32:
        """Scores of shape (texts, classes); softmax makes probabilities of them.

        `own` is a user's table of expressions (see `lexicon`).
        """
        return self.scores(texts, own)[0]

    def scores(self, texts: Sequence[str], own: Path | None = None) -> tuple[Floats32, NDArray[np.bool_]]:
        """The logits of texts, and which have features at all: those without are empty or in another language."""
        out, known = np.tile(self.bias, (len(texts), 1)), np.zeros(len(texts), np.bool_)
        parts = min(len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 1, len(texts) // FEW)
        if parts < 2:
            self._score(texts, own, out, known)
            return out, known
        bounds = [len(texts) * part // parts for part in range(parts + 1)]
        with ThreadPoolExecutor(parts) as pool:  # the compiled loops release the interpreter's lock
            jobs = [
                pool.submit(self._score, texts[low:high], own, out[low:high], known[low:high])
                for low, high in pairwise(bounds)
            ]
            for job in jobs:
                job.result()
        return out, known

    def _score(self, texts: Sequence[str], own: Path | None, out: Floats32, known: NDArray[np.bool_]) -> None:
        from algo_trading.sentiment.classify import kernels

        done = 0
        for chunk in hashed_features(texts, own):
            end = done + len(chunk.bounds) - 1
            kernels.logits(chunk.buckets, chunk.bounds, self._rows, self._table, out[done:end])
            known[done:end] = chunk.bounds[1:] > chunk.bounds[:-1]
            done = end

    def contributions(self, text: str, name: str, own: Path | None = None) -> list[Reason]:
        """What each place of the text adds to the logit of the class `name` over the mean of all, the most first.

        Together they are that logit less its mean, without the bias.
        """
        from algo_trading.sentiment.classify.kernels import BITS

        column = self.classes.index(name)
        (chunk,) = hashed_features([text], own, placed=True)
        rows = self._rows[chunk.buckets]
        kept = rows >= 0
        rows, places, blocks = rows[kept], chunk.places[kept], chunk.buckets[kept] >> BITS
        occurring = np.bincount(rows, minlength=len(self.idf))[rows]
        values = (1 + np.log(occurring)) * self.idf[rows]
        for block in np.unique(blocks):
            mine = blocks == block
            # A feature that occurs n times counts once for the length and the sum: each place has an n-th of it.
            values[mine] /= np.sqrt((values[mine] ** 2 / occurring[mine]).sum())
        weights = self._logit_weights[rows]
        spoke = values / occurring * (weights[:, column] - weights.mean(axis=1))
        total: dict[tuple[int, int], float] = {}
        for (begin, end), weight in zip(places.tolist(), spoke.tolist(), strict=True):
            total[begin, end] = total.get((begin, end), 0.0) + weight
        return [
            Reason(chunk.text[begin:end].decode(errors="replace"), weight)
            for (begin, end), weight in sorted(total.items(), key=lambda item: -item[1])
        ]

    def reasons(self, text: str, name: str, most: int, own: Path | None = None) -> list[Reason]:
        """The words of the text that spoke most for the class `name`, the strongest first."""
        spoke = (reason for reason in self.contributions(text, name, own) if reason.weight > 0 and reason.words)
        return list(islice(spoke, most))

    def save(self, path: Path) -> None:
        """Write it as .npz."""
        gaps = np.diff(self.buckets, prepend=np.uint32(0)).astype(np.uint32)
        arrays: dict[str, Any] = {
            "classes": np.array(json.dumps(self.classes)),
            "texts": np.array(self.texts),
            "gaps": gaps,
            "counts": self.counts,
            "weights": np.ascontiguousarray(self.weights.T),
            "scales": self.scales,
            "bias": self.bias,
        }
        if self.calibration is not None:
            arrays["calibration"] = self.calibration
        np.savez_compressed(path, **arrays)


@lru_cache
def packaged_model(name: str) -> LinearModel:
    """The model that ships as data/models/<name>.npz, read once."""
    with (files("algo_trading") / "data" / "models" / f"{name}.npz").open("rb") as file:
        return read_model(file)


def read_model(file: IO[bytes]) -> LinearModel:
    """What `LinearModel.save` wrote."""
    with np.load(file, allow_pickle=False) as arrays:
        return LinearModel(
            classes=tuple(json.loads(str(arrays["classes"]))),
            buckets=np.cumsum(arrays["gaps"], dtype=np.uint32),
            counts=arrays["counts"],
            texts=int(arrays["texts"]),
            weights=np.ascontiguousarray(arrays["weights"].T),
            scales=arrays["scales"],
            bias=arrays["bias"],
            calibration=arrays.get("calibration"),
        )


def inverse_frequency(counts: NDArray[Any], texts: int) -> Floats32:
    """Smoothed inverse document frequency: log((1 + texts) / (1 + counts)) + 1."""
    result: Floats32 = (np.log((1 + texts) / (1 + counts)) + 1).astype(np.float32)
    return result


def softmax(logits: Floats32) -> Floats32:
    """Probabilities along the last axis."""
    raised = np.exp(logits - logits.max(axis=-1, keepdims=True))
    result: Floats32 = raised / raised.sum(axis=-1, keepdims=True)
    return result
