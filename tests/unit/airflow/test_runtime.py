"""What tasks share: the reports that they return, and the period that shards agree on."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from algo_airflow import runtime
from algo_airflow.clocks import WatchlistClock
from algo_airflow.runtime import MOST_ITEMS, application, newest_period, one_period, periods_of_day, run_period, to_xcom
from algo_trading.calendars import trading_calendar
from algo_trading.domain.time import Interval
from algo_trading.errors import AlgoTradingError, ConfigError, ServiceUnavailableError
from algo_trading.repositories.periods import FlowRun
from algo_trading.settings import WatchlistSettings
from support.world import World

pytestmark = pytest.mark.unit

LONG_AGO = datetime(1990, 1, 1, tzinfo=UTC)
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


def test_a_database_that_does_not_answer_names_airflow_s_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_ALGO_TRADING", "postgresql://algo:hunter2@127.0.0.1:1/market")
    with pytest.raises(ServiceUnavailableError, match="does not answer") as raised, application():
        pass
    assert str(raised.value).endswith("; check Airflow's connection `algo_trading`")
    assert "127.0.0.1:1/market" in str(raised.value)
    assert "127.0.0.1:1/market" in str(raised.value)
    assert "hunter2" not in str(raised.value)


def test_a_connection_that_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    from airflow.providers.postgres.hooks.postgres import PostgresHook
    from airflow.sdk.exceptions import AirflowNotFoundException

    def missing(_hook: object) -> str:
        raise AirflowNotFoundException

    monkeypatch.setattr(PostgresHook, "get_uri", missing)
    with pytest.raises(ConfigError, match="Airflow has no connection `algo_trading`"), application():
        pass


class Desk(World):
    """An application whose tasks' run is given."""

    def run(self, monkeypatch: pytest.MonkeyPatch, **run: object) -> None:
        named = {"dag_id": "daily", "run_id": "manual__1", "partition_key": None, "logical_date": None, **run}
        monkeypatch.setattr(runtime, "get_current_context", lambda: {"dag_run": SimpleNamespace(**named)})


def test_the_run_of_a_period_is_recorded(monkeypatch: pytest.MonkeyPatch) -> None:
    desk: Any = Desk(now=DAY.closed_at)
    clock = a_clock("XNYS", Interval.DAY)
    desk.run(monkeypatch, partition_key="2013-02-22")
    assert run_period(desk, clock).key == "2013-02-22"
    assert desk.periods.newest_run("watched", Interval.DAY, LONG_AGO) == FlowRun("daily", "manual__1")
    desk.run(monkeypatch, run_id="manual__2")
    assert run_period(desk, clock) == DAY
    assert desk.periods.newest_run("watched", Interval.DAY, LONG_AGO) == FlowRun("daily", "manual__2")


def test_a_logical_date_is_never_taken_for_the_newest_period(monkeypatch: pytest.MonkeyPatch) -> None:
    desk: Any = Desk(now=DAY.closed_at)
    desk.run(monkeypatch, logical_date=datetime(2012, 6, 1, tzinfo=UTC))
    with pytest.raises(ConfigError, match="partition key, such as 2012-06-01"):
        run_period(desk, a_clock("XNYS", Interval.DAY))
    with pytest.raises(ConfigError, match="partition key, such as 2012-06-01,"):
        periods_of_day(desk, a_clock("DEMO", Interval.HOUR_1))
    assert desk.periods.runs == {}
    desk.run(monkeypatch, logical_date=datetime(2012, 6, 1, tzinfo=UTC), partition_key="2012-06-04")
    assert run_period(desk, a_clock("XNYS", Interval.DAY)).key == "2012-06-04"


def test_the_present_as_a_logical_date_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    desk: Any = Desk(now=DAY.closed_at)
    desk.run(monkeypatch, logical_date=datetime.now(UTC) - timedelta(minutes=5))
    assert run_period(desk, a_clock("XNYS", Interval.DAY)) == DAY


def test_a_review_of_long_ago_ends_with_the_period_that_had_closed() -> None:
    desk: Any = Desk(now=DAY.closed_at)
    clock = a_clock("XNYS", Interval.DAY)
    assert newest_period(desk, clock, datetime(2012, 6, 2, 6, tzinfo=UTC)).key == "2012-06-01"
