"""When a venue's periods are processed: one partition each, some minutes after its true close."""

import secrets
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from airflow.exceptions import AirflowTimetableInvalid, InvalidPartitionKeyError
from airflow.sdk.timezone import coerce_datetime
from airflow.timetables.base import DagRunInfo, DataInterval, TimeRestriction, Timetable

from algo_trading.domain.time import Interval, midnight
from algo_trading.errors import AlgoTradingError

if TYPE_CHECKING:
    from airflow.utils.types import DagRunType
    from pendulum import DateTime

    from algo_trading.calendars import TradingCalendar
    from algo_trading.domain.time import Period


DELAY = timedelta(minutes=30)
# A machine that was off works through what it missed, but a backfill of some year long ago must not be taken for the
# place where live scheduling stopped.
CATCH_UP = timedelta(days=60)
PRESENT = timedelta(hours=1)  # a form that was filled in may stay open for a while


class PeriodTimetable(Timetable):
    """One run per period of `venue` and `interval`, `delay` after its true close, up to the one opened at `until`.

    Without `scheduled` there are none but those of a backfill.

    The partition key is the period's key (domain/time.py), the partition date its opening. Holidays have no run and
    half days run earlier. Missed periods are caught up in order, unless they closed more than CATCH_UP ago. The
    calendar pulls in pandas and is imported when a run is planned, never when a DAG file is parsed.
    """

    partitioned = True
    run_ordering = ("partition_date", "run_after")

    def __init__(
        self,
        venue: str,
        interval: Interval = Interval.DAY,
        *,
        delay: timedelta = DELAY,
        until: datetime | None = None,
        scheduled: bool = True,
    ) -> None:
        self.venue = venue
        self.interval = interval
        self.delay = delay
        self.until = until
        self.scheduled = scheduled
        what = "session" if interval is Interval.DAY else f"{interval} period"
        self.description = f"{_shown(delay)} after each {what} of {venue} closes"
        if until is not None:
            self.description += f", the last time for {until:%Y-%m-%d}"
        if not scheduled:
            self.description = f"never by itself: start a backfill for {what}s of {venue}"

    @property
    def summary(self) -> str:
        """What the UI shows beside the DAG's name."""
        what = self.venue if self.interval is Interval.DAY else f"{self.venue} {self.interval}"
        delay = _shown(self.delay).replace("minutes", "min").replace("seconds", "s")
        return f"{what} close + {delay}" if self.scheduled else f"backfill of {what}"

    def serialize(self) -> dict[str, Any]:
        """As JSON for Airflow's database."""
        return {
            "venue": self.venue,
            "interval": str(self.interval),
            "delay": self.delay.total_seconds(),
            "until": None if self.until is None else self.until.isoformat(),
            "scheduled": self.scheduled,
        }

    @classmethod
    def deserialize(cls, data: dict[str, Any]) -> "PeriodTimetable":
        """The timetable that `serialize` wrote down."""
        until = data["until"]
        return cls(
            data["venue"],
            Interval(data["interval"]),
            delay=timedelta(seconds=data["delay"]),
            until=None if until is None else datetime.fromisoformat(until),
            scheduled=data["scheduled"],
        )

    def validate(self) -> None:
        """Refuse a delay before the close; the venue is looked up when the first run is planned."""
        if self.delay < timedelta(0):
            raise AirflowTimetableInvalid(f"the delay after the close cannot be negative: {self.delay}")

    def next_dagrun_info(
        self, *, last_automated_data_interval: DataInterval | None, restriction: TimeRestriction
    ) -> DagRunInfo | None:
        """Never asked of a timetable with partitions."""
        raise NotImplementedError

    def next_dagrun_info_v2(
        self, *, last_dagrun_info: DagRunInfo | None, restriction: TimeRestriction
    ) -> DagRunInfo | None:
        """The run to create next; Airflow passes the newest scheduled or backfilled run, by partition date."""
        newest = last_dagrun_info and last_dagrun_info.partition_date
        return self.run_after_period(newest, restriction, datetime.now(UTC))

    def run_after_period(self, last: datetime | None, restriction: TimeRestriction, now: datetime) -> DagRunInfo | None:
        """The run of the period after the one opened at `last`, or without one of the first that is not due yet.

        None if that period is after `until` or the restriction's end.
        """
        if not self.scheduled:
            return None
        oldest = now if last is None else now - CATCH_UP
        if not restriction.catchup:
            oldest = max(oldest, self._newest_due(now))
        if restriction.earliest is not None:
            oldest = max(oldest, restriction.earliest)
        calendar = self._calendar()
        after = oldest - self.delay - self.interval.length - timedelta(days=1)
        period = calendar.next(self.interval, after if last is None else max(last, after))
        while period.closed_at + self.delay < oldest:
            period = calendar.next(self.interval, period.opened_at)
        if self.until is not None and period.opened_at > self.until:
            return None
        run = self._run(period)
        return None if restriction.latest is not None and run.run_after > restriction.latest else run

    def iter_partition_dagrun_infos(self, *, earliest: datetime, latest: datetime) -> Iterable[DagRunInfo]:
        """The runs of a backfill: closed periods opened in earliest..latest (inclusive), not after `until`.

        Of days the time is ignored: whoever chooses them in the UI of another time zone means whole days. So does, for
        shorter periods, who ends at midnight.
        """
        now = datetime.now(UTC)
        whole_day = timedelta(days=1, microseconds=-1)
        first, last = earliest, latest if latest != midnight(latest.date()) else latest + whole_day
        if not self.interval.intraday:
            first, last = midnight(earliest.date()), midnight(latest.date()) + whole_day
        if self.until is not None:
            last = min(last, self.until)
        for period in self._calendar().periods(self.interval, first, last):
            if period.closed_at <= now:
                yield self._run(period)

    def _decode_partition_date(self, partition_key: str) -> datetime:
        """The partition date of a run started with a key; its period has to be over, or begun in a backfill."""
        calendar, now = self._calendar(), datetime.now(UTC)
        try:
            period = calendar.parse(self.interval, partition_key)
        except AlgoTradingError as error:
            raise InvalidPartitionKeyError(f"{partition_key!r} names no period of {self.venue}: {error}") from error
        if (period.closed_at if self.scheduled else period.starts_at) > now:
            newest = calendar.newest_closed(self.interval, now).key
            raise InvalidPartitionKeyError(
                f"{partition_key!r} is still to come, it closes at {period.closed_at:%Y-%m-%d %H:%M} UTC; "
                f"the newest closed period of {self.venue} is {newest}"
            )
        return period.opened_at

    def infer_manual_data_interval(self, *, run_after: "DateTime") -> DataInterval:
        """Runs started by hand have a partition and no interval; Airflow asks all the same."""
        return DataInterval.exact(run_after)

    def generate_run_id(
        self,
        *,
        run_type: "DagRunType",
        run_after: "DateTime",
        data_interval: DataInterval | None,
        **extra: Any,  # noqa: ANN401 - as in the base class
    ) -> str:
        """E.g. `backfill__2013-02-25__6fa31c`: reprocessing a period makes another run, so ids carry a random end.

        Raises:
            InvalidPartitionKeyError: the run was given a logical date, which names no period.
        """
        # There is one only where somebody gave a logical date.
        if data_interval is not None and not is_present(data_interval.start):
            raise InvalidPartitionKeyError(refused_date(self._calendar(), self.interval, data_interval.start))
        return run_type.generate_run_id(
            suffix=f"{extra.get('partition_key') or run_after.isoformat()}__{secrets.token_hex(3)}"
        )

    def _calendar(self) -> "TradingCalendar":
        from algo_trading.calendars import trading_calendar

        return trading_calendar(self.venue)

    def _newest_due(self, now: datetime) -> datetime:
        return self._calendar().newest_closed(self.interval, now - self.delay).closed_at + self.delay

    def _run(self, period: "Period") -> DagRunInfo:
        return DagRunInfo(
            run_after=coerce_datetime(period.closed_at + self.delay),
            data_interval=None,
            partition_date=coerce_datetime(period.opened_at),
            partition_key=period.key,
        )


def is_present(logical_date: datetime) -> bool:
    """Whether a logical date is that of the moment when a run was started, which Airflow fills in by itself."""
    return abs(datetime.now(UTC) - logical_date) <= PRESENT


def refused_date(calendar: "TradingCalendar", interval: Interval, logical_date: datetime) -> str:
    """Why a logical date is not taken, with the key to write instead: the newest period that had opened by then."""
    try:
        key = calendar.previous(interval, logical_date + timedelta(microseconds=1)).key
    except AlgoTradingError:  # years before or after what the calendar covers
        key = calendar.newest_closed(interval, datetime.now(UTC)).key
    return (
        f"the logical date {logical_date:%Y-%m-%d %H:%M} names no period: leave it empty and give the partition key, "
        f"such as {key}, or neither for the newest period that has closed"
    )


def _shown(delay: timedelta) -> str:
    seconds = delay.total_seconds()
    return f"{seconds / 60:g} minutes" if seconds >= 60 else f"{seconds:g} seconds"
