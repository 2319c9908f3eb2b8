"""Verdicts on accounts' books in PostgreSQL."""

from collections.abc import Mapping
from datetime import UTC, datetime

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from algo_trading.adapters.postgres.database import Database
from algo_trading.adapters.postgres.schema.trading import account_checks, accounts
from algo_trading.repositories.account_checks import AccountCheck


class PostgresAccountChecks:
    """Implements AccountCheckRepository."""

    def __init__(self, database: Database) -> None:
        self._engine = database.engine

    def record(self, check: AccountCheck) -> None:
        values = {"checked_at": check.checked_at, "found": list(check.found), "actions_at": check.actions_at}
        with self._engine.begin() as connection:
            own = connection.execute(select(accounts.c.id).where(accounts.c.name == check.account)).scalar_one_or_none()
            if own is None:
                raise KeyError(check.account)
            statement = insert(account_checks).values(account_id=own, **values)
            connection.execute(statement.on_conflict_do_update(index_elements=["account_id"], set_=values))

    def all(self) -> Mapping[str, AccountCheck]:
        query = select(accounts.c.name, account_checks).join(accounts, accounts.c.id == account_checks.c.account_id)
        with self._engine.connect() as connection:
            return {
                row.name: AccountCheck(row.name, _utc(row.checked_at), tuple(row.found), _utc(row.actions_at))
                for row in connection.execute(query)
            }


def _utc(moment: datetime | None) -> datetime | None:
    return None if moment is None else moment.astimezone(UTC)
