"""Accounts in PostgreSQL."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from psycopg.errors import UniqueViolation
from sqlalchemy import ARRAY, Connection, Table, delete, func, literal, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError

from algo_trading.adapters.postgres import account_rows as rows
from algo_trading.adapters.postgres.approvals import approval_row
from algo_trading.adapters.postgres.database import Database
from algo_trading.adapters.postgres.instruments import ensure_instruments
from algo_trading.adapters.postgres.schema.trading import (
    account_checks,
    account_clocks,
    accounts,
    approvals,
    cash,
    fills,
    ledger,
    order_events,
    orders,
    positions,
    submissions,
)
from algo_trading.adapters.postgres.strategies import ensure_strategies
from algo_trading.domain.account import Account, AccountState, Caps, Mode
from algo_trading.domain.ledger import Entry, Holding
from algo_trading.domain.order import Execution, Order, OrderEvent, OrderStatus
from algo_trading.repositories.accounts import UNSENT, AccountStep, StaleAccountError, Submission

WAITING = [str(status) for status in OrderStatus if not status.final]


class PostgresAccounts:
    """Implements AccountRepository."""

    def __init__(self, database: Database) -> None:
        self._engine = database.engine

    def open(self, step: AccountStep) -> AccountState:
        with self._engine.begin() as connection:
            statement = insert(accounts).values(rows.account_row(step.after.account)).on_conflict_do_nothing()
            if connection.execute(statement.returning(accounts.c.id)).one_or_none() is not None:
                _store(connection, step)
            return _state(connection, step.account)

    def names(self) -> list[str]:
        with self._engine.connect() as connection:
            return list(connection.execute(select(accounts.c.name).order_by(accounts.c.name.collate("C"))).scalars())

    def state(self, name: str) -> AccountState:
        with self._engine.connect() as connection:
            return _state(connection, name)

    def store(self, step: AccountStep) -> AccountState:
        try:
            with self._engine.begin() as connection:
                return _store(connection, step)
        except IntegrityError as error:
            if not isinstance(error.orig, UniqueViolation):
                raise
            raise ValueError(f"{step.account}: an execution or entry was booked before") from error

    def reset(self, step: AccountStep) -> AccountState:
        own = select(accounts.c.id).where(accounts.c.name == step.account).scalar_subquery()
        own_orders = select(orders.c.id).where(orders.c.account_id == own)
        with self._engine.begin() as connection:
            for table in (approvals, submissions, order_events):
                connection.execute(delete(table).where(table.c.order_id.in_(own_orders)))
            for table in (fills, orders, ledger, positions, cash, account_clocks, account_checks):
                connection.execute(delete(table).where(table.c.account_id == own))
            start = update(accounts).where(accounts.c.name == step.account).values(start=step.after.account.start)
            connection.execute(start)
            return _store(connection, step)

    def change(self, account: Account) -> None:
        row = rows.account_row(account)
        terms = {name: row[name] for name in rows.CHANGEABLE}
        statement = update(accounts).where(accounts.c.name == account.name).values(terms)
        with self._engine.begin() as connection:
            if connection.execute(statement.returning(accounts.c.id)).one_or_none() is None:
                raise KeyError(account.name)

    def set_mode(self, name: str, mode: Mode, caps: Caps) -> None:
        statement = update(accounts).where(accounts.c.name == name).values(mode=str(mode), **rows.caps_row(caps))
        with self._engine.begin() as connection:
            if connection.execute(statement.returning(accounts.c.id)).one_or_none() is None:
                raise KeyError(name)

    def entries_sent(self, name: str, since: datetime) -> Mapping[str, Decimal]:
        query = (
            select(orders.c.client_order_id, orders.c.budget)
            .join(accounts)
            .where(
                accounts.c.name == name,
                orders.c.decided_at >= since,
                orders.c.closes.is_(False),
                orders.c.budget.is_not(None),
                orders.c.status.not_in([str(status) for status in UNSENT]),
            )
        )
        with self._engine.connect() as connection:
            return {row.client_order_id: rows.plain(row.budget) for row in connection.execute(query)}

    def order(self, client_order_id: str) -> Order | None:
        with self._engine.connect() as connection:
            query = rows.select_orders().where(orders.c.client_order_id == client_order_id)
            row = connection.execute(query).one_or_none()
            return None if row is None else rows.order_of(row)

    def orders(self, name: str | None = None, limit: int | None = None) -> list[Order]:
        query = rows.select_orders().order_by(orders.c.decided_at.desc(), orders.c.id.desc()).limit(limit)
        if name is not None:
            query = query.where(accounts.c.name == name)
        with self._engine.connect() as connection:
            return [rows.order_of(row) for row in connection.execute(query)]

    def known_orders(self, client_order_ids: Collection[str]) -> set[str]:
        query = select(orders.c.client_order_id).where(orders.c.client_order_id.in_(client_order_ids))
        with self._engine.connect() as connection:
            return set(connection.execute(query).scalars())

    def events(self, client_order_id: str) -> list[OrderEvent]:
        query = (
            select(order_events, orders.c.client_order_id)
            .join(orders)
            .where(orders.c.client_order_id == client_order_id)
            .order_by(order_events.c.id)
        )
        with self._engine.connect() as connection:
            return [rows.event_of(row) for row in connection.execute(query)]

    def submission(self, client_order_id: str) -> Submission | None:
        query = select(submissions).join(orders).where(orders.c.client_order_id == client_order_id)
        with self._engine.connect() as connection:
            row = connection.execute(query).one_or_none()
            return None if row is None else Submission(client_order_id, row.attempts, row.error)

    def executions(self, name: str) -> list[Execution]:
        query = rows.select_fills().join(accounts, accounts.c.id == fills.c.account_id).where(accounts.c.name == name)
        with self._engine.connect() as connection:
            return [rows.execution_of(row) for row in connection.execute(query)]

    def executions_of(self, client_order_ids: Collection[str]) -> Mapping[str, Sequence[Execution]]:
        query = rows.select_fills().where(orders.c.client_order_id.in_(client_order_ids))
        found: dict[str, list[Execution]] = {}
        with self._engine.connect() as connection:
            for row in connection.execute(query):
                found.setdefault(row.client_order_id, []).append(rows.execution_of(row))
        return found

    def known_executions(self, name: str, ids: Collection[str]) -> set[str]:
        query = (
            select(fills.c.execution_id)
            .join(accounts, accounts.c.id == fills.c.account_id)
            .where(accounts.c.name == name, fills.c.execution_id.in_(ids))
        )
        with self._engine.connect() as connection:
            return set(connection.execute(query).scalars())

    def entries(self, name: str) -> list[Entry]:
        with self._engine.connect() as connection:
            found = connection.execute(rows.select_entries().where(accounts.c.name == name))
            return [rows.entry_of(row) for row in found]

    def order_counts(self) -> Mapping[str, int]:
        counts = {str(status): 0 for status in OrderStatus}
        with self._engine.connect() as connection:
            found = connection.execute(select(orders.c.status, func.count()).group_by(orders.c.status))
            counts.update((status, number) for status, number in found)
        return counts


def _state(connection: Connection, name: str) -> AccountState:
    account = connection.execute(select(accounts).where(accounts.c.name == name)).one_or_none()
    if account is None:
        raise KeyError(name)

    def of_account(table: Table) -> Any:  # noqa: ANN401 - a condition of SQLAlchemy
        return table.c.account_id == account.id

    clocks = connection.execute(select(account_clocks).where(of_account(account_clocks)))
    amounts = connection.execute(select(cash).where(of_account(cash)))
    held = connection.execute(rows.select_positions().where(of_account(positions)))
    waiting = connection.execute(
        rows.select_orders().where(of_account(orders), orders.c.status.in_(WAITING)).order_by(orders.c.id)
    )
    state = AccountState(
        account=rows.account_of(account),
        cash={row.asset: rows.money(row.amount) for row in amounts},
        orders=tuple(rows.order_of(row) for row in waiting),
        version=account.version,
    )
    for row in held:
        state = state.holding(rows.position_of(row))
    for row in clocks:
        state = state.timed(rows.clock_of(row))
    return state


def _store(connection: Connection, step: AccountStep) -> AccountState:
    version = accounts.c.version
    statement = update(accounts).where(accounts.c.name == step.account).values(version=version + 1)
    changed = connection.execute(statement.returning(accounts.c.id, version)).one_or_none()
    if changed is None:
        raise KeyError(step.account)
    account_id, now = changed
    if now != step.before.version + 1:
        raise StaleAccountError(step.account)
    ids = _ids(connection, step)
    _store_state(connection, account_id, step, ids)
    order_ids = _store_orders(connection, account_id, step, ids)
    _insert(connection, fills, [rows.fill_row(account_id, e, order_ids[e.client_order_id]) for e in step.executions])
    _insert(connection, ledger, [rows.entry_row(account_id, entry, ids) for entry in step.entries])
    return replace(step.after, version=now)


def _ids(connection: Connection, step: AccountStep) -> rows.Ids:
    named = [Holding(order.strategy, order.series) for order in step.orders]
    named += [entry.holding for entry in step.entries if entry.holding is not None]
    named += [p.holding for p in {*step.before.positions} ^ {*step.after.positions}]
    strategies = ensure_strategies(connection, (holding.strategy for holding in named))
    return rows.Ids(strategies, ensure_instruments(connection, (holding.series.instrument for holding in named)))


def _store_state(connection: Connection, account_id: int, step: AccountStep, ids: rows.Ids) -> None:
    """Write what differs between the states before and after."""
    before, after = step.before, step.after
    clocks = [rows.clock_row(account_id, clock) for clock in after.clocks if clock not in before.clocks]
    _upsert(connection, account_clocks, clocks)
    paid = {asset: amount for asset, amount in after.cash.items() if before.cash.get(asset) != amount}
    _upsert(connection, cash, [{"account_id": account_id, "asset": a, "amount": paid[a]} for a in sorted(paid)])
    changed = [position for position in after.positions if position not in before.positions]
    _upsert(connection, positions, [rows.position_row(account_id, position, ids) for position in changed])
    kept = {position.holding for position in after.positions}
    gone = [position.holding for position in before.positions if position.holding not in kept]
    if gone:
        key = tuple_(positions.c.strategy_id, positions.c.instrument_id, positions.c.interval)
        keys = [(*ids.of(holding), str(holding.series.interval)) for holding in gone]
        connection.execute(delete(positions).where(positions.c.account_id == account_id, key.in_(keys)))


def _store_orders(connection: Connection, account_id: int, step: AccountStep, ids: rows.Ids) -> Mapping[str, int]:
    """Write orders, their events and submissions, and return the ids of all orders that the step is about."""
    if step.orders:
        statement = insert(orders)
        changes = {name: statement.excluded[name] for name in rows.ORDER_CHANGES}
        statement = statement.on_conflict_do_update(index_elements=["client_order_id"], set_=changes)
        connection.execute(statement, [rows.order_row(account_id, order, ids) for order in step.orders])
    named = {order.client_order_id for order in step.orders} | {e.client_order_id for e in step.executions}
    named |= {one.client_order_id for one in step.submissions}
    if not named:
        return {}
    found = connection.execute(select(orders.c.client_order_id, orders.c.id).where(orders.c.client_order_id.in_(named)))
    order_ids = {row.client_order_id: row.id for row in found}
    events = [
        {
            "order_id": order_ids[order.client_order_id],
            "at": step.at,
            "status": str(order.status),
            "quantity": order.quantity,
            "filled": order.filled,
            "reason": order.reason,
        }
        for order in step.orders
    ]
    _insert(connection, order_events, events)
    new = [o.client_order_id for o in step.orders if o.status is OrderStatus.NEW]
    first = [{"order_id": order_ids[key], "attempts": 0, "error": ""} for key in new]
    if first:
        connection.execute(insert(submissions).on_conflict_do_nothing(), first)
    tried = [
        {"order_id": order_ids[one.client_order_id], "attempts": one.attempts, "error": one.error}
        for one in step.submissions
    ]
    _upsert(connection, submissions, tried)
    _insert(connection, approvals, [approval_row(order_ids[one.client_order_id], one) for one in step.approvals])
    return order_ids


def _insert(connection: Connection, table: Table, values: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows as one array for each column: ten thousand of them are one statement."""
    if values:
        columns = [table.c[name] for name in values[0]]
        arrays = [func.unnest(literal([row[one.name] for row in values], ARRAY(one.type))) for one in columns]
        connection.execute(insert(table).from_select(columns, select(*arrays)))


def _upsert(connection: Connection, table: Table, values: list[dict[str, Any]]) -> None:
    if values:
        statement = insert(table)
        keys = [column.name for column in table.primary_key]
        changes = {name: statement.excluded[name] for name in values[0] if name not in keys}
        connection.execute(statement.on_conflict_do_update(index_elements=keys, set_=changes), values)
