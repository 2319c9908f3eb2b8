"""Yahoo's split-adjusted numbers are turned back into what was traded."""

from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from algo_trading.adapters.yahoo.unadjust import later_splits, traded_prices

pytestmark = pytest.mark.unit
FIRST = date(2020, 1, 1)
RATIOS = (2.0, 4.0, 7.0, 20.0, 1.5, 0.1, 1.054)


def as_sent(price: float, factor: float) -> float:
    """What Yahoo sends for a price that was traded before splits with this product."""
    return float(np.float32(price / factor))


def test_a_split_counts_for_the_sessions_before_its_ex_date() -> None:
    sessions = [date(2020, 8, 28), date(2020, 8, 31), date(2022, 8, 24), date(2022, 8, 25), date(2022, 8, 26)]
    splits = {date(2022, 8, 25): 3.0, date(2020, 8, 31): 5.0}
    assert later_splits(sessions, splits).tolist() == [15, 3, 3, 1, 1]


def test_without_splits_or_sessions() -> None:
    assert later_splits([FIRST], {}).tolist() == [1]
    assert later_splits([], {FIRST: 2.0}).tolist() == []


@given(
    st.integers(min_value=1, max_value=999_999),
    st.sampled_from([1, 100, 10_000]),
    st.sampled_from(RATIOS),
    st.sampled_from(RATIOS),
)
def test_every_price_of_six_digits_is_found_again_to_the_last_digit(
    digits: int, unit: int, first_ratio: float, second_ratio: float
) -> None:
    price = digits / unit
    for factor in (1.0, first_ratio, first_ratio * second_ratio):
        sent = np.array([as_sent(price, factor)])
        assert traded_prices(sent, np.array([factor])).tolist() == [price]


@given(st.floats(min_value=2**-13, max_value=2**20, width=32), st.sampled_from(RATIOS))
def test_what_is_found_is_what_yahoo_would_have_sent_as_the_same_number(sent: float, factor: float) -> None:
    (price,) = traded_prices(np.array([sent]), np.array([factor])).tolist()
    assert as_sent(price, factor) == sent


@given(st.floats(min_value=1e-4, max_value=1e6), st.sampled_from((1.0, *RATIOS)))
def test_numbers_of_full_precision_keep_it(sent: float, factor: float) -> None:
    (price,) = traded_prices(np.array([sent]), np.array([factor])).tolist()
    assert price == pytest.approx(sent * factor, rel=1e-7 if float(np.float32(sent)) == sent else 1e-11)


@pytest.mark.parametrize("value", [0.0, -37.63, float("inf"), 1e308, 5e-324])
def test_odd_values_pass_through_for_the_gate(value: float) -> None:
    for factor in (1.0, 4.0):
        (price,) = traded_prices(np.array([value]), np.array([factor])).tolist()
        assert price == pytest.approx(value * factor, rel=1e-6) or np.isnan(price)


def test_gaps_stay_gaps() -> None:
    sent = np.array([1.5, np.nan, 2.5])
    assert np.isnan(traded_prices(sent, np.array([2.0, 2.0, 1.0]))).tolist() == [False, True, False]


@given(st.lists(st.tuples(st.integers(0, 40), st.sampled_from(RATIOS)), max_size=4), st.integers(0, 40))
def test_the_product_is_over_the_splits_after_a_session(splits: list[tuple[int, float]], day: int) -> None:
    known = {FIRST + timedelta(days=offset): ratio for offset, ratio in splits}
    session = FIRST + timedelta(days=day)
    expected = 1.0
    for ex_date, ratio in known.items():
        expected *= ratio if ex_date > session else 1.0
    assert later_splits([session], known)[0] == pytest.approx(expected)
