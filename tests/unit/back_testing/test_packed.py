"""Numbers of a report: as small as they can be, and the same again."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from back_testing.report.packed import compressed, compressed_json, compressed_library, packed
from support.report_pages import numbers, uncompressed

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("values", "digits", "deltas"),
    [
        ([10.25, 10.5, 9.75], 2, [1025, 25, -75]),
        ([978_307_261, 978_307_260], 0, [978_307_261, -1]),
        ([12_000_000_000.0, 0.0], -4, [1_200_000, -1_200_000]),
        ([1.0, np.nan, np.inf, 2.0], 0, [1, None, None, 1]),
        ([np.nan], 0, [None]),
        ([0.0, 0.0], 0, [0, 0]),
        ([], 0, []),
    ],
)
def test_differences_of_decimals(values: list[float], digits: int, deltas: list[int | None]) -> None:
    assert packed(values) == {"digits": digits, "deltas": deltas}


@given(st.lists(st.floats(allow_subnormal=False, width=32) | st.just(np.nan), max_size=30))
def test_seven_digits_of_the_largest_come_back(values: list[float]) -> None:
    array = np.array(values, dtype=np.float64)
    finite = np.isfinite(array)
    again = numbers(json.loads(json.dumps(packed(array))))
    assert np.isnan(again[~finite]).all()
    largest = np.abs(array[finite]).max(initial=0.0)
    np.testing.assert_allclose(again[finite], array[finite], rtol=0, atol=max(1e-6 * largest, 1e-12))


def test_prices_take_less_than_half_of_floats() -> None:
    prices = np.round(100 + np.cumsum(np.random.default_rng(1).normal(0, 1, 3_000)), 2)
    assert len(compressed_json(packed(prices))) < 0.5 * 3_000 * 4 * 4 / 3


def test_texts_come_back_and_cannot_end_a_script() -> None:
    text = "</script><script>alert(1)</script>\N{SNOWMAN}"
    assert uncompressed(compressed(text)).decode() == text
    assert "<" not in compressed_json({"name": text})
    with pytest.raises(ValueError, match="not JSON compliant"):
        compressed_json(float("nan"))


def test_the_library_is_the_packaged_one_with_its_licence() -> None:
    script = uncompressed(compressed_library())
    assert b"Licensed under Apache License 2.0" in script[:300]
    assert len(compressed_library()) < 100_000
