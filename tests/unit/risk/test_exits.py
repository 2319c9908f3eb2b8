"""Leaving a position within a bar: case by case, and equal to the compiled backtester to the last bit."""

import math
from typing import Any

import pytest

from algo_trading.domain.exits import NO_EXITS, Exits
from algo_trading.risk.exits import (
    MAX_AGE,
    STAYS,
    STOP_LOSS,
    TAKE_PROFIT,
    TRAILING_STOP,
    exit_too_old,
    exit_within,
)

pytestmark = pytest.mark.unit

NEVER = math.inf
LONG, SHORT = 1.0, -1.0


@pytest.mark.parametrize(
    ("side", "distances", "bar", "expected"),
    [  # entered at 100, the best was 110 (90 when short); stop, target and trailing stop; open, high and low
        (LONG, (0.1, NEVER, NEVER), (100, 105, 90.5), (STAYS, 0, 110)),
        (LONG, (0.1, NEVER, NEVER), (100, 111, 90.5), (STAYS, 0, 111)),
        (LONG, (0.1, NEVER, NEVER), (100, 105, 90), (STOP_LOSS, 90, 110)),
        (LONG, (0.1, NEVER, NEVER), (88, 105, 80), (STOP_LOSS, 88, 110)),  # opens beyond it
        (LONG, (NEVER, 0.2, NEVER), (100, 120, 90), (TAKE_PROFIT, 120, 110)),
        (LONG, (NEVER, 0.2, NEVER), (125, 130, 90), (TAKE_PROFIT, 125, 110)),
        (LONG, (0.1, 0.2, NEVER), (100, 125, 85), (STOP_LOSS, 90, 110)),  # both: the stop wins
        (LONG, (NEVER, NEVER, 0.1), (105, 108, 99), (TRAILING_STOP, 99, 110)),
        (LONG, (NEVER, NEVER, 0.1), (105, 130, 100), (STAYS, 0, 130)),  # 130 counts from the next bar on
        (LONG, (0.005, NEVER, 0.1), (105, 108, 99), (STOP_LOSS, 99.5, 110)),  # the nearer one
        (SHORT, (0.1, NEVER, NEVER), (100, 110.1, 95), (STOP_LOSS, 110, 90)),
        (SHORT, (0.1, NEVER, NEVER), (112, 115, 95), (STOP_LOSS, 112, 90)),
        (SHORT, (NEVER, 0.2, NEVER), (100, 105, 80), (TAKE_PROFIT, 80, 90)),
        (SHORT, (NEVER, NEVER, 0.1), (95, 99.1, 88), (TRAILING_STOP, 99, 90)),
        (SHORT, (NEVER, NEVER, 0.1), (95, 98, 85), (STAYS, 0, 85)),
        (LONG, (NEVER, NEVER, NEVER), (1, 1000, 0.001), (STAYS, 0, 1000)),
    ],
)
def test_how_a_position_is_left(
    side: float, distances: tuple[float, ...], bar: tuple[float, ...], expected: tuple[int, float, float]
) -> None:
    stop, target, trailing = distances
    best = 110.0 if side > 0 else 90.0
    price, _, reason, after = exit_within(side, 100.0, best, stop, target, trailing, *map(float, bar))
    assert (reason, after) == (expected[0], expected[2])
    assert price == pytest.approx(expected[1])


def test_the_level_is_told_also_where_the_bar_opens_beyond_it() -> None:
    assert exit_within(LONG, 100.0, 100.0, 0.1, NEVER, NEVER, 80.0, 85.0, 75.0)[:3] == (80.0, 90.0, STOP_LOSS)


@pytest.mark.parametrize("values", [{"stop": 0.0}, {"stop": 1.0}, {"trailing": -0.1}, {"target": 0.0}])
def test_distances_are_fractions(values: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="must be above 0"):
        Exits(**values)


def test_without_a_distance_there_are_no_exits() -> None:
    assert not NO_EXITS
    assert Exits(target=3.0)


@pytest.mark.parametrize(
    ("price", "reason", "left"),
    [
        (0.0, STAYS, (100.0, MAX_AGE)),
        (95.0, STOP_LOSS, (100.0, MAX_AGE)),  # met later in the bar
        (104.0, TAKE_PROFIT, (100.0, MAX_AGE)),
        (100.0, STOP_LOSS, (100.0, STOP_LOSS)),  # the bar opens beyond it
        (100.0, TAKE_PROFIT, (100.0, TAKE_PROFIT)),
    ],
)
def test_a_position_that_is_too_old_is_left_at_the_open(price: float, reason: int, left: tuple[float, int]) -> None:
    assert exit_too_old(price, reason, 100.0) == left
