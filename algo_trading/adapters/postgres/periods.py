"""The log of processed periods in PostgreSQL."""

from datetime import UTC, datetime

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert

from algo_trading.adapters.postgres.database import Database
from algo_trading.adapters.postgres.schema.decisions import period_runs, periods
from algo_trading.domain.time import Interval
from algo_trading.repositories.periods import FlowRun, Stage


class PostgresPeriodLog:
    """Implements PeriodLog."""

    def __init__(self, database: Database) -> None:
        self._engine = database.engine

    def mark(self, watchlist: str, interval: Interval, opened_at: datetime, stage: Stage) -> None:
        row = {"watchlist": watchlist, "interval": str(interval), "opened_at": opened_at, "stage": str(stage)}
        with self._engine.begin() as connection:
            connection.execute(insert(periods).values(row).on_conflict_do_nothing())

    def reached(self, watchlist: str, interval: Interval, opened_at: datetime, stage: Stage) -> bool:
        query = select(periods.c.watchlist).where(
            periods.c.watchlist == watchlist,
            periods.c.interval == str(interval),
            periods.c.opened_at == opened_at,
            periods.c.stage == str(stage),
        )
        with self._engine.connect() as connection:
            return connection.execute(query).first() is not None

    def newest(self, watchlist: str, interval: Interval, stage: Stage) -> datetime | None:
        query = select(func.max(periods.c.opened_at)).where(
            periods.c.watchlist == watchlist, periods.c.interval == str(interval), periods.c.stage == str(stage)
        )
        with self._engine.connect() as connection:
            newest: datetime | None = connection.execute(query).scalar()
        return newest and newest.astimezone(UTC)

    def worked_on(self, watchlist: str, interval: Interval, opened_at: datetime, run: FlowRun) -> None:
        key = {"watchlist": watchlist, "interval": str(interval), "opened_at": opened_at}
        named = {"dag": run.dag, "run": run.run, "begun_at": func.now()}
        statement = insert(period_runs).values(**key, **named)
        with self._engine.begin() as connection:
            connection.execute(statement.on_conflict_do_update(index_elements=list(key), set_=named))

    def newest_run(self, watchlist: str, interval: Interval, after: datetime) -> FlowRun | None:
        query = (
            select(period_runs.c.dag, period_runs.c.run)
            .where(
                period_runs.c.watchlist == watchlist,
                period_runs.c.interval == str(interval),
                period_runs.c.opened_at > after,
            )
            .order_by(period_runs.c.opened_at.desc())
            .limit(1)
        )
        with self._engine.connect() as connection:
            row = connection.execute(query).first()
        return row and FlowRun(row.dag, row.run)
