"""Timeframes that are monitored are processed with their next period."""

from datetime import UTC, datetime, timedelta

import pytest

from algo_trading.calendars import trading_calendar
from algo_trading.domain.instrument import Instrument, Series
from algo_trading.domain.time import Interval, Period
from algo_trading.domain.watchlist import Watchlist
from algo_trading.errors import NotYetAvailableError, SourceError
from algo_trading.repositories.periods import Stage
from algo_trading.services.ingest import IngestReport
from algo_trading.services.run_monitored import MonitoredReport, RunMonitored
from algo_trading.services.run_period import DecidedReport
from algo_trading.services.run_range import RangeReport
from fakes.clock import FakeClock
from fakes.periods import FakePeriodLog
from fakes.watchlists import FakeWatchlists

pytestmark = pytest.mark.unit

NOW = datetime(2026, 11, 20, 22, 7, tzinfo=UTC)
MONITORED = tuple(
    Series(Instrument(symbol, "BINANCE"), interval)
    for symbol, interval in (("BTCUSDT", Interval.MINUTE_5), ("INJUSDT", Interval.HOUR_4), ("INJUSDT", Interval.HOUR_1))
)
COINS = Watchlist("coins", "BINANCE", "binance", (Interval.HOUR_1,), ("BTCUSDT",), MONITORED)


class Work:
    """Notes what is processed, and marks it as RunRange does."""

    def __init__(self, periods: FakePeriodLog) -> None:
        self.periods, self.done = periods, list[tuple[str, str]]()
        self.errors: dict[Interval, Exception] = {}

    def catch_up(self, watchlist: Watchlist, period: Period) -> RangeReport:
        if period.interval in self.errors:
            raise self.errors[period.interval]
        self.done.append((str(period.interval), period.key))
        self.periods.mark(watchlist.name, period.interval, period.opened_at, Stage.DECIDED)
        return RangeReport(IngestReport(fetched=2, stored=2), DecidedReport(1, 1, 1, 1))


class Desk:
    def __init__(self) -> None:
        self.periods, self.clock = FakePeriodLog(), FakeClock(NOW)
        self.work = Work(self.periods)

    def run(self) -> list[MonitoredReport]:
        service = RunMonitored(
            FakeWatchlists([COINS]),
            self.periods,
            self.work,  # type: ignore[arg-type]  # as RunRange is called
            trading_calendar,
            self.clock,
        )
        return service()


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_the_newest_closed_period_of_each_timeframe_that_has_no_flow_of_its_own(desk: Desk) -> None:
    assert desk.run() == [
        MonitoredReport("coins", "5m", "2026-11-20T22:00Z", 2),
        MonitoredReport("coins", "4h", "2026-11-20T16:00Z", 2),
    ]


def test_what_was_processed_is_not_processed_again(desk: Desk) -> None:
    desk.run()
    assert desk.run() == []
    desk.clock.move(timedelta(minutes=5))
    assert [report.interval for report in desk.run()] == ["5m"]


def test_what_is_late_is_tried_again_and_is_not_a_failure(desk: Desk) -> None:
    desk.work.errors = {Interval.MINUTE_5: NotYetAvailableError("later")}
    assert [(report.interval, report.error) for report in desk.run()] == [("5m", "later"), ("4h", "")]
    desk.work.errors = {}
    assert [report.interval for report in desk.run()] == ["5m"]


def test_a_failure_is_raised_when_the_others_had_their_turn(desk: Desk) -> None:
    desk.work.errors = {Interval.MINUTE_5: SourceError("out of order")}
    with pytest.raises(SourceError, match="out of order"):
        desk.run()
    assert desk.work.done == [("4h", "2026-11-20T16:00Z")]
