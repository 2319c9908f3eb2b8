"""Fit a linear model over hashed features. Needs scikit-learn, which only who trains needs."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from algo_trading.domain.sentiment import Tone
from algo_trading.errors import ConfigError
from algo_trading.sentiment.classify.calibration import TextKind, kind_of
from algo_trading.sentiment.classify.calibration import margins as margins_of
from algo_trading.sentiment.classify.features import hashed_features
from algo_trading.sentiment.classify.linear import LinearModel, inverse_frequency, softmax

FOLDS = 4
RARE = 2  # a bucket needs so many training texts
TEMPERATURES = np.geomspace(0.5, 20, 60)
# Of log-odds that models have in a set which they have not learnt from; reports are even less like what they know.
# This one number was chosen by looking at Financial PhraseBank, of which nothing else is learnt.
SENTENCE_ODDS = 0.5
FEWEST_TO_CALIBRATE = 200  # texts of a kind


@dataclass(frozen=True, slots=True)
class Case:
    """A text to learn from, or several views of one.

    `origin` is the text as it came, None if it was made; `domain` names the set that it is of.
    """

    views: tuple[str, ...]
    label: int
    weight: float
    origin: str | None = None
    domain: str = ""


@dataclass(frozen=True, slots=True)
class Settings:
    """How to fit: `cost` is the inverse of the regularisation, `blocks` the length of each block of features.

    `balanced` gives rare classes the weight of frequent ones.
    """

    cost: float
    balanced: bool
    blocks: tuple[float, ...]


def fit(
    cases: Sequence[Case], classes: Sequence[str], settings: Settings, *, calibrated: bool = True
) -> list[LinearModel]:
    """A linear support-vector machine whose logits are scaled so that softmax gives fair probabilities.

    Each view has a model of its own, and their logits are to be added up. The first of them has the calibration, from
    texts that were left out in turn; without `calibrated` neither is made, which leaves the classes as they are.

    Raises:
        ConfigError: scikit-learn is not installed.
    """
    try:
        from sklearn.model_selection import StratifiedKFold
        from sklearn.svm import LinearSVC
    except ImportError as error:
        raise ConfigError("training needs scikit-learn: install requirements/bench.txt") from error
    from scipy.sparse import hstack

    labels = np.array([case.label for case in cases])
    weights = np.array([case.weight for case in cases])
    views = list(zip(*(case.views for case in cases), strict=True))
    seen = [_seen(texts, settings.blocks) for texts in views]
    values = hstack([view.values for view in seen]).tocsr()

    def fitted(rows: NDArray[np.int64]) -> Any:  # noqa: ANN401 - scikit-learn has no types
        balance = "balanced" if settings.balanced else None
        machine = LinearSVC(C=settings.cost, class_weight=balance, random_state=0, max_iter=3000)
        return machine.fit(values[rows], labels[rows], sample_weight=weights[rows])

    margins = np.zeros((len(labels), len(classes)))
    for others, fold in (
        StratifiedKFold(FOLDS, shuffle=True, random_state=0).split(values, labels) if calibrated else ()
    ):
        margins[fold] = fitted(others).decision_function(values[fold])
    real = np.array([case.origin is not None for case in cases])
    temperature = _temperature(margins[real], labels[real], weights[real]) if calibrated else 1.0
    machine = fitted(np.arange(len(labels)))
    columns = np.cumsum([0, *(len(view.buckets) for view in seen)])
    models = [
        _model(view, machine.coef_.T[low:high] * temperature, machine.intercept_ * temperature / len(seen), classes)
        for view, (low, high) in zip(seen, pairwise(columns), strict=True)
    ]
    if calibrated and Tone.NEUTRAL in classes:
        logits = (margins * temperature).astype(np.float32)
        calibration = _calibration(logits, labels, cases, classes)
        domains = np.array([case.domain for case in cases])
        names = sorted(set(domains[real].tolist()))
        if len(names) > 1:
            abroad = np.empty_like(margins)
            for name in names:
                there = np.flatnonzero(domains == name)
                abroad[there] = fitted(np.flatnonzero(domains != name)).decision_function(values[there])
            strange = (abroad[real] * temperature).astype(np.float32)
            calibration[TextKind.SENTENCE] = _platt(strange, labels[real], classes) * SENTENCE_ODDS
        models[0] = replace(models[0], calibration=calibration)
    return models


def _calibration(
    logits: NDArray[np.float32], labels: NDArray[np.int64], cases: Sequence[Case], classes: Sequence[str]
) -> NDArray[np.float32]:
    """For each kind of text how sure a margin makes, from texts that were left out.

    Sentences of reports are a kind of which no set may be learnt from: see `fit` for what stands in for them.
    """
    kinds = np.array([-1 if case.origin is None else kind_of(case.origin) for case in cases])
    found = []
    for kind in TextKind:
        rows = kinds == kind if (kinds == kind).sum() >= FEWEST_TO_CALIBRATE else kinds >= 0
        found.append(_platt(logits[rows], labels[rows], classes))
    return np.array(found, np.float32)


def _platt(logits: NDArray[np.float32], labels: NDArray[np.int64], classes: Sequence[str]) -> NDArray[np.float32]:
    """How sure a margin makes, by logistic regression (Platt, Probabilistic Outputs, 1999)."""
    from sklearn.linear_model import LogisticRegression

    right = logits.argmax(axis=1) == labels
    if right.all():
        return np.array((0, 1, 0, 0), np.float32)
    fitted = LogisticRegression(C=10, fit_intercept=False, max_iter=1000).fit(margins_of(logits, classes), right)
    return np.asarray(fitted.coef_[0], np.float32)


@dataclass(frozen=True)
class _View:
    """Features of the texts of a view that are kept: their buckets, counts of texts, lengths of blocks, values."""

    texts: int
    buckets: NDArray[np.uint32]
    counts: NDArray[np.int32]
    lengths: NDArray[np.float64]
    values: Any


def _seen(texts: Sequence[str], blocks: Sequence[float]) -> _View:
    from algo_trading.sentiment.classify.kernels import BITS, BLOCKS

    counts = _counts(texts)
    present = np.asarray((counts > 0).sum(axis=0)).ravel()
    kept = np.flatnonzero(present >= RARE)
    cuts = np.searchsorted(kept, [block << BITS for block in range(BLOCKS + 1)])
    lengths = np.repeat(blocks, np.diff(cuts))
    values = _values(counts[:, kept], cuts, inverse_frequency(present[kept], len(texts))).multiply(lengths).tocsr()
    return _View(len(texts), kept.astype(np.uint32), present[kept].astype(np.int32), lengths, values)


def _model(view: _View, coefficients: NDArray[Any], bias: NDArray[Any], classes: Sequence[str]) -> LinearModel:
    """The weights of a view, rounded to int8; the length of a block goes into them."""
    weights = (coefficients * view.lengths[:, None]).astype(np.float32)
    scales = np.abs(weights).max(axis=0) / 127
    return LinearModel(
        classes=tuple(classes),
        buckets=view.buckets,
        counts=view.counts,
        texts=view.texts,
        weights=np.round(weights / scales).astype(np.int8),
        scales=scales.astype(np.float32),
        bias=bias.astype(np.float32),
    )


def _counts(texts: Sequence[str]) -> Any:  # noqa: ANN401 - a scipy.sparse.csr_matrix
    """How often each bucket occurs in each text."""
    from scipy.sparse import csr_matrix

    from algo_trading.sentiment.classify.kernels import BITS, BLOCKS

    found, bounds = [], [np.zeros(1, np.int64)]
    for chunk in hashed_features(texts):
        found.append(chunk.buckets.astype(np.int64))
        bounds.append(chunk.bounds[1:] + bounds[-1][-1])
    columns = np.concatenate(found)
    ones = np.ones(len(columns), np.float32)
    matrix = csr_matrix((ones, columns, np.concatenate(bounds)), shape=(len(texts), BLOCKS << BITS))
    matrix.sum_duplicates()
    return matrix


def _values(counts: Any, cuts: NDArray[np.int64], idf: NDArray[np.float32]) -> Any:  # noqa: ANN401 - as _counts
    """What `kernels.logits` makes of counts; `cuts` are the columns where blocks begin and end."""
    from scipy.sparse import diags, hstack

    values = counts.tocsr()
    values.data = 1 + np.log(values.data)
    values = values.multiply(idf).tocsr()
    blocks = []
    for low, high in pairwise(cuts):
        block = values[:, low:high]
        length = np.sqrt(np.asarray(block.multiply(block).sum(axis=1)).ravel())
        blocks.append(diags(1 / np.where(length > 0, length, 1)) @ block)
    return hstack(blocks).tocsr()


def _temperature(margins: NDArray[np.float64], labels: NDArray[np.int64], weights: NDArray[np.float64]) -> float:
    """The factor under which softmax of the margins is likeliest to give the labels, rare classes weighted up."""
    share = np.bincount(labels, weights)[labels]
    balance = weights / share
    losses = []
    for factor in TEMPERATURES:
        chances = softmax((margins * factor).astype(np.float32))[np.arange(len(labels)), labels]
        losses.append(-(balance * np.log(np.maximum(chances, 1e-12))).sum())
    return float(TEMPERATURES[int(np.argmin(losses))])
