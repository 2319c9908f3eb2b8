"""Measures of predictions, by hand."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from algo_trading.sentiment.training.evaluation import ClassReport, evaluate

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


def test_a_ratio_without_a_case_is_none_and_f1_zero() -> None:
    only_predicted = evaluate(list("aa"), list("ac"), CLASSES, 1.0)
    assert only_predicted.per_class["c"] == ClassReport(0.0, None, 0.0, 0)
    assert only_predicted.macro_f1 == pytest.approx((2 / 3 + 0) / 2)
    never_predicted = evaluate(list("ac"), list("aa"), CLASSES, 1.0)
    assert never_predicted.per_class["c"] == ClassReport(None, 0.0, 0.0, 1)
    assert never_predicted.macro_f1 == pytest.approx((2 / 3 + 0) / 2)


@given(pairs=st.lists(st.tuples(st.sampled_from(CLASSES), st.sampled_from(CLASSES)), min_size=1))
def test_measures_agree_with_one_another(pairs: list[tuple[str, str]]) -> None:
    actual, predicted = map(list, zip(*pairs, strict=True))
    result = evaluate(actual, predicted, CLASSES, 1.0)
    assert sum(map(sum, (row.values() for row in result.confusion.values()))) == len(pairs)
    assert sum(report.support for report in result.per_class.values()) == len(pairs)
    recalled = sum((report.recall or 0) * report.support for report in result.per_class.values())
    assert recalled == pytest.approx(result.accuracy * len(pairs))
    assert min(result.accuracy, result.macro_f1) >= 0
    assert evaluate(actual, actual, CLASSES, 1.0).macro_f1 == 1
