"""Each kind of rule as a predicate, and which of several broken rules names a row."""

from enum import StrEnum
from typing import Any

import numpy as np
import pytest

from algo_trading.quality.rules import Between, NotIn, NotNull, Null, Rule, Suite

pytestmark = pytest.mark.unit


class Why(StrEnum):
    FIRST = "first"
    SECOND = "second"


NAN = float("nan")
NAT = np.datetime64("NaT", "us")


@pytest.mark.parametrize(
    ("rule", "values", "broken"),
    [
        (Null("c", Why.FIRST, ""), np.array([None, "x"], dtype=object), [False, True]),
        (NotNull("c", Why.FIRST, ""), np.array([None, "x", ""], dtype=object), [True, False, False]),
        (NotNull("c", Why.FIRST, ""), np.array([1.0, NAN]), [False, True]),
        (NotNull("c", Why.FIRST, ""), np.array([1, 0]), [False, False]),
        (NotNull("c", Why.FIRST, ""), np.array([NAT, np.datetime64("2015-03-23", "us")]), [True, False]),
        (NotIn("c", ("x",), Why.FIRST, ""), np.array([None, "x", "y"], dtype=object), [False, True, False]),
        (Between("c", Why.FIRST, "", low=0), np.array([-0.1, 0, NAN]), [True, False, False]),
        (Between("c", Why.FIRST, "", low=0, strict=True), np.array([0, 5e-324, NAN]), [True, False, False]),
        (Between("c", Why.FIRST, "", high=5), np.array([5, 5.1, NAN, np.inf]), [False, True, False, True]),
        (Between("c", Why.FIRST, "", low=1, high=2), np.array([0, 1, 2, 3]), [True, False, False, True]),
    ],
)
def test_a_rule_is_broken_by(rule: Rule, values: Any, broken: list[bool]) -> None:
    assert rule.broken(values).tolist() == broken


def test_a_row_is_refused_for_the_first_rule_it_breaks() -> None:
    suite = Suite("two", (NotNull("name", Why.FIRST, ""), Between("size", Why.SECOND, "", low=0)))
    columns = {"name": np.array([None, "a", None, "b"], dtype=object), "size": np.array([-1.0, -1.0, 1.0, 1.0])}
    assert suite.first_broken(columns).tolist() == [Why.FIRST, Why.SECOND, Why.FIRST, None]
