"""Measures of predictions, by hand."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from algo_trading.sentiment.evaluation import ClassReport, evaluate

pytestmark = pytest.mark.unit

CLASSES = ["a", "b", "c"]


def test_measures_of_a_small_example() -> None:
    result = evaluate(list("aaabb"), list("aabba"), CLASSES, 2.0)
    assert result.accuracy == pytest.approx(3 / 5)
    assert result.per_class == {
        "a": ClassReport(2 / 3, 2 / 3, 2 / 3, 3),
        "b": ClassReport(1 / 2, 1 / 2, 1 / 2, 2),
    }
    assert result.macro_f1 == pytest.approx((2 / 3 + 1 / 2) / 2)
    assert result.confusion == {"a": {"a": 2, "b": 1}, "b": {"a": 1, "b": 1}}
    assert result.texts_per_second == 2.5


def test_a_class_that_is_only_predicted_counts_with_zero() -> None:
    result = evaluate(list("aa"), list("ac"), CLASSES, 1.0)
    assert result.per_class["c"] == ClassReport(0.0, 0.0, 0.0, 0)
    assert result.macro_f1 == pytest.approx((2 / 3 + 0) / 2)


@given(pairs=st.lists(st.tuples(st.sampled_from(CLASSES), st.sampled_from(CLASSES)), min_size=1))
def test_measures_agree_with_one_another(pairs: list[tuple[str, str]]) -> None:
    actual, predicted = map(list, zip(*pairs, strict=True))
    result = evaluate(actual, predicted, CLASSES, 1.0)
    assert sum(map(sum, (row.values() for row in result.confusion.values()))) == len(pairs)
    assert sum(report.support for report in result.per_class.values()) == len(pairs)
    recalled = sum(report.recall * report.support for report in result.per_class.values())
    assert recalled == pytest.approx(result.accuracy * len(pairs))
    assert min(result.accuracy, result.macro_f1) >= 0
    assert evaluate(actual, actual, CLASSES, 1.0).macro_f1 == 1
