"""Signals that come too late are stored and neither ordered nor mailed."""

from datetime import UTC, datetime, timedelta

import pytest

from algo_trading.calendars import trading_calendar
from algo_trading.domain.time import Interval, Period
from algo_trading.domain.watchlist import Assignment, Watchlist
from algo_trading.repositories.periods import Stage
from algo_trading.services.freshness import StaleAfter, never_stale
from algo_trading.strategies.scalping import Scalping
from fakes.clock import FakeClock
from fakes.market_data import FakeMarketData
from fakes.watchlists import FakeWatchlists
from support.world import World

pytestmark = pytest.mark.unit

HOUR = Interval.HOUR_1
FIRST = datetime(2026, 3, 1, tzinfo=UTC)
CALENDAR = trading_calendar("DEMO")
COINS = Watchlist("coins", "DEMO", "coins", (HOUR, Interval.DAY), ("NOVAUSDT",))
PERIODS = CALENDAR.periods(HOUR, FIRST, FIRST + timedelta(hours=11))


def rule(source: FakeMarketData, now: datetime, most: int = 3) -> StaleAfter:
    return StaleAfter({"coins": most}, FakeWatchlists([COINS]), lambda _: source, FakeClock(now))


def hour(number: int) -> Period:
    return PERIODS[number]


@pytest.mark.parametrize(("minutes", "late"), [(0, False), (180, False), (181, True)])
def test_some_periods_after_the_close_are_in_time(minutes: int, late: bool) -> None:
    now = hour(0).closed_at + timedelta(minutes=minutes)
    assert rule(FakeMarketData({}), now)("coins", hour(0)) is late


def test_daily_bars_replays_and_watchlists_without_a_limit_are_never_late() -> None:
    now = FIRST + timedelta(days=400)
    live, replay = FakeMarketData({}), FakeMarketData({}, newest=FIRST)
    assert rule(live, now)("coins", hour(0))
    assert not rule(live, now)("coins", CALENDAR.period(Interval.DAY, FIRST))
    assert not rule(replay, now)("coins", hour(0))
    assert not rule(live, now, most=0)("coins", hour(0))
    assert not rule(live, now)("others", hour(0))
    assert not never_stale("coins", hour(0))


class Desk(World):
    """Prices that rise and fall by turns, so that each candle is a signal, of which the last three are in time."""

    def __init__(self, within: int) -> None:
        rows = []
        for number, period in enumerate(PERIODS):
            close = 102 if number % 2 else 100
            rows.append((period.key, str(close), str(close + 1), str(close - 1), str(close), "1000"))
        strategy = Scalping(threshold=1.0)
        self.series = COINS.series(HOUR)
        assignments = [Assignment(strategy.id, one, "coins", "coins", "owner") for one in self.series]
        super().__init__([COINS], assignments, {"coins": FakeMarketData({"NOVAUSDT": rows})}, now=PERIODS[-1].closed_at)
        self.within = within
        self.open("coins", FIRST, currency="USDT")
        self.follow("a@localhost", "*", "*", FIRST, venue="DEMO")
        self.period_steps().ingest(COINS, PERIODS[0], self.series)

    def stale_after(self) -> StaleAfter:
        return StaleAfter({"coins": self.within}, self.watchlists, self.source, self.clock)

    def dispatch(self) -> list[str]:
        """The periods for whose signals there are orders."""
        self.dispatch_signals()()
        self.queue_notices()()
        orders = {order.opened_at for order in self.accounts.orders("coins")}
        return [period.key for period in PERIODS if period.opened_at in orders]


def test_a_night_without_power_is_decided_and_only_its_end_is_acted_on() -> None:
    desk = Desk(within=3)
    report = desk.run_range().backfill(COINS, PERIODS)
    assert report.decided.decided == len(PERIODS)
    ordered = desk.dispatch()
    # That which closed exactly three hours ago is in time; the first sell finds nothing to sell.
    assert set(ordered) <= {period.key for period in PERIODS[-4:]}
    assert ordered
    assert len(desk.outbox.notices()) == len(PERIODS[-4:])
    assert desk.accounts.state("coins").clock("DEMO", HOUR).cursor == PERIODS[-1].opened_at  # type: ignore[union-attr]
    assert all(desk.periods.reached("coins", HOUR, one.opened_at, Stage.DECIDED) for one in PERIODS)


def test_what_was_passed_over_is_never_made_up_for() -> None:
    desk = Desk(within=3)
    desk.run_range().backfill(COINS, PERIODS)
    before = desk.dispatch()
    desk.within = 0
    desk.run_range().backfill(COINS, PERIODS[:6])
    assert desk.dispatch() == before
    assert len(desk.outbox.notices()) == len(PERIODS[-4:])


def test_without_a_limit_everything_is_acted_on() -> None:
    desk = Desk(within=0)
    desk.run_range().backfill(COINS, PERIODS)
    ordered = desk.dispatch()
    assert len(ordered) > 4
    assert len(desk.outbox.notices()) == len(PERIODS) - 1
