"""When a venue's sessions are worked on: one partition per session, some minutes after its true close."""

import secrets
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from airflow.exceptions import AirflowTimetableInvalid, InvalidPartitionKeyError
from airflow.sdk.timezone import coerce_datetime
from airflow.timetables.base import DagRunInfo, DataInterval, TimeRestriction, Timetable

from algo_trading.errors import AlgoTradingError

if TYPE_CHECKING:
    from airflow.utils.types import DagRunType
    from pendulum import DateTime

    from algo_trading.calendars import MarketCalendar
    from algo_trading.domain.instrument import Session

DELAY = timedelta(minutes=30)
# A machine that was off works through what it missed, but a backfill of some year long ago must not be taken for the
# place where live scheduling stopped.
CATCH_UP = timedelta(days=60)


class MarketSessionTimetable(Timetable):
    """One run per session of `venue` (any exchange_calendars code), `delay` after its true close, up to `until`.

    The partition key is the session's date, the partition date 00:00 UTC of it. Holidays have no run and half days
    run earlier. Missed sessions are caught up in order, unless they closed more than CATCH_UP ago. The calendar pulls
    in pandas and is imported when a run is planned, never when a DAG file is parsed.
    """

    partitioned = True
    run_ordering = ("partition_date", "run_after")

    def __init__(self, venue: str, *, delay: timedelta = DELAY, until: date | None = None) -> None:
        self.venue = venue
        self.delay = delay
        self.until = until
        self.description = f"{_minutes(delay)} minutes after each session of {venue} closes"
        if until is not None:
            self.description += f", the last time for {until}"

    @property
    def summary(self) -> str:
        """What the UI shows beside the DAG's name."""
        return f"{self.venue} close + {_minutes(self.delay)} min"

    def serialize(self) -> dict[str, Any]:
        """As JSON for Airflow's database."""
        return {
            "venue": self.venue,
            "delay": self.delay.total_seconds(),
            "until": None if self.until is None else self.until.isoformat(),
        }

    @classmethod
    def deserialize(cls, data: dict[str, Any]) -> "MarketSessionTimetable":
        """The timetable that `serialize` wrote down."""
        until = data["until"]
        return cls(
            data["venue"],
            delay=timedelta(seconds=data["delay"]),
            until=None if until is None else date.fromisoformat(until),
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
        return self.run_after_session(newest and newest.date(), restriction, datetime.now(UTC))

    def run_after_session(self, last: date | None, restriction: TimeRestriction, now: datetime) -> DagRunInfo | None:
        """The run of the session after `last`, or without one of the first session that is not due yet.

        None if that session is after `until` or the restriction's end.
        """
        oldest = now if last is None else now - CATCH_UP
        if not restriction.catchup:
            oldest = max(oldest, self._newest_due(now))
        if restriction.earliest is not None:
            oldest = max(oldest, restriction.earliest)
        first = (oldest - self.delay).date() - timedelta(days=1)
        if last is not None:
            first = max(first, last + timedelta(days=1))
        session = next(session for session in self._from(first) if session.closes_at + self.delay >= oldest)
        if self.until is not None and session.date > self.until:
            return None
        run = self._run(session)
        return None if restriction.latest is not None and run.run_after > restriction.latest else run

    def iter_partition_dagrun_infos(self, *, earliest: datetime, latest: datetime) -> Iterable[DagRunInfo]:
        """The runs of a backfill: closed sessions dated earliest..latest (days, inclusive), not after `until`.

        The time of day is ignored: whoever chooses days in the UI of another time zone means sessions.
        """
        now = datetime.now(UTC)
        last = latest.date() if self.until is None else min(latest.date(), self.until)
        for session in self._calendar().sessions(earliest.date(), last):
            if session.closes_at <= now:
                yield self._run(session)

    def _decode_partition_date(self, partition_key: str) -> datetime:
        """The partition date of a run that somebody starts with a key."""
        try:
            return _midnight(self._calendar().session(date.fromisoformat(partition_key)).date)
        except (ValueError, AlgoTradingError) as error:
            reason = error if isinstance(error, AlgoTradingError) else "give a date such as 2026-11-27"
            raise InvalidPartitionKeyError(f"{partition_key!r} is no session of {self.venue}: {reason}") from error

    def infer_manual_data_interval(self, *, run_after: "DateTime") -> DataInterval:
        """Runs started by hand have a partition and no interval; Airflow asks all the same."""
        return DataInterval.exact(run_after)

    def generate_run_id(
        self,
        *,
        run_type: "DagRunType",
        run_after: "DateTime",
        data_interval: DataInterval | None,  # noqa: ARG002 - Airflow passes it by name
        **extra: Any,  # noqa: ANN401 - as in the base class
    ) -> str:
        """E.g. `backfill__2013-02-25__6fa31c`: reprocessing a session makes another run, so ids carry a random end."""
        return run_type.generate_run_id(
            suffix=f"{extra.get('partition_key') or run_after.isoformat()}__{secrets.token_hex(3)}"
        )

    def _calendar(self) -> "MarketCalendar":
        from algo_trading.calendars import market_calendar

        return market_calendar(self.venue)

    def _from(self, day: date) -> "Iterator[Session]":
        calendar = self._calendar()
        session = calendar.next(day - timedelta(days=1))
        while True:
            yield session
            session = calendar.next(session.date)

    def _newest_due(self, now: datetime) -> datetime:
        return self._calendar().newest_closed(now - self.delay).closes_at + self.delay

    def _run(self, session: "Session") -> DagRunInfo:
        return DagRunInfo(
            run_after=coerce_datetime(session.closes_at + self.delay),
            data_interval=None,
            partition_date=coerce_datetime(_midnight(session.date)),
            partition_key=session.date.isoformat(),
        )


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def _minutes(delay: timedelta) -> str:
    return f"{delay.total_seconds() / 60:g}"
