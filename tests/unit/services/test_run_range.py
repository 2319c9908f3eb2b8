"""Ranges of candles: worked through in one go they end as one after the other, whenever they were broken off."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pytest

from algo_trading.calendars import trading_calendar
from algo_trading.domain.corporate_actions import ActionKind, CorporateAction
from algo_trading.domain.instrument import Instrument
from algo_trading.domain.time import Interval, Period
from algo_trading.domain.watchlist import Assignment, Watchlist
from algo_trading.errors import ConfigError, NotYetAvailableError
from algo_trading.repositories.bars import INDICATORS
from algo_trading.repositories.periods import Stage
from algo_trading.strategies.ema_cross import EmaCross
from algo_trading.strategies.sma_cross import SmaCross
from fakes.market_data import FakeMarketData
from support.bar_series import random_walk
from support.world import World

pytestmark = pytest.mark.unit

MINUTES = Interval.MINUTE_15
COINS = Watchlist("coins", "DEMO", "coins", (MINUTES,), ("NOVAUSDT", "ZEPHUSDT"))
DEMO = trading_calendar("DEMO")
PERIODS = DEMO.periods(MINUTES, datetime(2013, 1, 28, tzinfo=UTC), datetime(2013, 1, 30, 5, 45, tzinfo=UTC))
LATER = PERIODS[-50:]  # of two dates
LOST = PERIODS[-10]  # of one of the coins
STRATEGIES = (SmaCross(fast=2, slow=4, trend=0), EmaCross(fast=2, slow=5))


def rows(seed: int, without: Sequence[Period] = ()) -> list[tuple[str, ...]]:
    found = []
    for period, close in zip(PERIODS, random_walk(len(PERIODS), seed).round(2), strict=True):
        if period not in without:
            prices = (close - 0.5, close + 1, close - 1, close)
            found.append((period.key, *(f"{price:.2f}" for price in prices), "1000"))
    return found


def a_world() -> World:
    """What opened before LATER is decided."""
    assignments = [
        Assignment(strategy.id, series, COINS.name, "coins", "owner")
        for strategy in STRATEGIES
        for series in COINS.series(MINUTES)
    ]
    split = CorporateAction(Instrument("NOVAUSDT", "DEMO"), PERIODS[-1].date, ActionKind.SPLIT, 2.0)
    source = FakeMarketData({"NOVAUSDT": rows(1), "ZEPHUSDT": rows(2, [LOST])}, [split])
    world = World([COINS], assignments, {"coins": source}, now=datetime(2013, 1, 31, tzinfo=UTC))
    world.period_steps().ingest(COINS, PERIODS[-51], COINS.series(MINUTES))
    world.periods.mark(COINS.name, MINUTES, PERIODS[-51].opened_at, Stage.DECIDED)
    return world


def state(world: World) -> dict[str, Any]:
    """What is stored; indicators to ten digits, as they remember more than they need."""
    series = COINS.series(MINUTES)
    indicators = [
        {
            name: value if value is None or name not in INDICATORS else float(f"{value:.10g}")
            for name, value in row.items()
        }
        for period in LATER
        for row in world.indicators.read(series, period.opened_at).to_pylist()
    ]
    return {
        "bars": world.bars.read(series, None, None).to_pylist(),
        "indicators": indicators,
        "signals": [world.signals.of_period("DEMO", MINUTES, period.opened_at) for period in LATER],
        "files": {key: world.objects.get(key) for key in world.objects.keys("bars/")},
        "decided": [world.periods.reached(COINS.name, MINUTES, one.opened_at, Stage.DECIDED) for one in LATER],
    }


@pytest.fixture(scope="module")
def one_by_one() -> World:
    world = a_world()
    for period in LATER:
        world.run_range().catch_up(COINS, period)
    return world


def test_everything_since_the_newest_decided_period_is_caught_up(one_by_one: World) -> None:
    world = a_world()
    report = world.run_range().catch_up(COINS, LATER[-1])
    assert report.decided.periods == len(LATER)
    assert report.decided.decided == report.decided.new == 4 * len(LATER) - 2
    assert report.decided.indicators == 2 * len(LATER) - 1
    assert tuple(sorted(report.decided.skipped)) == ("ema_cross ZEPHUSDT_15m", "sma_cross ZEPHUSDT_15m")
    assert state(world) == state(one_by_one)
    assert all(state(world)["decided"])


def test_a_day_of_history_ends_as_period_by_period(one_by_one: World) -> None:
    world = a_world()
    report = world.run_range().backfill(COINS, LATER)
    assert report.decided.new == 4 * len(LATER) - 2
    assert state(world) == state(one_by_one)
    again = world.run_range().backfill(COINS, LATER)
    assert (again.ingested.stored, again.decided.new) == (0, 0)
    assert state(world) == state(one_by_one)


def test_both_ways_know_the_split(one_by_one: World) -> None:
    """It falls within the range, so that prices are adjusted for it in some of the periods alone."""
    actions = one_by_one.actions.read([Instrument("NOVAUSDT", "DEMO")], LATER[-1].date)
    assert [action.ex_date for action in actions] == [LATER[-1].date]
    assert LATER[0].date < LATER[-1].date


@pytest.mark.parametrize("after", [1, 2, 60, 100])
def test_what_was_decided_before_the_power_failed_is_kept(one_by_one: World, after: int) -> None:
    world, calls = a_world(), 0
    mark = world.periods.mark

    def fail(*arguments: Any) -> None:
        nonlocal calls
        calls += 1
        if calls == after:
            raise KeyboardInterrupt
        mark(*arguments)

    world.periods.mark = fail  # type: ignore[method-assign, assignment]
    with pytest.raises(KeyboardInterrupt):
        world.run_range().catch_up(COINS, LATER[-1])
    world.periods.mark = mark  # type: ignore[method-assign]
    world.run_range().catch_up(COINS, LATER[-1])
    assert state(world) == state(one_by_one)


def test_what_was_missed_is_decided_and_the_period_itself_is_left(one_by_one: World) -> None:
    world = a_world()
    world.period_steps().ingest(COINS, LATER[-1], COINS.series(MINUTES))
    assert world.run_range().missed(COINS, LATER[-1]).periods == len(LATER) - 1
    decided = [world.periods.reached(COINS.name, MINUTES, one.opened_at, Stage.DECIDED) for one in LATER]
    assert decided == [True] * (len(LATER) - 1) + [False]
    assert world.run_range().missed(COINS, LATER[-1]).periods == 0
    assert world.run_range().catch_up(COINS, LATER[-1]).decided.periods == 1
    assert state(world) == state(one_by_one)


def test_a_period_that_was_decided_long_ago_is_run_alone(one_by_one: World) -> None:
    before = state(one_by_one)
    report = one_by_one.run_range().catch_up(COINS, LATER[3])
    assert (report.decided.periods, report.decided.new) == (1, 0)
    assert state(one_by_one) == before


def test_the_first_run_of_a_watchlist_is_about_its_period_alone() -> None:
    world = a_world()
    world.periods.marks.clear()
    assert world.run_range().catch_up(COINS, LATER[-1]).decided.periods == 1


def test_nothing_is_decided_while_the_newest_candles_are_not_there() -> None:
    world = a_world()
    after = DEMO.next(MINUTES, PERIODS[-1].opened_at)
    with pytest.raises(NotYetAvailableError):
        world.run_range().catch_up(COINS, after)
    assert world.signals.newest(5) == []


def test_an_empty_range_is_refused() -> None:
    with pytest.raises(ConfigError, match="no closed period"):
        a_world().run_range().backfill(COINS, [])
