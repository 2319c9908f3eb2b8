"""What every log of processed periods does."""

from datetime import UTC, datetime, timedelta

from algo_trading.domain.time import Interval
from algo_trading.repositories.periods import FlowRun, PeriodLog, Stage

DAY, HOUR = Interval.DAY, Interval.HOUR_1
JAN_2, JAN_3 = datetime(2013, 1, 2, tzinfo=UTC), datetime(2013, 1, 3, tzinfo=UTC)


class PeriodLogContract:
    """Subclasses give the fixture `periods`, an empty log."""

    def test_at_first_there_is_nothing(self, periods: PeriodLog) -> None:
        assert periods.newest("stocks", DAY, Stage.DECIDED) is None
        assert not periods.reached("stocks", DAY, JAN_2, Stage.ACCEPTED)

    def test_what_is_recorded_stays(self, periods: PeriodLog) -> None:
        for _ in range(2):
            periods.mark("stocks", DAY, JAN_2, Stage.ACCEPTED)
            assert periods.reached("stocks", DAY, JAN_2, Stage.ACCEPTED)

    def test_stages_watchlists_intervals_and_periods_are_apart(self, periods: PeriodLog) -> None:
        periods.mark("stocks", DAY, JAN_2, Stage.ACCEPTED)
        assert not periods.reached("stocks", DAY, JAN_2, Stage.DECIDED)
        assert not periods.reached("coins", DAY, JAN_2, Stage.ACCEPTED)
        assert not periods.reached("stocks", HOUR, JAN_2, Stage.ACCEPTED)
        assert not periods.reached("stocks", DAY, JAN_3, Stage.ACCEPTED)

    def test_two_candles_of_a_day_are_two_periods(self, periods: PeriodLog) -> None:
        periods.mark("coins", HOUR, JAN_2, Stage.DECIDED)
        assert not periods.reached("coins", HOUR, JAN_2 + timedelta(hours=1), Stage.DECIDED)
        periods.mark("coins", HOUR, JAN_2 + timedelta(hours=1), Stage.DECIDED)
        assert periods.newest("coins", HOUR, Stage.DECIDED) == JAN_2 + timedelta(hours=1)

    def test_the_newest_is_that_of_its_own_watchlist_and_stage(self, periods: PeriodLog) -> None:
        periods.mark("coins", DAY, JAN_3, Stage.DECIDED)
        periods.mark("stocks", DAY, JAN_2, Stage.DECIDED)
        periods.mark("stocks", DAY, JAN_3, Stage.ACCEPTED)
        assert periods.newest("stocks", DAY, Stage.DECIDED) == JAN_2

    def test_the_newest_run_is_that_of_the_newest_period_after_a_moment(self, periods: PeriodLog) -> None:
        assert periods.newest_run("stocks", DAY, JAN_2 - timedelta(days=1)) is None
        periods.worked_on("stocks", DAY, JAN_3, FlowRun("daily_bars", "scheduled__3"))
        periods.worked_on("stocks", DAY, JAN_3, FlowRun("daily_signals", "asset_triggered__3"))  # goes on from there
        periods.worked_on("stocks", DAY, JAN_2, FlowRun("daily_bars", "backfill__2"))
        periods.worked_on("coins", DAY, JAN_3, FlowRun("coin_bars", "scheduled__3"))
        assert periods.newest_run("stocks", DAY, JAN_2) == FlowRun("daily_signals", "asset_triggered__3")
        assert periods.newest_run("stocks", DAY, JAN_3) is None
        assert periods.newest_run("stocks", HOUR, JAN_2) is None
