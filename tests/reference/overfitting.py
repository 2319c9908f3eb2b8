"""The probability of backtest overfitting as the paper's steps have it, one combination after the other."""

from collections.abc import Sequence
from itertools import combinations
from math import log
from statistics import fmean, pstdev


def sharpe(returns: Sequence[float]) -> float:
    deviation = pstdev(returns)
    return fmean(returns) / deviation if deviation > 1e-15 else 0.0


def logits(trials: Sequence[Sequence[float]], blocks: int) -> list[float]:
    """For each half of the blocks: the logit of the rank, in the other half, of the trial that is best in it."""
    size = len(trials[0]) // blocks
    skipped = len(trials[0]) - size * blocks
    found = []
    for half in combinations(range(blocks), blocks // 2):
        inside, outside = [], []
        for returns in trials:
            parts = [returns[skipped + k * size : skipped + (k + 1) * size] for k in range(blocks)]
            inside.append(sharpe([value for k, part in enumerate(parts) if k in half for value in part]))
            outside.append(sharpe([value for k, part in enumerate(parts) if k not in half for value in part]))
        best = outside[inside.index(max(inside))]
        below, equal = sum(value < best for value in outside), sum(value == best for value in outside)
        rank = below + (equal + 1) / 2
        relative = rank / (len(trials) + 1)
        found.append(log(relative / (1 - relative)))
    return found


def overfitting_probability(trials: Sequence[Sequence[float]], blocks: int) -> float:
    found = logits(trials, blocks)
    return sum(logit <= 1e-12 for logit in found) / len(found)
