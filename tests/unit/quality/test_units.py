"""Closes in another unit than their neighbours."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from algo_trading.quality.units import Closes, off_unit, off_unit_within

pytestmark = pytest.mark.unit

DAY = np.datetime64("2015-01-01", "D")


def off(
    closes: Sequence[float],
    stored: Sequence[int] = (),
    untraded: Sequence[int] = (),
    days: Sequence[int] | None = None,
    splits: Sequence[float] | None = None,
) -> list[int]:
    """Positions found off; `stored` and `untraded` are positions, `days` are one apart unless given."""
    count = len(closes)
    found = off_unit(
        Closes(
            series=np.zeros(count, dtype=np.int64),
            session=DAY + np.array(range(count) if days is None else days, dtype="timedelta64[D]"),
            close=np.log10(np.array(closes, dtype=float)),
            stored=np.isin(np.arange(count), stored),
            traded=~np.isin(np.arange(count), untraded),
            splits=np.zeros(count) if splits is None else np.log10(np.array(splits, dtype=float)),
        )
    )
    return np.flatnonzero(found).tolist()


@pytest.mark.parametrize(
    ("closes", "expected"),
    [
        ([10, 10.1, 1010, 10.2, 10.3], [2]),  # one bar in pence
        ([1000, 1010, 10.1, 1020, 1030], [2]),  # one bar in pounds
        ([1000, 10, 10.1, 10.2, 10.3, 10.4], [0]),  # the first
        ([10, 10.1, 10.2, 10.3, 10.4, 1000], [5]),  # the last
        ([10, 1000, 1001, 1002, 10.1, 10.2, 10.3, 10.4, 10.5], [1, 2, 3]),  # a run of bad bars
        ([10, 1000, 10, 0.1, 10, 10], [1, 3]),  # both ways
        ([10, 10, 10, 10, 10, 1000, 6, 6, 6, 6, 6, 600, 6], [5, 11]),  # a real fall on the day the unit comes back
        ([10, 10, 10, 10, 10, 2060, 10], [5]),  # farther off than any unit
        ([10, 10, 1e-300, 10, 1e300, 10, 10], [2, 4]),  # as far as numbers go
    ],
)
def test_bars_in_another_unit_are_found(closes: list[float], expected: list[int]) -> None:
    assert off(closes) == expected


@pytest.mark.parametrize(
    "closes",
    [
        [],
        [10],
        [10, 60, 10],  # a jump of 500 %
        [10, 500, 510, 505],  # a reverse split of 1:50
        [100, 2, 2.1],
        [1, 3, 9, 27, 81, 243, 729, 2187],  # a rise, however far
    ],
)
def test_real_moves_are_left_alone(closes: list[float]) -> None:
    assert off(closes) == []


def test_of_a_series_that_changed_its_unit_the_newest_run_is_right() -> None:
    assert off([3500, 3510, 3490, 3500, 3480, 3470, 3460, 35.3, 35.0, 34.7, 34.5, 35.1]) == list(range(7))


def test_without_a_run_the_majority_is_right() -> None:
    assert off([10, 1000, 11]) == [1]


def test_where_nothing_tells_the_unit_all_are_held_back() -> None:
    assert off([10, 1000]) == [0, 1]
    assert off([10, 1000, 10, 1000]) == [0, 1, 2, 3]


def test_stored_neighbours_tell_the_unit_against_any_majority() -> None:
    assert off([10, 1000, 1010, 1020, 1030, 1040], stored=[0]) == [1, 2, 3, 4, 5]
    assert off([1000, 1010, 1020, 1030, 1040, 10], stored=[5]) == [0, 1, 2, 3, 4]
    assert off([10, 1000, 10, 10], stored=[0, 2, 3]) == [1]


def test_the_nearest_stored_bar_counts() -> None:
    # The unit of the stored bars changed once (a reverse split, say): either side agrees with its own.
    assert off([10, 10.1, 10.2, 10.3, 1000, 1010, 1020], stored=[0, 1, 2, 4, 5]) == []


def test_bars_that_nobody_traded_tell_nothing() -> None:
    assert off([0.01, 16, 16.5, 16.4], stored=[0], untraded=[0]) == []
    assert off([0.01, 16], untraded=[0]) == [0]
    assert off([0.01, 0.01, 0.01, 0.01, 0.01, 16], untraded=range(5)) == [0, 1, 2, 3, 4]


def test_where_nobody_trades_at_all_every_bar_tells() -> None:
    assert off([10, 1000, 10, 10], stored=[0], untraded=range(4)) == [1]


def test_bars_far_apart_are_no_neighbours() -> None:
    assert off([1, 100], days=[0, 400]) == []
    assert off([1, 100], days=[0, 4]) == [0, 1]


def test_a_known_split_explains_a_jump() -> None:
    as_traded = [1.0, 1.01, 1.02, 102, 103]
    assert off(as_traded) == [3, 4]
    assert off(as_traded, splits=[0.01, 0.01, 0.01, 1, 1]) == []


def test_a_known_split_condemns_no_prices_adjusted_for_it_already() -> None:
    assert off([100, 101, 102, 102, 103], splits=[0.01, 0.01, 0.01, 1, 1]) == []


def test_a_split_elsewhere_explains_nothing() -> None:
    assert off([1.0, 1.01, 102, 1.03, 100, 101, 102], splits=[0.01, 0.01, 0.01, 0.01, 1, 1, 1], stored=[0, 6]) == [2]


def test_series_are_judged_apart() -> None:
    closes = Closes(
        series=np.array([0, 0, 1, 1]),
        session=DAY + np.array([0, 1, 0, 1], dtype="timedelta64[D]"),
        close=np.array([0.0, 0.0, 2.0, 2.0]),
        stored=np.zeros(4, dtype=bool),
        traded=np.ones(4, dtype=bool),
        splits=np.zeros(4),
    )
    assert not off_unit(closes).any()


def test_a_price_far_from_its_own_close_is_found() -> None:
    close = np.array([10.0, 10.0, 10.0])
    opened, high, low = np.array([10, 10, 9.0]), np.array([11, 1100, 11.0]), np.array([9, 9, 0.1])
    logs = [np.log10(prices) for prices in (opened, high, low, close)]
    assert off_unit_within(logs[:3], logs[3]).tolist() == [False, True, True]


@given(
    st.lists(st.floats(-0.03, 0.03), min_size=12, max_size=40),  # nine moves stay within the 30 % that may hide
    st.integers(0, 39),
    st.integers(1, 4),
    st.sampled_from([100.0, 0.01]),
)
def test_a_run_in_another_unit_is_found_in_any_walk(moves: list[float], start: int, length: int, factor: float) -> None:
    closes = 50 * np.cumprod(1 + np.array(moves))
    run = [position for position in range(start, start + length) if position < len(closes) - 5]
    closes[run] *= factor
    assert off(closes.tolist()) == run
