"""The deadline of the signals."""

import logging
from datetime import UTC, datetime, timedelta

import pytest

from algo_airflow.deadlines import PeriodCloseDeadline, close_of_live_period, report_late, signals_within
from algo_trading.domain.time import Interval

pytestmark = pytest.mark.unit


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("key", "now", "close"),
    [
        pytest.param("2026-11-27", "2026-11-27T18:30", "2026-11-27T18:00", id="a half day just closed"),
        pytest.param("2026-11-25", "2026-11-26T08:59", "2026-11-25T21:00", id="the night after"),
        pytest.param("2026-11-25", "2026-11-26T09:01", None, id="made up for the next day"),
        pytest.param("2013-02-25", "2026-11-26T09:01", None, id="a backfill"),
        pytest.param(None, "2026-11-26T09:01", None, id="a run without a key"),
    ],
)
def test_only_live_periods_have_a_deadline(key: str | None, now: str, close: str | None) -> None:
    assert close_of_live_period("XNYS", Interval.DAY, key, utc(now)) == (close and utc(close))


def test_the_alert_survives_airflow_s_database() -> None:
    alert = signals_within(timedelta(hours=2), "XLON", Interval.HOUR_4)
    assert alert.interval == timedelta(hours=2)
    again = PeriodCloseDeadline.deserialize_reference(alert.reference.serialize_reference())
    assert again == alert.reference
    assert (again.venue, again.interval) == ("XLON", Interval.HOUR_4)


def test_the_alert_names_the_stage_that_holds_the_signals_up(caplog: pytest.LogCaptureFixture) -> None:
    run = {
        "dag_id": "daily_indicators",
        "partition_key": "2026-11-25",
        "state": "running",
        "dag_run_id": "asset_triggered__x",
    }
    with caplog.at_level(logging.ERROR):
        report_late(120, {"dag_run": run})
    assert (
        "signals are late: daily_indicators of period 2026-11-25 was not done 120 minutes after the close"
        in caplog.text
    )
