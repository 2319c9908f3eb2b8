"""Strategies that raised errors, in PostgreSQL."""

from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Row, func, select, update
from sqlalchemy.dialects.postgresql import insert

from algo_trading.adapters.postgres.database import Database
from algo_trading.adapters.postgres.schema.decisions import strategy_failures
from algo_trading.domain.instrument import Instrument, Series
from algo_trading.domain.signal import StrategyId
from algo_trading.domain.strategy_failure import StrategyFailure
from algo_trading.domain.time import Interval

COLUMNS = strategy_failures.c
KEY = ("strategy", "params", "symbol", "venue", "interval")


class PostgresStrategyFailures:
    """Implements StrategyFailureRepository."""

    def __init__(self, database: Database) -> None:
        self._engine = database.engine

    def record(
        self, failed: Sequence[StrategyFailure], decided: Collection[tuple[StrategyId, Series]], at: datetime
    ) -> None:
        with self._engine.begin() as connection:
            for row in connection.execute(select(strategy_failures).where(COLUMNS.over.is_(None))).all():
                one = _failure(row)
                if (one.strategy, one.series) in decided and one.newest < at:
                    connection.execute(update(strategy_failures).where(COLUMNS.id == row.id).values(over=at))
            for one in failed:
                _add(connection, one)

    def open(self) -> list[StrategyFailure]:
        query = select(strategy_failures).where(COLUMNS.over.is_(None))
        with self._engine.connect() as connection:
            found = [_failure(row) for row in connection.execute(query)]
        return sorted(found, key=lambda one: (one.strategy, one.series.sort_key))


def _add(connection: Connection, one: StrategyFailure) -> None:
    key = {
        "strategy": one.strategy.name, "params": one.strategy.params, "symbol": one.series.symbol,
        "venue": one.series.venue, "interval": str(one.series.interval),
    }  # fmt: skip
    changed = {"newest": func.greatest(COLUMNS.newest, one.newest), "error": one.error, "over": one.over}
    known = update(strategy_failures).where(*(COLUMNS[name] == value for name, value in key.items()))
    if connection.execute(known.where(COLUMNS.over.is_(None)).values(changed)).rowcount:
        return
    values = {**key, "since": one.since, "newest": one.newest, "error": one.error, "over": one.over}
    statement = insert(strategy_failures).values(values)
    connection.execute(statement.on_conflict_do_update(index_elements=[*KEY, "since"], set_=changed))


def _failure(row: Row[Any]) -> StrategyFailure:
    series = Series(Instrument(row.symbol, row.venue), Interval(row.interval))
    return StrategyFailure(
        StrategyId(row.strategy, row.params), series, row.since.astimezone(UTC), row.newest.astimezone(UTC), row.error,
        row.over and row.over.astimezone(UTC),
    )  # fmt: skip
