"""The market-session timetable: when sessions are worked on, and under which key."""

from datetime import UTC, datetime, timedelta

import pytest
from airflow.exceptions import AirflowTimetableInvalid, InvalidPartitionKeyError
from airflow.sdk.timezone import coerce_datetime
from airflow.timetables.base import DagRunInfo, TimeRestriction
from hypothesis import given
from hypothesis import strategies as st

from algo_airflow.timetable import CATCH_UP, PeriodTimetable, refused_date
from algo_trading.domain.time import Interval, midnight

pytestmark = pytest.mark.unit

ALWAYS = TimeRestriction(None, None, catchup=True)
NEWEST_ONLY = TimeRestriction(None, None, catchup=False)
XNYS = PeriodTimetable("XNYS")


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def following(
    timetable: PeriodTimetable, last: str | None, now: str, restriction: TimeRestriction = ALWAYS
) -> tuple[str | None, str] | None:
    """Key and time of the next run."""
    run = timetable.run_after_period(utc(last) if last else None, restriction, utc(now))
    return run and (run.partition_key, f"{run.run_after:%Y-%m-%dT%H:%M}")


def keys(timetable: PeriodTimetable, earliest: str, latest: str) -> list[str | None]:
    runs = timetable.iter_partition_dagrun_infos(earliest=utc(earliest), latest=utc(latest))
    return [run.partition_key for run in runs]


@pytest.mark.parametrize(
    ("last", "key", "at"),
    [
        pytest.param("2026-11-23", "2026-11-24", "2026-11-24T21:30", id="an ordinary day, winter"),
        pytest.param(
            "2026-11-25", "2026-11-27", "2026-11-27T18:30", id="Thanksgiving is skipped, the day after is half"
        ),
        pytest.param("2026-11-27", "2026-11-30", "2026-11-30T21:30", id="a weekend"),
        pytest.param("2026-10-30", "2026-11-02", "2026-11-02T21:30", id="summer time has ended"),
        pytest.param("2026-10-29", "2026-10-30", "2026-10-30T20:30", id="summer time"),
    ],
)
def test_the_next_session_runs_half_an_hour_after_its_true_close(last: str, key: str, at: str) -> None:
    assert following(XNYS, last, f"{last}T23:00") == (key, at)


def test_a_full_holiday_and_christmas_eve() -> None:
    assert following(XNYS, "2026-07-02", "2026-07-02T23:00") == ("2026-07-06", "2026-07-06T20:30")
    assert following(XNYS, "2026-12-23", "2026-12-23T23:00") == ("2026-12-24", "2026-12-24T18:30")


def test_without_a_run_the_first_one_is_the_next_that_becomes_due() -> None:
    assert following(XNYS, None, "2026-11-20T21:29") == ("2026-11-20", "2026-11-20T21:30")
    assert following(XNYS, None, "2026-11-20T21:31") == ("2026-11-23", "2026-11-23T21:30")


def test_missed_sessions_are_caught_up_one_after_the_other() -> None:
    now = "2026-11-20T12:00"
    assert following(XNYS, "2026-11-12", now) == ("2026-11-13", "2026-11-13T21:30")
    assert following(XNYS, "2026-11-13", now) == ("2026-11-16", "2026-11-16T21:30")
    assert following(XNYS, "2026-11-12", now, NEWEST_ONLY) == ("2026-11-19", "2026-11-19T21:30")


def test_a_backfill_of_long_ago_is_not_caught_up_to_today() -> None:
    run = XNYS.run_after_period(utc("2019-01-31"), ALWAYS, utc("2026-11-20T12:00"))
    assert run is not None
    assert run.run_after >= utc("2026-11-20T12:00") - CATCH_UP
    assert run.partition_key == "2026-09-21"


def test_nothing_is_scheduled_after_the_end_of_the_source() -> None:
    sample = PeriodTimetable("XNYS", until=datetime(2013, 3, 1, tzinfo=UTC))
    assert following(sample, None, "2026-11-20T12:00") is None
    assert following(sample, "2013-02-25", "2026-11-20T12:00") is None
    assert following(sample, "2013-02-28", "2013-03-01T12:00") == ("2013-03-01", "2013-03-01T21:30")
    assert following(sample, "2013-03-01", "2013-03-01T22:00") is None


def test_the_dag_s_own_bounds_hold() -> None:
    until = TimeRestriction(None, coerce_datetime(utc("2026-11-24T00:00")), catchup=True)
    assert following(XNYS, "2026-11-20", "2026-11-21T00:00", until) == ("2026-11-23", "2026-11-23T21:30")
    assert following(XNYS, "2026-11-23", "2026-11-24T00:00", until) is None
    since = TimeRestriction(coerce_datetime(utc("2026-12-01T00:00")), None, catchup=True)
    assert following(XNYS, None, "2026-11-20T00:00", since) == ("2026-12-01", "2026-12-01T21:30")


def test_a_venue_that_never_closes_has_a_session_each_day() -> None:
    crypto = PeriodTimetable("24/7", delay=timedelta(minutes=5))
    assert following(crypto, "2026-11-20", "2026-11-21T00:10") == ("2026-11-21", "2026-11-22T00:05")
    assert following(crypto, None, "2026-11-21T00:04") == ("2026-11-20", "2026-11-21T00:05")


def test_intraday_periods_follow_each_other() -> None:
    hourly = PeriodTimetable("BINANCE", Interval.HOUR_1, delay=timedelta(minutes=1))
    assert following(hourly, "2026-11-20T13:00", "2026-11-20T14:30") == ("2026-11-20T14:00Z", "2026-11-20T15:01")
    assert following(hourly, None, "2026-11-20T14:00") == ("2026-11-20T13:00Z", "2026-11-20T14:01")
    assert following(hourly, "2026-11-20T03:00", "2026-11-20T14:30", NEWEST_ONLY) == (
        "2026-11-20T13:00Z",
        "2026-11-20T14:01",
    )
    new_york = PeriodTimetable("XNYS", Interval.HOUR_1, delay=timedelta(0))
    assert following(new_york, "2026-11-27T17:30", "2026-11-27T19:00") == ("2026-11-30T14:30Z", "2026-11-30T15:30")
    assert keys(new_york, "2026-11-13T00:00", "2026-11-13T00:00")[-2:] == ["2026-11-13T19:30Z", "2026-11-13T20:30Z"]
    assert keys(new_york, "2026-11-13T18:30", "2026-11-13T19:31") == ["2026-11-13T18:30Z", "2026-11-13T19:30Z"]


def test_days_for_backfills_alone() -> None:
    days = PeriodTimetable("DEMO", until=datetime(2013, 3, 1, 23, tzinfo=UTC), scheduled=False)
    assert following(days, None, "2013-02-20T12:00") is None
    assert following(days, "2013-02-19", "2013-02-20T12:00", NEWEST_ONLY) is None
    assert keys(days, "2013-02-27T00:00", "2013-03-05T00:00") == ["2013-02-27", "2013-02-28", "2013-03-01"]
    assert days.summary == "backfill of DEMO"
    assert days.description == "never by itself: start a backfill for sessions of DEMO"
    assert following(PeriodTimetable.deserialize(days.serialize()), None, "2013-02-20T12:00") is None


def test_a_venue_east_of_greenwich_with_a_long_delay() -> None:
    tokyo = PeriodTimetable("XTKS", delay=timedelta(hours=30))
    assert following(tokyo, None, "2026-11-19T12:00") == ("2026-11-18", "2026-11-19T12:30")


def test_airflow_s_question_is_answered_from_the_newest_partition() -> None:
    newest = DagRunInfo(run_after=None, data_interval=None, partition_date=utc("2999-01-01T00:00"))  # type: ignore[arg-type]  # only the partition date is read
    assert (
        PeriodTimetable("XNYS", until=datetime(2013, 3, 1, tzinfo=UTC)).next_dagrun_info_v2(
            last_dagrun_info=None, restriction=ALWAYS
        )
        is None
    )
    with pytest.raises(Exception, match="covers"):
        XNYS.next_dagrun_info_v2(last_dagrun_info=newest, restriction=ALWAYS)


def test_a_backfill_takes_every_session_of_its_days() -> None:
    assert keys(XNYS, "2012-10-26T00:00", "2012-11-01T00:00") == ["2012-10-26", "2012-10-31", "2012-11-01"]  # Sandy
    assert keys(XNYS, "2013-03-02T00:00", "2013-03-03T00:00") == []


def test_a_backfill_ignores_the_time_of_day() -> None:
    assert keys(XNYS, "2013-02-25T05:00", "2013-02-26T05:00") == ["2013-02-25", "2013-02-26"]


def test_a_backfill_ends_with_the_source_and_with_the_present() -> None:
    sample = PeriodTimetable("XNYS", until=datetime(2013, 3, 1, tzinfo=UTC))
    assert keys(sample, "2013-02-28T00:00", "2013-03-08T00:00") == ["2013-02-28", "2013-03-01"]
    today = datetime.now(UTC)
    future = XNYS.iter_partition_dagrun_infos(earliest=today, latest=today + timedelta(days=30))
    assert all(run.run_after <= today + timedelta(minutes=31) for run in future)


def test_runs_carry_the_session_as_key_and_its_midnight_as_date() -> None:
    (run,) = XNYS.iter_partition_dagrun_infos(earliest=utc("2013-02-25T00:00"), latest=utc("2013-02-25T00:00"))
    assert run == DagRunInfo(utc("2013-02-25T21:30"), None, utc("2013-02-25T00:00"), "2013-02-25")  # type: ignore[arg-type]  # a datetime equals a DateTime
    assert XNYS.resolve_partition_date("2013-02-25") == utc("2013-02-25T00:00")
    assert XNYS.resolve_partition_date(None) is None


@pytest.mark.parametrize(
    ("key", "says"),
    [
        ("2026-07-03", "nearest are 2026-07-02 and 2026-07-06"),
        ("20261127", "written like 2026-11-27"),
        ("2026-W48-5", "written like 2026-11-27"),
        ("yesterday", "written like 2026-11-20"),
        ("2026-02-30", "written like 2026-11-20"),
    ],
)
def test_a_key_that_is_no_session_is_refused(key: str, says: str) -> None:
    with pytest.raises(InvalidPartitionKeyError, match=says):
        XNYS.resolve_partition_date(key)


def test_a_key_of_the_future_is_refused_with_the_newest_closed_period() -> None:
    now = datetime.now(UTC)
    newest, later = XNYS._calendar().newest_closed(Interval.DAY, now), XNYS._calendar().next(Interval.DAY, now)
    assert XNYS.resolve_partition_date(newest.key) == newest.opened_at
    with pytest.raises(InvalidPartitionKeyError, match=f"to come.*the newest closed period of XNYS is {newest.key}"):
        XNYS.resolve_partition_date(later.key)


def test_a_backfill_of_candles_takes_the_day_that_has_begun() -> None:
    day = PeriodTimetable("24/7", Interval.DAY, scheduled=False)
    today = day._calendar().next(Interval.DAY, datetime.now(UTC) - timedelta(days=1))
    assert day.resolve_partition_date(today.key) == today.opened_at
    with pytest.raises(InvalidPartitionKeyError, match="still to come"):
        PeriodTimetable("24/7", Interval.DAY).resolve_partition_date(today.key)


@given(
    venue=st.sampled_from(["XNYS", "XLON", "24/7"]),
    delay=st.timedeltas(timedelta(0), timedelta(days=1)),
    interval=st.sampled_from(Interval),
    until=st.none() | st.dates().map(midnight),
)
def test_what_was_written_down_is_read_back(
    venue: str, interval: Interval, delay: timedelta, until: datetime | None
) -> None:
    timetable = PeriodTimetable(venue, interval, delay=delay, until=until)
    again = PeriodTimetable.deserialize(timetable.serialize())
    assert (again.venue, again.interval, again.until, again.summary, again.description) == (
        venue,
        interval,
        until,
        timetable.summary,
        timetable.description,
    )
    assert abs(again.delay - delay) < timedelta(microseconds=10)


def test_it_describes_itself() -> None:
    sample = PeriodTimetable("XNYS", until=datetime(2013, 3, 1, tzinfo=UTC))
    assert sample.summary == "XNYS close + 30 min"
    assert sample.description == "30 minutes after each session of XNYS closes, the last time for 2013-03-01"


def test_a_run_before_the_close_is_refused() -> None:
    with pytest.raises(AirflowTimetableInvalid, match="negative"):
        PeriodTimetable("XNYS", delay=timedelta(minutes=-1)).validate()


def test_run_ids_name_the_session_and_never_repeat() -> None:
    from airflow.utils.types import DagRunType

    run = XNYS.run_after_period(None, ALWAYS, utc("2026-11-20T12:00"))
    assert run is not None
    ids = {
        XNYS.generate_run_id(
            run_type=DagRunType.BACKFILL_JOB,
            run_after=run.run_after,
            data_interval=None,
            partition_key=run.partition_key,
        )
        for _ in range(20)
    }
    assert len(ids) == 20
    assert all(run_id.startswith("backfill__2026-11-20__") for run_id in ids)


@pytest.mark.parametrize(
    ("timetable", "date", "key"),
    [
        pytest.param(XNYS, "2013-02-25T00:00", "2013-02-25", id="the session that was meant"),
        pytest.param(XNYS, "2013-02-25T15:12", "2013-02-25", id="while it was open"),
        pytest.param(XNYS, "2013-03-03T12:00", "2013-03-01", id="a Sunday"),
        pytest.param(PeriodTimetable("24/7", Interval.HOUR_1), "2013-02-25T15:12", "2013-02-25T15:00Z", id="a candle"),
    ],
)
def test_a_logical_date_is_refused_with_the_key_to_write(timetable: PeriodTimetable, date: str, key: str) -> None:
    from airflow.utils.types import DagRunType

    interval = timetable.infer_manual_data_interval(run_after=utc(date))  # type: ignore[arg-type]  # a datetime will do
    says = f"names no period: leave it empty and give the partition key, such as {key}, or neither"
    with pytest.raises(ValueError, match=says):
        timetable.generate_run_id(run_type=DagRunType.MANUAL, run_after=utc(date), data_interval=interval)  # type: ignore[arg-type]


def test_a_logical_date_that_no_calendar_covers_is_refused_with_the_newest_key() -> None:
    calendar = XNYS._calendar()
    newest = calendar.newest_closed(Interval.DAY, datetime.now(UTC)).key
    assert f"such as {newest}" in refused_date(calendar, Interval.DAY, utc("1700-01-01T00:00"))
    assert f"such as {newest}" in refused_date(calendar, Interval.DAY, utc("2999-01-01T00:00"))
