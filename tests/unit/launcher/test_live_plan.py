"""What `make run` does about a market that goes on: one range in this process, the newest candle through Airflow."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from algo_trading.domain.time import Interval
from algo_trading.domain.watchlist import Watchlist
from algo_trading.launcher import stack
from algo_trading.repositories.periods import Stage
from fakes.market_data import FakeMarketData
from support.world import World

pytestmark = pytest.mark.unit

NOW = datetime(2026, 11, 20, 22, 7, tzinfo=UTC)
HALF, FOUR = Interval.MINUTE_30, Interval.HOUR_4
COINS = Watchlist("coins", "PRACTICE", "practice", (HALF, FOUR), ("BTCUSDT",))


@pytest.fixture
def world() -> World:
    return World([COINS], sources={"practice": FakeMarketData({})}, now=NOW)


def plans(world: Any) -> dict[Interval, stack.ClockPlan]:
    return {one.interval: one for one in stack.plan(world)}


def test_the_first_time_the_newest_candle_of_the_shortest_timeframe_goes_through_airflow(world: World) -> None:
    found = plans(world)
    assert all(one.live for one in found.values())
    assert [str(period) for period in found[HALF].backfill] == ["2026-11-20T21:30Z"]
    assert found[HALF].catch_up == []
    assert found[HALF].history == datetime(2026, 11, 20, 21, tzinfo=UTC)
    assert [str(period) for period in found[FOUR].catch_up] == ["2026-11-20T16:00Z"]
    assert found[FOUR].backfill == []


def test_what_closed_while_nothing_ran_is_one_range(world: World) -> None:
    world.periods.mark("coins", HALF, datetime(2026, 11, 20, 10, tzinfo=UTC), Stage.DECIDED)
    found = plans(world)[HALF]
    assert (found.catch_up[0].key, found.catch_up[-1].key) == ("2026-11-20T10:30Z", "2026-11-20T21:00Z")
    assert len(found.catch_up) == 22
    assert [period.key for period in found.backfill] == ["2026-11-20T21:30Z"]


def test_a_second_start_has_nothing_to_do(world: World) -> None:
    for interval, opened_at in ((HALF, NOW - timedelta(minutes=37)), (FOUR, datetime(2026, 11, 20, 16, tzinfo=UTC))):
        world.periods.mark("coins", interval, opened_at, Stage.DECIDED)
    for one in plans(world).values():
        assert [*one.catch_up, *one.backfill] == []
