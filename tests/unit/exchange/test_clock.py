"""The exchange's time."""

import pytest

from algo_trading.exchange.clock import Clock
from support.exchange_world import Time

pytestmark = pytest.mark.unit


def clock_at(speed: float) -> tuple[Clock, Time]:
    time = Time()
    return Clock(1_000_000, speed, time), time


def test_market_time_runs_at_its_speed_and_steady_time_at_the_machines() -> None:
    clock, time = clock_at(60)
    time.seconds += 2
    assert (clock.now(), clock.steady()) == (1_120_000, 1_002_000)


def test_a_new_speed_counts_from_now() -> None:
    clock, time = clock_at(60)
    time.seconds += 1
    clock.run(0)
    time.seconds += 100
    assert (clock.now(), clock.steady()) == (1_060_000, 1_101_000)


def test_advance_moves_both_clocks_and_never_back() -> None:
    clock, _ = clock_at(0)
    clock.advance(5)
    assert (clock.now(), clock.steady()) == (1_000_005, 1_000_005)
    with pytest.raises(ValueError, match="does not go back"):
        clock.advance(-1)


@pytest.mark.parametrize(
    ("timestamp", "accepted"), [(995_000, True), (994_999, False), (1_000_999, True), (1_001_000, False)]
)
def test_a_request_may_be_as_old_as_its_window_and_less_than_a_second_early(timestamp: int, accepted: bool) -> None:
    clock, _ = clock_at(1)
    assert clock.accepts(timestamp, 5000) is accepted


def test_a_client_that_measured_its_offset_once_is_accepted_on_a_fast_clock() -> None:
    clock, time = clock_at(1000)
    time.seconds += 30
    assert clock.accepts(1_000_000 + 30_000, 5000)
    assert clock.accepts(clock.now(), 5000)
    assert not clock.accepts(1_000_000 + 24_000, 5000)


def test_skew_shifts_server_time_and_what_is_accepted() -> None:
    clock, _ = clock_at(1)
    clock.skew = 60_000
    assert clock.server_time() == 1_060_000
    assert not clock.accepts(1_000_000, 5000)
    assert clock.accepts(1_060_000, 5000)
