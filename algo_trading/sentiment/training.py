"""Fit a linear model over hashed features. Needs scikit-learn, which only who trains needs."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from algo_trading.errors import ConfigError
from algo_trading.sentiment.featurizing import BITS, featurized
from algo_trading.sentiment.linear import LinearModel, inverse_frequency, softmax

FOLDS = 4
RARE = 2  # a bucket needs so many training texts
TEMPERATURES = np.geomspace(0.5, 20, 60)


def train(
    texts: Sequence[str],
    labels: NDArray[np.int64],
    weights: NDArray[np.float64],
    classes: Sequence[str],
    *,
    cost: float,
    balanced: bool,
    blocks: Sequence[float],
) -> LinearModel:
    """A linear support-vector machine whose logits are scaled so that softmax gives fair probabilities.

    Args:
        texts: what to learn from.
        labels: a number of `classes` for each text.
        weights: of each text.
        classes: names of the classes.
        cost: the inverse of the regularisation.
        balanced: give rare classes the weight of frequent ones.
        blocks: length of each block of features, see `kernels`.

    Raises:
        ConfigError: scikit-learn is not installed.
    """
    try:
        from sklearn.model_selection import StratifiedKFold
        from sklearn.svm import LinearSVC
    except ImportError as error:
        raise ConfigError("training needs scikit-learn: install requirements/bench.txt") from error
    from algo_trading.sentiment.kernels import BLOCKS

    counts = _counts(texts)
    present = np.asarray((counts > 0).sum(axis=0)).ravel()
    kept = np.flatnonzero(present >= RARE)
    idf = inverse_frequency(present[kept], len(texts))
    cuts = np.searchsorted(kept, [block << BITS for block in range(BLOCKS + 1)])
    length = np.repeat(blocks, np.diff(cuts))  # of the block, for each bucket
    values = _values(counts[:, kept], cuts, idf).multiply(length).tocsr()

    def fitted(rows: NDArray[np.int64]) -> Any:  # noqa: ANN401 - scikit-learn has no types
        machine = LinearSVC(C=cost, class_weight="balanced" if balanced else None, random_state=0)
        return machine.fit(values[rows], labels[rows], sample_weight=weights[rows])

    margins = np.empty((len(texts), len(classes)))
    for others, fold in StratifiedKFold(FOLDS, shuffle=True, random_state=0).split(values, labels):
        margins[fold] = fitted(others).decision_function(values[fold])
    temperature = _temperature(margins, labels, weights)
    machine = fitted(np.arange(len(texts)))
    coefficients = (machine.coef_.T * length[:, None] * temperature).astype(np.float32)
    scales = np.abs(coefficients).max(axis=0) / 127
    return LinearModel(
        classes=tuple(classes),
        buckets=kept.astype(np.uint32),
        counts=present[kept].astype(np.int32),
        texts=len(texts),
        weights=np.round(coefficients / scales).astype(np.int8),
        scales=scales.astype(np.float32),
        bias=(machine.intercept_ * temperature).astype(np.float32),
    )


def _counts(texts: Sequence[str]) -> Any:  # noqa: ANN401 - a scipy.sparse.csr_matrix
    """How often each bucket occurs in each text."""
    from scipy.sparse import csr_matrix

    from algo_trading.sentiment.kernels import BLOCKS

    found, bounds = [], [np.zeros(1, np.int64)]
    for chunk in featurized(texts):
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
