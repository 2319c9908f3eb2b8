"""How good predicted classes are: accuracy, macro-F1, per class, confusion."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class ClassReport:
    """How one class was predicted; a ratio without a case is None. `support` counts the texts of this class.

    Precision has no case where the class is never predicted, recall where no text is of it.
    """

    precision: float | None
    recall: float | None
    f1: float
    support: int


@dataclass(frozen=True)
class Evaluation:
    """Predictions beside labels.

    `macro_f1` is the mean F1 of the classes that are labelled or predicted at least once. `confusion` counts texts by
    class and, within it, by predicted class.
    """

    accuracy: float
    macro_f1: float
    per_class: dict[str, ClassReport]
    confusion: dict[str, dict[str, int]]
    texts_per_second: float


def evaluate(actual: Sequence[str], predicted: Sequence[str], classes: Sequence[str], seconds: float) -> Evaluation:
    """Compare `predicted` with `actual`, both at least one name of `classes`; predicting took `seconds`."""
    confusion = {name: dict.fromkeys(classes, 0) for name in classes}
    for truth, guess in zip(actual, predicted, strict=True):
        confusion[truth][guess] += 1
    present = [name for name in classes if name in set(actual) | set(predicted)]
    per_class = {}
    for name in present:
        right = confusion[name][name]
        support, guessed = sum(confusion[name].values()), sum(row[name] for row in confusion.values())
        per_class[name] = ClassReport(
            precision=right / guessed if guessed else None,
            recall=right / support if support else None,
            f1=2 * right / (support + guessed),
            support=support,
        )
    return Evaluation(
        accuracy=sum(confusion[name][name] for name in classes) / len(actual),
        macro_f1=sum(report.f1 for report in per_class.values()) / len(per_class),
        per_class=per_class,
        confusion={name: {other: confusion[name][other] for other in present} for name in present},
        texts_per_second=len(actual) / max(seconds, 1e-9),
    )
