"""What every repository of strategies that raised errors does."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from algo_trading.domain.instrument import Instrument, Series
from algo_trading.domain.signal import StrategyId
from algo_trading.domain.strategy_failure import StrategyFailure
from algo_trading.domain.time import Interval
from algo_trading.repositories.strategy_failures import StrategyFailureRepository

FIRST = datetime(2026, 11, 18, tzinfo=UTC)
DAY = timedelta(days=1)
IBM = Series(Instrument("IBM"))
SMA = StrategyId("sma_cross", '{"fast":7}')
FAILURE = StrategyFailure(SMA, IBM, FIRST, FIRST, "ValueError: no")


class StrategyFailureContract:
    """Subclasses give the fixture `failures`, empty."""

    def test_a_streak_is_one_row_until_the_strategy_decides_again(self, failures: StrategyFailureRepository) -> None:
        failures.record([], [(SMA, IBM)], FIRST)
        assert failures.open() == []
        failures.record([FAILURE], [], FIRST)
        later = replace(FAILURE, since=FIRST + DAY, newest=FIRST + DAY, error="KeyError: x")
        failures.record([later], [], FIRST + DAY)
        assert failures.open() == [replace(FAILURE, newest=FIRST + DAY, error="KeyError: x")]
        failures.record([], [(SMA, IBM)], FIRST + DAY)  # the period in which it failed, processed again by another one
        assert len(failures.open()) == 1
        failures.record([], [(SMA, IBM)], FIRST + 2 * DAY)
        assert failures.open() == []
        failures.record([replace(FAILURE, since=FIRST + 3 * DAY, newest=FIRST + 3 * DAY)], [], FIRST + 3 * DAY)
        assert [one.since for one in failures.open()] == [FIRST + 3 * DAY]

    def test_the_same_again_changes_nothing(self, failures: StrategyFailureRepository) -> None:
        for _ in range(2):
            failures.record([FAILURE], [], FIRST)
        assert failures.open() == [FAILURE]
        over = replace(FAILURE, since=FIRST - 5 * DAY, newest=FIRST - 5 * DAY, series=_hourly(), over=FIRST)
        for _ in range(2):
            failures.record([over], [], FIRST)
        assert failures.open() == [FAILURE]

    def test_others_are_left_alone(self, failures: StrategyFailureRepository) -> None:
        ema = replace(FAILURE, strategy=StrategyId("ema_cross", "{}"))
        hourly = replace(FAILURE, series=_hourly())
        failures.record([hourly, ema, FAILURE], [], FIRST)
        assert failures.open() == [ema, hourly, FAILURE]
        failures.record([], [(SMA, IBM)], FIRST + DAY)
        assert failures.open() == [ema, hourly]


def _hourly() -> Series:
    return Series(Instrument("IBM"), Interval.HOUR_1)
