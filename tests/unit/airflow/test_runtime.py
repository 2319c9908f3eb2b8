"""What tasks share: the reports that they return, and the period that shards agree on."""

from dataclasses import dataclass
from datetime import UTC, datetime

import pytest

from algo_airflow.clocks import WatchlistClock
from algo_airflow.runtime import MOST_ITEMS, one_period, to_xcom
from algo_trading.calendars import trading_calendar
from algo_trading.domain.time import Interval
from algo_trading.errors import AlgoTradingError
from algo_trading.settings import WatchlistSettings

pytestmark = pytest.mark.unit

DAY = trading_calendar("XNYS").period(Interval.DAY, datetime(2013, 2, 25, tzinfo=UTC))
HOUR = trading_calendar("DEMO").period(Interval.HOUR_1, datetime(2013, 2, 25, 14, tzinfo=UTC))


@dataclass(frozen=True)
class Counts:
    stored: int


@dataclass(frozen=True)
class Example:
    counts: Counts
    errors: dict[str, str]
    moments: tuple[datetime, ...]


def a_clock(venue: str, interval: Interval) -> WatchlistClock:
    entry = WatchlistSettings(name="watched", venue=venue, source="sample", intervals=(interval,), symbols=("IBM",))
    return WatchlistClock(entry, interval)


def test_a_report_becomes_small_json() -> None:
    report = Example(Counts(5), {f"S{n}": "unknown" for n in range(1000)}, (DAY.opened_at,))
    told = to_xcom(report, DAY)
    assert told["period"] == "2013-02-25"
    assert told["counts"] == {"stored": 5}
    assert told["moments"] == ["2013-02-25 00:00:00+00:00"]
    assert len(told["errors"]) == MOST_ITEMS


def test_a_bare_number_and_a_list_are_results() -> None:
    assert to_xcom(3, DAY) == {"period": "2013-02-25", "result": 3}
    assert to_xcom(3) == {"result": 3}
    assert to_xcom([Counts(1)], HOUR) == {"period": "2013-02-25T14:00Z", "result": [{"stored": 1}]}


def test_shards_agree_on_their_period() -> None:
    daily, hourly = a_clock("XNYS", Interval.DAY), a_clock("DEMO", Interval.HOUR_1)
    assert one_period(daily, [{"period": "2013-02-25"}, {"period": "2013-02-25"}]) == DAY
    assert one_period(hourly, [{"period": "2013-02-25T14:00Z"}]) == HOUR
    with pytest.raises(AlgoTradingError, match="2013-02-25, 2013-02-26"):
        one_period(daily, [{"period": "2013-02-26"}, {"period": "2013-02-25"}])
