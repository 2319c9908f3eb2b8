"""The kill switch in PostgreSQL."""

from datetime import UTC

from sqlalchemy import insert, select

from algo_trading.adapters.postgres.database import Database
from algo_trading.adapters.postgres.schema.trading import kill_switch
from algo_trading.repositories.kill_switch import KillSwitch


class PostgresKillSwitch:
    """Implements KillSwitchRepository."""

    def __init__(self, database: Database) -> None:
        self._engine = database.engine

    def add(self, change: KillSwitch) -> None:
        row = {"engaged": change.engaged, "at": change.at, "by": change.by, "reason": change.reason}
        with self._engine.begin() as connection:
            connection.execute(insert(kill_switch).values(row))

    def current(self) -> KillSwitch | None:
        return next(iter(self.history(1)), None)

    def history(self, limit: int) -> list[KillSwitch]:
        query = select(kill_switch).order_by(kill_switch.c.id.desc()).limit(limit)
        with self._engine.connect() as connection:
            return [
                KillSwitch(row.engaged, row.at.astimezone(UTC), row.by, row.reason) for row in connection.execute(query)
            ]
