"""Signals have a deadline: some time after the session's close they must be there, or somebody must hear of it."""

import logging
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any, ClassVar

from airflow.sdk import Context
from airflow.sdk.definitions.callback import SyncCallback
from airflow.sdk.definitions.deadline import BaseDeadlineReference, DeadlineAlert

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

# A run created later than this after the close is a backfill or makes up for a machine that was off: it is not late.
LIVE = timedelta(hours=12)


class SessionCloseDeadline(BaseDeadlineReference):
    """Counts from the true close of the session in the run's partition key; runs of the past have no deadline."""

    required_kwargs: ClassVar[set[str]] = {"dag_id", "run_id"}

    def __init__(self, venue: str = "XNYS") -> None:
        self.venue = venue

    def serialize_reference(self) -> dict[str, Any]:
        """As JSON for Airflow's database."""
        return {**super().serialize_reference(), "venue": self.venue}

    @classmethod
    def deserialize_reference(cls, reference_data: dict[str, Any]) -> "SessionCloseDeadline":
        """The reference that `serialize_reference` wrote down."""
        return cls(reference_data["venue"])

    def _evaluate_with(self, *, session: "Session", dag_id: str, run_id: str) -> datetime | None:
        """Called by the scheduler when it creates a run; `session` is a database session."""
        from airflow.models import DagRun
        from sqlalchemy import select

        key = session.scalar(select(DagRun.partition_key).where(DagRun.dag_id == dag_id, DagRun.run_id == run_id))
        return close_of_live_session(self.venue, key, datetime.now(UTC))


def close_of_live_session(venue: str, key: str | None, now: datetime) -> datetime | None:
    """The close of the session named by a partition key, None where there is none or it is long past."""
    if key is None or date.fromisoformat(key) < (now - LIVE - timedelta(days=1)).date():
        return None  # known without the calendar, whose import takes a second: backfills pass here
    from algo_trading.calendars import market_calendar

    closes_at = market_calendar(venue).session(date.fromisoformat(key)).closes_at
    return closes_at if now - closes_at <= LIVE else None


def report_late(within_minutes: int, context: Context | dict[str, Any]) -> None:
    """Say in the logs which stage holds the signals up. Runs in the executor, once per missed deadline."""
    run: Any = context["dag_run"]
    logging.getLogger("algo_trading.deadlines").error(
        "signals are late: %s of session %s was not done %d minutes after the close; state %s, run %s",
        run["dag_id"],
        run["partition_key"],
        within_minutes,
        run["state"],
        run["dag_run_id"],
    )


def signals_within(delay: timedelta, venue: str) -> DeadlineAlert:
    """The alert that every DAG up to the signals carries: the one that is still at work when time is up sends it."""
    minutes = int(delay.total_seconds() // 60)
    return DeadlineAlert(
        name=f"signals {minutes} minutes after the close",
        reference=SessionCloseDeadline(venue),
        interval=delay,
        callback=SyncCallback(report_late, kwargs={"within_minutes": minutes}),
    )
