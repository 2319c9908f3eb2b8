"""Signals have a deadline: some time after the close they must be there, or somebody must be told."""

import logging
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, ClassVar

from airflow.sdk import Context
from airflow.sdk.definitions.callback import SyncCallback
from airflow.sdk.definitions.deadline import BaseDeadlineReference, DeadlineAlert

from algo_trading.domain.time import Interval, parse_period_key

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

# A run created later than this after the close is a backfill or makes up for a machine that was off: it is not late.
LIVE = timedelta(hours=12)


class PeriodCloseDeadline(BaseDeadlineReference):
    """Counts from the true close of the period in the run's partition key; runs of the past have no deadline."""

    required_kwargs: ClassVar[set[str]] = {"dag_id", "run_id"}

    def __init__(self, venue: str = "XNYS", interval: str = "1d") -> None:
        self.venue = venue
        self.interval = Interval(interval)

    def serialize_reference(self) -> dict[str, Any]:
        """As JSON for Airflow's database."""
        return {**super().serialize_reference(), "venue": self.venue, "interval": str(self.interval)}

    @classmethod
    def deserialize_reference(cls, reference_data: dict[str, Any]) -> "PeriodCloseDeadline":
        """The reference that `serialize_reference` wrote down."""
        return cls(reference_data["venue"], reference_data["interval"])

    def _evaluate_with(self, *, session: "Session", dag_id: str, run_id: str) -> datetime | None:
        """Called by the scheduler when it creates a run; `session` is a database session."""
        from airflow.models import DagRun
        from sqlalchemy import select

        key = session.scalar(select(DagRun.partition_key).where(DagRun.dag_id == dag_id, DagRun.run_id == run_id))
        return close_of_live_period(self.venue, self.interval, key, datetime.now(UTC))


def close_of_live_period(venue: str, interval: Interval, key: str | None, now: datetime) -> datetime | None:
    """The close of the period named by a partition key, None where there is none or it is long past."""
    if key is None or parse_period_key(interval, key) < now - LIVE - interval.length - timedelta(days=1):
        return None  # known without the calendar, whose import takes a second: backfills pass here
    from algo_trading.calendars import trading_calendar

    closed_at = trading_calendar(venue).parse(interval, key).closed_at
    return closed_at if now - closed_at <= LIVE else None


def report_late(within_minutes: int, context: Context | dict[str, Any]) -> None:
    """Say in the logs which stage holds the signals up. Runs in the executor, once per missed deadline."""
    run: Any = context["dag_run"]
    logging.getLogger("algo_trading.deadlines").error(
        "signals are late: %s of period %s was not done %d minutes after the close; state %s, run %s",
        run["dag_id"],
        run["partition_key"],
        within_minutes,
        run["state"],
        run["dag_run_id"],
    )


def signals_within(delay: timedelta, venue: str, interval: Interval) -> DeadlineAlert:
    """The alert that every DAG up to the signals carries: the one that is still at work when time is up sends it."""
    minutes = int(delay.total_seconds() // 60)
    return DeadlineAlert(
        name=f"signals {minutes} minutes after the close",
        reference=PeriodCloseDeadline(venue, interval),
        interval=delay,
        callback=SyncCallback(report_late, kwargs={"within_minutes": minutes}),
    )
